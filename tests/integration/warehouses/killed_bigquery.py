"""Promotes the project of a folder to BigQuery and dies on the way, or is overtaken, at KILL_AT."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path.append(os.environ["CLIENT_PACKAGES"])

from buck.errors import BuckError
from buck.flow import promoting
from buck.flow.promoting import PromoteOptions, promote
from buck.project import open_project
from buck.warehouses import open_warehouse
from buck.warehouses.bigquery import BigQueryWarehouse
from buck.warehouses.bigquery_jobs import Jobs
from buck.warehouses.bigquery_promotions import BigQueryPromotions

AT = os.environ["KILL_AT"]


def die(*_: Any, **__: Any) -> None:
    """As `kill -9` does it."""
    os.kill(os.getpid(), 9)


def dying(function: Any, *, when: Any = lambda *_, **__: True) -> Any:
    """The function, after whose call the process ends."""

    def call(*args: Any, **options: Any) -> Any:
        answer = function(*args, **options)
        if when(*args, **options):
            die()
        return answer

    return call


def overtaken(side: Any, **options: Any) -> Any:
    """Another promotion begins while marts are compared."""
    other = open_warehouse(side.target, side.settings)
    assert isinstance(other, BigQueryWarehouse)
    other.promotions(side.prefix).note("other", {})
    return compared(side, **options)


compared = promoting.prove_marts
if AT == "staged":
    BigQueryWarehouse.upload = dying(BigQueryWarehouse.upload)  # type: ignore[method-assign]
elif AT == "recorded":
    BigQueryPromotions._record_load = dying(BigQueryPromotions._record_load)  # type: ignore[method-assign]
elif AT == "switched":
    is_switch = lambda *_, **options: "can't be shown" in options["what"]  # noqa: E731
    Jobs.run = dying(Jobs.run, when=is_switch)  # type: ignore[method-assign]
elif AT == "overtaken":
    promoting.prove_marts = overtaken

try:
    promote(open_project(Path(sys.argv[1])), "bigquery", PromoteOptions())
except BuckError as exc:
    sys.stderr.write(f"{exc.what} | {exc.hint}")
    sys.exit(4)
