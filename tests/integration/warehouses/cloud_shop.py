"""The shop with its lake in a bucket, where warehouses of the clouds read its files themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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


def parsed(statements: list[str], dialect: str) -> list[exp.Expression]:
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
