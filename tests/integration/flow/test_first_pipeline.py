"""A pipeline of one source on a lake that has nothing else."""

from __future__ import annotations

from typing import Any


def test_a_first_run_of_one_source_says_which_others_must_land(project: Any) -> None:
    try:
        project.buck("sandbox", "up", "--customers", "20", "--days", "20").expect(0)
        refused = project.buck("run", "stripe_daily").expect(1)
        assert "app has never landed, and models are made from it" in refused.err
        assert "buck run once, which lands every source; then stripe_daily" in refused.err
        assert project.snapshot() == {}
    finally:
        project.buck("sandbox", "down")
