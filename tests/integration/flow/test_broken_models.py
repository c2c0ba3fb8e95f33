"""A model that cannot be built, and what becomes of the candidates that were there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest


@pytest.fixture
def project(published: Any, copy_of: Callable[[Any], Any]) -> Any:
    return copy_of(published)


def test_a_project_that_cannot_be_read_costs_no_candidates(project: Any) -> None:
    before = project.facts()
    stray = project.root / "transform" / "models" / "stray.sql"
    stray.write_text('select * from {{ ref("nowhere") }}')
    assert "nowhere" in project.buck("run").expect(1).err
    stray.unlink()
    assert project.buck("run", "--json").expect(0).json["status"] == "unchanged"
    assert "equal" in project.buck("diff", "published", "candidates").expect(0).out
    assert project.facts() == before


def test_a_build_that_broke_off_is_made_good_by_the_next_run(project: Any) -> None:
    """Although nothing is new: what it left behind is neither the old state nor a new one."""
    model = "transform/models/marts/finance/agg_monthly_revenue.sql"
    project.edit(model, "priced.revenue_key", "priced.revenue_quay")
    project.buck("run").expect(1)
    project.edit(model, "priced.revenue_quay", "priced.revenue_key")
    project.buck("diff", "published", "candidates").expect(1)
    assert project.buck("run", "--json").expect(0).json["status"] == "ok"
    project.buck("diff", "published", "candidates").expect(0)
    assert project.buck("run", "--json").expect(0).json["status"] == "unchanged"


def test_nothing_to_check_is_no_fault_of_the_data(project: Any) -> None:
    build = project.work / "build.duckdb"
    build.unlink()
    duckdb.connect(str(build)).close()
    assert "there are no candidates" in project.buck("quality", "check").expect(1).err
