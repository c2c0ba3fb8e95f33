"""The likely cause of failing rows, by rules over what the raw tables and the ledger hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from buck.records.check_card import Cause, Changes, Rule
from buck.records.rows import plain_value

ALIKE: Final = 0.7
"""Share of filled columns in which two records agree if one repeats the other."""
SHOWN: Final = 4
STRONG: Final[frozenset[Rule]] = frozenset(
    {"repeated_webhook", "resent_page", "source_changed", "late_event", "drift", "code_change"}
)
"""Causes that also account for other checks that the same records break."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about the failing rows of one check."""

    dimension: str
    versions: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Raw versions per key, oldest first, system columns included."""
    groups: Sequence[Sequence[str]] = ()
    """Keys that are one thing told several times, the genuine one first."""
    culprits: Sequence[str] = ()
    """Keys of the rows that are too much or wrong."""
    key: str = "id"
    """The raw table's key column."""
    table: str = ""
    changes: Changes = field(default_factory=Changes)
    landed: int = 0
    """Rows landed in the tables above since the last green run."""
    patience: timedelta = timedelta(days=3)
    """Within it a late event is taken up by every build."""
    hidden: frozenset[str] = frozenset()
    """Columns whose values are personal data."""


def find_cause(evidence: Evidence) -> Cause:
    """The first rule that fits; `unknown` says so."""
    for rule in (_stopped, _repeated, _resent, _drifted, _changed, _late, _coded, _sent, _orphaned):
        cause = rule(evidence)
        if cause is not None:
            return cause
    return Cause("unknown", "no rule fits; look at the rows and at the query")


def _stopped(evidence: Evidence) -> Cause | None:
    if evidence.dimension != "timeliness":
        return None
    if evidence.landed:
        return Cause("source_stopped", "the source is read, but nothing newer happened in it")
    return Cause("source_stopped", "the source has sent nothing since the last green run")


def _repeated(evidence: Evidence) -> Cause | None:
    """Other ids, same content: the sender did it again."""
    copies, differing = 0, dict[str, None]()
    lags: list[timedelta] = []
    for first, *others in evidence.groups:
        original = _newest(evidence, first)
        for other in others:
            copy = _newest(evidence, other)
            if other == first or original is None or copy is None:
                continue
            # What was done to the original afterwards does not make the copy another record.
            was = _closest(evidence.versions[first], copy)
            filled = [
                n
                for n in _own(copy)
                if n != evidence.key and (was.get(n) is not None or copy[n] is not None)
            ]
            unequal = [n for n in filled if was.get(n) != copy[n]]
            if len(unequal) > (1 - ALIKE) * len(filled):
                continue
            copies += 1
            differing |= dict.fromkeys((evidence.key, *unequal))
            lags += _lag(was, copy)
    if not copies or copies < len(evidence.culprits):
        return None
    found = [f"only {', '.join(sorted(differing))} differ from the originals"]
    if lags:
        found.append(f"made {_span(lags)} after the originals")
    return Cause(
        "repeated_webhook",
        f"a repeated webhook or request: the source made {copies} "
        f"{evidence.table or 'records'} again under new ids",
        tuple(found),
    )


def _resent(evidence: Evidence) -> Cause | None:
    """The same version of the same record more than once."""
    twice = [
        key
        for key, versions in evidence.versions.items()
        if len({v.get("_buck_row_hash") for v in versions}) < len(versions)
    ]
    if evidence.dimension != "uniqueness" or not twice:
        return None
    loads = {v.get("_buck_load_id") for key in twice for v in evidence.versions[key]}
    where = "within one load" if len(loads) == 1 else f"in {len(loads)} loads"
    return Cause(
        "resent_page",
        f"a page was sent again: {len(twice)} records arrived unchanged more than once {where}",
        tuple(sorted(twice)[:SHOWN]),
    )


def _drifted(evidence: Evidence) -> Cause | None:
    if not evidence.changes.schema:
        return None
    return Cause("drift", "the source changed its columns", evidence.changes.schema[:SHOWN])


def _changed(evidence: Evidence) -> Cause | None:
    """Records that were told otherwise before."""
    updates: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []
    for key in evidence.culprits:
        versions = evidence.versions.get(key, ())
        if len(versions) > 1 and versions[-1].get("_buck_op") == "u":
            updates.append((versions[-2], versions[-1]))
    if not updates or len(updates) < len(evidence.culprits):
        return None
    changed: dict[str, list[tuple[Any, Any]]] = {}
    for before, after in updates:
        for name in _own(after):
            if before.get(name) != after[name]:
                changed.setdefault(name, []).append((before.get(name), after[name]))
    every = {name: pairs for name, pairs in changed.items() if len(pairs) == len(updates)}
    negated = [name for name, pairs in every.items() if all(_is_negated(*p) for p in pairs)]
    if negated:
        text = f"the source negated {', '.join(negated)} of {len(updates)} records it told before"
    else:
        names = ", ".join(list(every or changed)[:SHOWN])
        text = f"the source changed {names} of {len(updates)} records it told before"
    shown = [
        f"{name}: {plain_value(pairs[0][0])} → {plain_value(pairs[0][1])}"
        for name, pairs in every.items()
        if (name in negated or not negated)
        # Texts may hold anything, JSON above all; numbers are no personal data here.
        and name not in evidence.hidden
        and not isinstance(pairs[0][1], str)
    ]
    return Cause("source_changed", text, tuple(shown[:SHOWN]))


def _late(evidence: Evidence) -> Cause | None:
    late = []
    for key in evidence.culprits:
        newest = _newest(evidence, key)
        if newest is None:
            continue
        told, seen = newest.get("_buck_source_ts"), newest.get("_buck_observed_at")
        if not isinstance(told, datetime) or not isinstance(seen, datetime):
            continue
        # A first load brings the past along; that is not late.
        if seen - told > evidence.patience and newest.get("_buck_op") != "r":
            late.append(seen - told)
    if not late or len(late) < len(evidence.culprits):
        return None
    return Cause("late_event", f"{len(late)} events came late, {_span(late)} after they happened")


def _coded(evidence: Evidence) -> Cause | None:
    if not evidence.changes.code or evidence.landed:
        return None
    return Cause(
        "code_change",
        "models changed and nothing new was landed",
        evidence.changes.code[:SHOWN],
    )


def _sent(evidence: Evidence) -> Cause | None:
    known = [key for key in evidence.culprits if evidence.versions.get(key)]
    if not known:
        return None
    return Cause(
        "source_sent",
        f"the source sent {len(known)} {evidence.table or 'records'} like this from the beginning",
    )


def _orphaned(evidence: Evidence) -> Cause | None:
    if evidence.dimension != "consistency" or not evidence.culprits:
        return None
    return Cause("missing_parent", "records that these rows name have not been landed")


def _newest(evidence: Evidence, key: str) -> Mapping[str, Any] | None:
    versions = evidence.versions.get(key)
    return versions[-1] if versions else None


def _closest(versions: Sequence[Mapping[str, Any]], copy: Mapping[str, Any]) -> Mapping[str, Any]:
    return max(versions, key=lambda v: sum(v.get(n) == copy[n] for n in _own(copy)))


def _own(row: Mapping[str, Any]) -> list[str]:
    return [name for name in row if not name.startswith("_buck_")]


def _lag(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[timedelta]:
    one, two = first.get("_buck_source_ts"), second.get("_buck_source_ts")
    return [two - one] if isinstance(one, datetime) and isinstance(two, datetime) else []


def _is_negated(before: Any, after: Any) -> bool:
    try:
        one, two = Decimal(str(before)), Decimal(str(after))
    except (InvalidOperation, ValueError):
        return False
    return one == -two and one != 0


def _span(lengths: Sequence[timedelta]) -> str:
    from buck.records.freshness import duration_text

    low, high = (
        duration_text(max(0, int(x.total_seconds()))) for x in (min(lengths), max(lengths))
    )
    return low if low == high else f"{low} to {high}"
