"""What a card says in words: the issue, the columns that tell most, what to do next."""

from __future__ import annotations

from collections.abc import Iterator

from buck.flow.evidence import Found
from buck.flow.resolution import Resolution
from buck.records.check_card import Cause, Truth
from buck.records.quality import CheckResult

SAMPLE = 5
"""Failing rows shown on a card."""
WIDE = 7


def judge_truth(result: CheckResult) -> Truth:
    """Whether the rows are wrong, or the data merely old."""
    if result.outcome in ("passed", "unjudged"):
        return "fine"
    if result.check.engine == "ledger":
        return "unusual"
    return "old" if result.check.dimension == "timeliness" else "wrong"


def count_rows(result: CheckResult, found: Found) -> int | None:
    """Dbt stops counting at its limit; the rows asked for again do not."""
    if result.failures is None:
        return None
    return max(result.failures, len(found.rows))


def tell_issue(result: CheckResult, found: Found) -> str:
    """What was found, in a few words."""
    if found.groups and found.group != found.key:
        rows = sum(len(keys) for keys in found.groups)
        return f"{len(found.groups)} values of {found.group} stand in {rows} rows"
    count = count_rows(result, found)
    if count is not None and result.outcome in ("failed", "warned"):
        return f"{count} row{'' if count == 1 else 's'} break{'s' if count == 1 else ''} the rule"
    return result.message or "the rule holds"


def telling_columns(found: Found) -> list[str]:
    """The columns of a failing row that say most, in their order."""
    names = list(found.rows[0])
    first = [n for n in names if n in (found.key, "broken_rule", "currency")]
    filled = [n for n in names if any(r[n] is not None for r in found.rows[:SAMPLE])]
    amounts = [n for n in filled if "amount" in n or n.endswith(("_minor", "_at", "status"))]
    rest = [n for n in filled if not n.startswith("_buck") and n not in first + amounts]
    chosen = set([*first, *amounts, *rest][:WIDE])
    return [n for n in names if n in chosen]


def next_steps(
    result: CheckResult, found: Found, cause: Cause, resolution: Resolution
) -> Iterator[str]:
    """What to do, the best first."""
    table = str(found.pin.table) if found.pin else ""
    source = table.partition(".")[0]
    if resolution.state in ("resolved", "fixed_upstream", "backfilling"):
        yield "buck run" if resolution.state == "fixed_upstream" else "buck pipeline status"
    elif cause.rule == "code_change":
        yield f"repair the models named above, then: buck dbt build --select +{result.check.table}"
    elif source:
        yield f"have {source} correct the {len(found.culprits)} records, then: buck run"
    if table and found.culprits and found.key != "unique_field":
        yield f"buck trace {table} {found.culprits[0]}"
    yield f"buck quality check {result.check.table}"
    if resolution.state == "held":
        yield "buck publish --approve-as NAME --reason TEXT, to publish in spite of it"
