"""Spark reads every raw table of a lake, first whole and then what is new: `just soak-spark`.

The statements are those for Databricks, as far as Spark has them; `spark_session.py` says what is
done in place of the rest. Spark lives in an environment of its own and needs Java.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from buck.flow.lake_access import open_lake
from buck.flow.promotion_record import Known
from buck.flow.promotion_script import find_stretches
from buck.lake import SnapshotStore
from buck.project import Project, open_project
from buck.records.promotion import RawLoad
from buck.records.raw_files import FileStretch
from buck.warehouses import databricks_sql
from tests.scratch import Scratch

NEEDS = "pyspark==4.1.4"
SESSION = Path(__file__).with_name("spark_session.py")
CATALOG = "spark_catalog"
CHARGES = "raw.raw_stripe_charges"
LOADS = (
    "select table_name, version, after_seq, until_seq, row_count, is_whole"
    " from buck.loads order by number"
)


@dataclass
class Spark:
    """A folder in which a Spark session keeps its tables, and how one is started there."""

    python: Path
    folder: Path

    def run(self, statements: Sequence[str], *, code: int = 0) -> str:
        (self.folder / "statements.json").write_text(json.dumps(list(statements)))
        (self.folder / "asked.json").write_text(json.dumps([LOADS]))
        done = subprocess.run(
            [str(self.python), str(SESSION), str(self.folder)],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "TZ": "UTC",
                "SPARK_LOCAL_IP": "127.0.0.1",
                "TMPDIR": str(self.folder),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) == bool(code), done.stderr[-3_000:]
        return done.stderr

    @property
    def known(self) -> Known:
        """What the record says; asked here, as Spark has no `qualify`."""
        (rows,) = json.loads((self.folder / "answers.json").read_text())
        loads = {str(r[0]): RawLoad(str(r[0]), *(int(n) for n in r[1:5])) for r in rows}
        return Known(loads, frozenset(str(r[0]) for r in rows if r[5]))

    def table(self, name: str) -> str:
        schema, table = name.split(".")
        return f"read_parquet('{self.folder}/tables/{schema}.db/{table}/*.parquet')"

    def rows(self, name: str) -> int:
        with duckdb.connect() as con:
            (count,) = con.execute(f"select count(*) from {self.table(name)}").fetchone() or (0,)
        return int(count)


@pytest.fixture(scope="module")
def spark(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Spark:
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    home = pytestconfig.cache.mkdir("spark")
    python, done = home / "venv" / "bin" / "python", home / "installed"
    if not done.exists() or done.read_text() != NEEDS:
        for command in (
            (sys.executable, "-m", "venv", "--clear", str(home / "venv")),
            (str(python), "-m", "pip", "install", "-q", NEEDS),
        ):
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            if ended.returncode:
                pytest.skip(f"Spark cannot be installed: {ended.stderr.strip()[-200:]}")
        done.write_text(NEEDS)
    return Spark(python, tmp_path_factory.mktemp("spark"))


def stretches(
    project: Project, known: Known, versions: dict[str, int] | None = None
) -> list[FileStretch]:
    lake = open_lake(project)
    current = SnapshotStore(lake.storage).current()
    assert current is not None
    return find_stretches(
        project, lake, versions or current.lake_versions, schema="raw", known=known
    )


def statements(project: Project, found: list[FileStretch]) -> list[str]:
    said = databricks_sql.record_tables(CATALOG, "")
    for stretch in found:
        said += databricks_sql.load(
            stretch, catalog=CATALOG, prefix="", lake=open_lake(project).identity
        )
    return said


def differences(project: Project, spark: Spark, only: str = "") -> dict[str, int]:
    """Raw tables whose rows Spark does not have as the lake has them, and how many."""
    lake = open_lake(project)
    current = SnapshotStore(lake.storage).current()
    assert current is not None
    wrong = {}
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        for table in lake.raw_tables():
            pin = lake.pin_raw(table, version=current.lake_versions[str(table)])
            name = f"raw.raw_{table.source}_{table.name}"
            if only not in ("", name):
                continue
            there = f"(select * from {spark.table(name)})"
            if not list(
                (spark.folder / "tables" / "raw.db" / name.partition(".")[2]).glob("*.parquet")
            ):
                there = f"({pin.select_sql} limit 0)"
            columns = ", ".join(f'cast("{c}" as {t}) as "{c}"' for c, t in pin.columns.items())
            here, there = (
                f"select {columns} from ({pin.select_sql})",
                f"select {columns} from {there}",
            )
            (count,) = con.execute(
                f"select count(*) from (({here} except all {there}) union all"
                f" ({there} except all {here}))"
            ).fetchone() or (1,)
            if count:
                wrong[name] = count
    return wrong


@pytest.mark.timeout(3600)
def test_spark_has_the_lakes_rows_first_and_again(
    early: Scratch, published: Scratch, spark: Spark
) -> None:
    first, later = open_project(early.root), open_project(published.root)
    begun = stretches(first, Known({}))
    assert sum(stretch.rows for stretch in begun) > 1_000
    spark.run(statements(first, begun))
    assert differences(first, spark) == {}
    assert len(spark.known.loads) == sum(stretch.version >= 0 for stretch in begun)

    newer = stretches(later, spark.known)
    assert newer
    assert not any(stretch.is_whole for stretch in newer)
    assert 0 < sum(s.rows for s in newer) < sum(s.rows for s in begun)
    # Twice: what a copy has brought is left out, and the record stays as it is.
    spark.run(statements(later, newer) * 2)
    assert differences(later, spark) == {}
    assert stretches(later, spark.known) == []

    # What was planned for another state stops before it copies anything.
    stopped = spark.run(statements(first, begun), code=1)
    assert "is not as it was when this was planned" in stopped
    assert differences(later, spark) == {}


@pytest.mark.timeout(3600)
def test_a_table_goes_back_by_an_overwrite_and_forward_by_sequence(
    early: Scratch, published: Scratch, spark: Spark, tmp_path: Path
) -> None:
    own = Spark(spark.python, tmp_path)
    first, later = open_project(early.root), open_project(published.root)

    def run(project: Project, known: Known, versions: dict[str, int] | None = None) -> FileStretch:
        (found,) = (s for s in stretches(project, known, versions) if s.label == CHARGES)
        own.run(statements(project, [found]) * 2)
        return found

    begun = run(first, Known({}))
    newer = run(later, own.known)
    back = run(later, own.known, {"stripe.charges": begun.version})
    assert (back.is_whole, back.rows) == (True, begun.rows)
    assert own.rows(CHARGES) == begun.rows
    forward = run(later, own.known)
    assert (forward.was_replaced, forward.is_whole) == (True, False)
    assert {file.name for file in forward.files} == {file.name for file in newer.files}
    assert own.rows(CHARGES) == begun.rows + newer.rows
    assert differences(later, own, only=CHARGES) == {}
