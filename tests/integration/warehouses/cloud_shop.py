"""The shop with its lake in a bucket, where warehouses of the clouds read its files themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sqlglot
import yaml
from sqlglot import exp

from tests.conftest import Bucket
from tests.integration.warehouses.shop import COLUMNS, SECOND, make_shop
from tests.scratch import Scratch
from tests.stores import open_files

PROFILES = Path(__file__).parents[3] / "transform" / "profiles.yml"
NOT_PARSED = ("begin", "commit", "lock ")
"""What the parser does not know of Redshift's; a PostgreSQL runs it in the tests."""

COPY = re.compile(r'copy "(\w+)" from \'([^\']+)\' iam_role .* format as parquet manifest')


@dataclass
class Cloud:
    """The shop after two loads, with the plans that were made after each."""

    project: Scratch
    bucket: Bucket
    first: Any
    second: Any


def make_cloud_shop(folder: Path, home: Path, bucket: Bucket) -> Scratch:
    """The project, landed and published once, with its lake in the bucket."""
    project = make_shop(folder, home, PROFILES)
    project.env |= {
        "BUCK__LAKE__ROOT": bucket.root,
        "AWS_ENDPOINT_URL": bucket.access.endpoint,
        "AWS_ACCESS_KEY_ID": bucket.access.key_id,
        "AWS_SECRET_ACCESS_KEY": bucket.access.secret,
    }
    project.buck("run").expect(0)
    return project


def deliver_coloured(project: Scratch) -> None:
    """Later orders, with a column that the first ones did not have."""
    lines = [
        json.dumps(dict(zip(COLUMNS, order, strict=True)) | {"colour": "red"}) for order in SECOND
    ]
    inbox = Path(project.env["SHOP_FILES"]) / "orders"
    (inbox / "second.json").write_text("\n".join(lines), encoding="utf-8")


def set_warehouse(project: Scratch, **settings: str) -> None:
    """Write a section `warehouse` into `.buck.yml`."""
    file = project.root / ".buck.yml"
    content = yaml.safe_load(file.read_text())
    content["warehouse"] = settings
    file.write_text(yaml.safe_dump(content))


def fetch(bucket: Bucket, url: str, folder: Path) -> Path:
    """An object of the bucket as a file."""
    file = folder / url.replace("/", "_")
    open_files(bucket.access.endpoint).get_file(url.removeprefix("s3://"), str(file))
    return file


def parsed(statements: Iterable[str], dialect: str) -> list[exp.Expression]:
    """Every statement as another parser of the dialect reads it; none that it only passes on."""
    found = []
    for statement in statements:
        if not statement.startswith(NOT_PARSED):
            found.append(sqlglot.parse_one(statement, read=dialect))
            assert not isinstance(found[-1], exp.Command), statement
    return found


def script(project: Scratch, *words: str, target: str = "redshift") -> Any:
    """The plan for a target, as `--json` says it."""
    return project.buck("promote", "--target", target, "--plan", "--json", *words).expect(0).json


def run(there: Any, cloud: Cloud, plan: Any, folder: Path) -> None:
    """Run the statements as they stand; a copy takes the columns of its files by their place."""
    for statement in plan["statements"]:
        copied = COPY.fullmatch(statement)
        if copied is None:
            there.execute(statement)
            continue
        for entry in json.loads(plan["manifests"][copied[2]])["entries"]:
            file = fetch(cloud.bucket, entry["url"], folder)
            assert entry["meta"]["content_length"] == file.stat().st_size
            for row in pq.read_table(file).to_pylist():
                places = ", ".join(["%s"] * len(row))
                there.execute(f"insert into {copied[1]} values ({places})", list(row.values()))


def count(there: Any, table: str) -> int:
    return int(there.execute(f"select count(*) from {table}").fetchone()[0])
