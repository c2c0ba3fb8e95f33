"""Checks that no data could turn red."""

from __future__ import annotations

import re
from math import inf
from typing import Any, Final

from buck.errors import ConfigError
from buck.quality.sodacl.reading import SodaRule
from buck.quality.sodacl.thresholds import Comparison, read_comparison

_METRIC: Final = re.compile(
    r"(\w+?_(count|percent)|stddev\w*|var\w*|\w+_length)\b(?:\s*\(.*?\))?\s*(.*)"
)


def why_impossible(rule: SodaRule) -> str:
    """Why a rule can never fail, in words; empty if it can, as far as its text shows."""
    found = _METRIC.fullmatch(rule.line)
    if found is None:
        return ""
    highest = 100.0 if found[2] == "percent" else inf
    bad = _bad(found[3], rule)
    if bad and not any(comparison.meets(0.0, highest) for comparison in bad):
        span = "0 to 100" if highest < inf else "0 or more"
        return f"{found[1]} is always {span}"
    return ""


def is_always_empty(connection: Any, sql: str) -> bool:
    """Whether a query's own text rules out every row, as DuckDB's planner sees it.

    What the planner knows about the data in the tables is left out of it.
    """
    connection.execute("set disabled_optimizers = 'statistics_propagation'")
    try:
        plan = connection.execute(f"explain {sql}").fetchall()
    finally:
        connection.execute("reset disabled_optimizers")
    words = " ".join(str(row[-1]) for row in plan)
    return "EMPTY_RESULT" in words and "SCAN" not in words


def _bad(rest: str, rule: SodaRule) -> list[Comparison]:
    try:
        bad = [read_comparison(rest).opposite] if rest else []
        held = (rule.settings.get(level) for level in ("fail", "warn"))
        return bad + [read_comparison(str(text)) for text in held if text is not None]
    except ConfigError:
        return []
