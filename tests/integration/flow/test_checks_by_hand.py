"""Candidates that are checked by hand, some time after they were built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MEMORY = """-- name: Memory is limited
-- dimension: validity
-- owner: finance
select current_setting('memory_limit') as memory_limit
where current_setting('memory_limit') <> '858.3 MiB'
"""


def test_models_are_judged_by_their_own_time_and_freshness_by_the_present(
    early: Any, copy_of: Callable[[Any], Any]
) -> None:
    """Twelve days later, which the marts know nothing of: trials have run out since."""
    project = copy_of(early)
    judged = project.buck("quality", "check", "--json").expect(0).json
    late = {c["name"]: c for c in judged["results"] if c["outcome"] == "warned"}
    assert late["Payments keep coming"]["dimension"] == "timeliness"
    assert {c["dimension"] for c in late.values()} == {"timeliness"}


def test_dbt_asks_its_tests_of_the_candidates_as_they_are(
    early: Any, copy_of: Callable[[Any], Any]
) -> None:
    project = copy_of(early)
    project.buck("pipeline", "step", "all", "land", "app").expect(0)
    project.buck("dbt", "test", "--select", "product_activation", "sales_orders").expect(0)
    project.buck("publish").expect(0)


def test_checks_keep_to_the_memory_of_the_build(early: Any, copy_of: Callable[[Any], Any]) -> None:
    project = copy_of(early)
    folder = project.root / "transform" / "checks" / "finance" / "fct_payments"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory_is_limited.sql").write_text(MEMORY)
    project.edit(".buck.yml", "performance:\n", "performance:\n  memory_limit: 900MB\n")
    judged = project.buck("quality", "check", "fct_payments", "--json").expect(0).json
    [mine] = [c for c in judged["results"] if c["name"] == "Memory is limited"]
    assert mine["outcome"] == "passed", mine
