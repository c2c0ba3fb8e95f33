"""`buck backfill`: a stretch of time again, by the same road as every run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RANGE = ("--start", "2026-01-10", "--end", "2026-02-01")


@pytest.fixture
def later(published: Any, copy_of: Callable[[Any], Any]) -> Any:
    """A lake that has everything, and its sandbox."""
    project = copy_of(published)
    project.connect(published.work / "sandbox")
    return project


def marks(project: Any) -> dict[str, Any]:
    """Every table's last told marks."""
    events = project.buck("pipeline", "logs", "all", "--json").expect(0).json
    landed = [e["facts"] for e in events if e["kind"] == "table_landed"]
    return {f["table"]: f["marks_to"] for f in landed if f["marks_to"]}


def test_g7_closed_window_loaded_again_changes_nothing(later: Any, published: Any) -> None:
    before = marks(later)
    done = later.buck("backfill", "all", *RANGE, "--json").expect(0)
    assert done.json["status"] == "unchanged"
    assert done.json["rows_landed"] == 0
    assert sum(t["rows_received"] for load in done.json["loads"] for t in load["tables"]) > 500
    assert done.json["loads"][0]["is_degraded"] is False
    assert marks(later) == before
    assert later.facts() == published.facts()
    assert later.buck("run", "--json").expect(0).json["status"] == "unchanged"


def test_a_range_that_ends_before_it_starts_is_refused(later: Any) -> None:
    done = later.buck("backfill", "all", "--start", "2026-02-01", "--end", "2026-02-01").expect(2)
    assert "is not before" in done.err
    assert later.buck("backfill", "all", "--start", "soon", "--end", "2026-02-01").expect(2)


def test_what_the_source_no_longer_has_is_refused(later: Any, published: Any) -> None:
    old = ("--start", "2026-01-01", "--end", "2026-01-05", "--table", "stripe.events")
    done = later.buck("backfill", "all", *old).expect(4)
    assert "Stripe keeps events for 30 days" in done.err
    assert "1 failed" in done.err
    assert later.versions("stripe") == published.versions("stripe")
