"""One company at three moments, each with its marts and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from buck.engine import connect
from buck.sandbox.company import DEFAULT_DAYS, Company, Truth, day_start, truth
from tests.integration.transform.models.conftest import RawLake

DAYS = tuple(DEFAULT_DAYS + later for later in (0, 30, 90))
"""0, 30 and 90 days after a sandbox has started."""


@dataclass(frozen=True)
class Moment:
    """The marts after so many days, and what they have to say."""

    days: int
    truth: Truth
    database: Path

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the marts answer."""
        with connect(self.database, work=self.database.parent / "work") as con:
            return con.execute(sql).fetchall()


@pytest.fixture(scope="session")
def moments(tmp_path_factory: pytest.TempPathFactory) -> list[Moment]:
    """All marts, built three times on one lake: what a load sees at each moment lands, no more.

    A record that changed twice between two loads lands once, as from a source read in batches.
    """
    folder = tmp_path_factory.mktemp("truth")
    lake = RawLake(folder, tmp_path_factory.mktemp("parsed")).start()
    company = Company(seed=3, customers=15)
    landed, found = 0, []
    for days in DAYS:
        changes = company.changes(days)
        lake.land_state(changes[landed:], as_of=day_start(days))
        landed = len(changes)
        lake.build(
            as_of=day_start(days), exclude=["resource_type:unit_test", "resource_type:test"]
        )
        kept = folder / f"day-{days}.duckdb"
        kept.write_bytes(lake.database.read_bytes())
        found.append(Moment(days, truth(company, as_of_day=days), kept))
    return found
