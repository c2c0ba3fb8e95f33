"""Runs statements that are meant for Databricks in a Spark session; a program of Spark's own
environment, started by `soak_spark.py`.

Spark has neither Delta's tables here nor `copy into`. Tables are Parquet, and a copy is an insert
from the same files with the same items, which leaves out what an earlier copy has brought: that
much is the test's and not Spark's. Everything else runs as it stands.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from pyspark.sql import SparkSession

COPY = re.compile(
    r"copy into (?P<table>\S+) from \(select (?P<items>.*) from '(?P<folder>[^']+)'\)"
    r" fileformat = parquet files = \((?P<files>.*)\)"
)


def main(folder: Path) -> None:
    """Run `statements.json` in the folder that holds Spark's tables, and answer `asked.json`."""
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
        .config("spark.sql.warehouse.dir", str(folder / "tables"))
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.driver.extraJavaOptions", f"-Dderby.system.home={folder}")
        .enableHiveSupport()
        .getOrCreate()
    )
    memory = folder / "copied.json"
    copied = json.loads(memory.read_text()) if memory.exists() else []
    try:
        for statement in json.loads((folder / "statements.json").read_text()):
            said = statement.removesuffix(" using delta")
            is_table = said != statement
            if found := COPY.fullmatch(said):
                copy(session, found, copied)
                memory.write_text(json.dumps(copied))
            else:
                session.sql(said + (" using parquet" if is_table else "")).collect()
        asked = json.loads((folder / "asked.json").read_text())
        answers = [[list(row) for row in session.sql(one).collect()] for one in asked]
        (folder / "answers.json").write_text(json.dumps(answers, default=str))
    finally:
        session.stop()


def copy(session: SparkSession, found: re.Match[str], copied: list[str]) -> None:
    """One `copy into`, with its memory."""
    names = [f"{found['folder']}/{name}" for name in re.findall(r"'([^']+)'", found["files"])]
    new = [name for name in names if f"{found['table']} {name}" not in copied]
    if new:
        rows = " union all ".join(f"select {found['items']} from parquet.`{name}`" for name in new)
        session.sql(f"insert into {found['table']} {rows}")
    copied += [f"{found['table']} {name}" for name in new]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
