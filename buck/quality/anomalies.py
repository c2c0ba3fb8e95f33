"""Whether a table's rows and empty cells are as its own history has them: median and MAD.

Nothing is random here and no clock is asked: the same history gives the same verdict.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from buck.names import TableRef, identifier
from buck.records.quality import Check, CheckResult
from buck.records.rows import SAMPLE_ROWS, FailingRows
from buck.records.volume import AnomalyRule, TableVolume

_DAY: Final = timedelta(days=1)
_NEAREST: Final = timedelta(hours=20)
"""Two moments this far apart are a day apart: a run may begin a little earlier than yesterday."""
_SIGMA: Final = 1.4826
"""What makes a MAD comparable with a standard deviation."""
_WEEKS: Final = 4
"""With so many days of the same weekday, that weekday is compared with itself alone."""
_FEW: Final = 5
"""From so many rows a day on, a day without any is unusual where no day was without."""
_STILL_SHARE: Final = 0.01
"""A table that never changes may change by this share of its rows, per spread."""
_NULL_SHARE: Final = 0.001


@dataclass(frozen=True, slots=True)
class Usual:
    """What the history of one number lets expect."""

    median: float
    mad: float
    low: float
    high: float
    days: int
    """How many days it rests on."""
    weekday: str = ""
    """The weekday, if only days like it were looked at."""

    def holds(self, value: float) -> bool:
        """Whether a value is usual."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Sample:
    """One day's number."""

    at: datetime
    value: float


def expect(
    history: Sequence[Sample],
    at: datetime,
    rule: AnomalyRule,
    *,
    floor: float = 0.0,
    relative_floor: bool = False,
) -> Usual | str:
    """The usual range of a number on the weekday of `at`, or why nothing can be expected.

    With four and more days of that weekday it is compared with them alone. Before that all days
    count, and what was seen on the same weekday is usual too: weekends are no anomaly.

    Args:
        history: One number a day, in any order.
        at: The moment that is judged.
        rule: Thresholds.
        floor: The least spread, for numbers that hardly ever change.
        relative_floor: Whether counts are judged: chance alone moves one by its square root.
    """
    alike = [s.value for s in history if s.at.weekday() == at.weekday()]
    if len(history) < rule.min_history:
        return f"{len(history)} of {rule.min_history} days of history: too few to judge"
    if not alike:
        return f"no {at:%A} in {len(history)} days of history: nothing to compare with"
    is_own = len(alike) >= _WEEKS
    values = alike if is_own else [s.value for s in history]
    middle = float(median(values))
    mad = float(median(abs(v - middle) for v in values))
    least = max(floor, math.sqrt(abs(middle))) if relative_floor else floor
    width = rule.threshold * max(_SIGMA * mad, least)
    low, high = middle - width, middle + width
    if not is_own:
        around = rule.threshold * least
        low, high = min(low, min(alike) - around), max(high, max(alike) + around)
    return Usual(middle, mad, low, high, len(values), f"{at:%A}" if is_own else "")


def judge_volume(
    history: Sequence[TableVolume],
    now: TableVolume,
    rule: AnomalyRule,
    *,
    owner: str = "",
    is_raw: bool = False,
) -> CheckResult:
    """Whether a table gained about as many rows a day as it usually does.

    Rows a day are counted between moments about a day apart, at the time of day that is judged:
    the hours since a run at noon are compared with those since noon of other days, and after a
    pause of three days a third of the gain is a day's.

    Args:
        history: What earlier runs saw of the table, in any order.
        now: What is judged.
        rule: Thresholds.
        owner: Who answers for the table.
        is_raw: Whether rows are only ever added: they land.
    """
    verb = "landed" if is_raw else "gained"
    name = "As many rows as usual"
    expected = f"rows a day, within {rule.threshold:g} spreads of their median"
    check = _check(now, name, f"row_count: {expected}", rule, owner=owner)
    chain = _days(history, now, rule)
    if not chain:
        return CheckResult(check, "unjudged", message=_none(rule))
    gains = [_gain(new, old) for new, old in zip([now, *chain], chain, strict=False)]
    present, past = gains[0], gains[1:]
    value = _short(present.value)
    before = chain[0]
    floor = 1.0
    if past and median(s.value for s in past) == 0:
        floor = max(floor, _STILL_SHARE * before.rows)
    usual = expect(past, now.at, rule, floor=floor, relative_floor=True)
    if isinstance(usual, str):
        return CheckResult(check, "unjudged", value, usual)
    is_silent = present.value == 0 and usual.median >= _FEW and all(s.value > 0 for s in past)
    is_emptied = now.rows == 0 and before.rows > 0
    if usual.holds(present.value) and not is_silent and not is_emptied:
        return CheckResult(check, "passed", value)
    low = max(usual.low, 0.0) if is_raw else usual.low
    low = max(low, 1.0) if is_silent else low
    message = (
        f"{value} rows {verb} a day since {before.at:%Y-%m-%d %H:%M}, "
        f"from {before.rows:,} to {now.rows:,}; "
        f"expected {_short(low)} to {_short(usual.high)}: {_basis(usual)}"
    )
    if is_emptied:
        message = f"the table is empty and held {before.rows:,} rows; {message}"
    rows = [(f"{s.at:%a %Y-%m-%d %H:%M}", _short(s.value)) for s in [present, *past]]
    return CheckResult(
        check,
        "failed" if rule.is_blocking else "warned",
        value,
        message,
        failing_rows=FailingRows.of(("day", f"rows {verb} a day"), rows[:SAMPLE_ROWS]),
        sql=f"select count(*) as row_count from {TableRef.parse(now.table).sql}",
    )


def judge_nulls(
    history: Sequence[TableVolume], now: TableVolume, rule: AnomalyRule, *, owner: str = ""
) -> CheckResult:
    """Whether each column of a table has about as many empty cells as it usually has.

    One answer for all columns; the message names those that are unlike themselves, the furthest
    off first. A column younger than the history that is needed is left out.
    """
    expected = f"missing_percent of each column, within {rule.threshold:g} spreads of its median"
    check = _check(now, "As many nulls as usual", f"missing_percent: {expected}", rule, owner=owner)
    chain = [v for v in _days(history, now, rule) if v.rows]
    if not now.rows or not now.missing:
        return CheckResult(check, "unjudged", message="there are no rows to look at")
    unusual: list[tuple[float, str, Usual, list[Sample]]] = []
    judged, why = 0, _none(rule)
    for column, missing in now.missing.items():
        share = missing / now.rows
        past = [Sample(v.at, v.missing[column] / v.rows) for v in chain if column in v.missing]
        centre = float(median(s.value for s in past)) if past else 0.0
        likely = min(max(centre, 1 / now.rows), 1 - 1 / now.rows) if now.rows > 1 else 0.5
        floor = max(_NULL_SHARE, math.sqrt(likely * (1 - likely) / now.rows))
        usual = expect(past, now.at, rule, floor=floor)
        if isinstance(usual, str):
            why = usual if past else why
            continue
        judged += 1
        if not usual.holds(share):
            distance = max(usual.low - share, share - usual.high)
            unusual.append((distance, column, usual, [Sample(now.at, share), *past]))
    if not judged:
        return CheckResult(check, "unjudged", message=why)
    if not unusual:
        return CheckResult(check, "passed", 0)
    unusual.sort(key=lambda one: (-one[0], one[1]))
    told = "; ".join(
        f"{column}: {_percent(days[0].value)} null, expected {_percent(max(usual.low, 0))} to "
        f"{_percent(min(usual.high, 1))}: {_basis(usual, as_share=True)}"
        for _, column, usual, days in unusual[:3]
    )
    more = f"; and {len(unusual) - 3} more columns" if len(unusual) > 3 else ""
    _, column, _, days = unusual[0]
    rows = [(f"{s.at:%a %Y-%m-%d %H:%M}", round(100 * s.value, 2)) for s in days]
    counted = ", ".join(
        f"count(*) - count({identifier(name)}) as {identifier(name)}" for _, name, _, _ in unusual
    )
    return CheckResult(
        check,
        "failed" if rule.is_blocking else "warned",
        len(unusual),
        told + more,
        failing_rows=FailingRows.of(("day", f"% null in {column}"), rows[:SAMPLE_ROWS]),
        sql=f"select count(*) as row_count, {counted} from {TableRef.parse(now.table).sql}",
    )


def _check(now: TableVolume, name: str, expected: str, rule: AnomalyRule, *, owner: str) -> Check:
    table = TableRef.parse(now.table)
    return Check(
        name=name,
        table=table.name,
        schema=table.schema,
        engine="ledger",
        dimension="completeness",
        severity="fail" if rule.is_blocking else "warn",
        owner=owner,
        expected=expected,
    )


def _days(history: Sequence[TableVolume], now: TableVolume, rule: AnomalyRule) -> list[TableVolume]:
    """Earlier moments, each about a day before the one after it, newest first."""
    oldest = now.at - rule.history_days * _DAY
    left = sorted((v for v in history if v.at >= oldest), key=lambda v: v.at, reverse=True)
    found: list[TableVolume] = []
    last = now
    while left := [v for v in left if v.at <= last.at - _NEAREST]:
        yesterday = last.at - _DAY
        last = min(left, key=lambda v: abs(v.at - yesterday))
        found.append(last)
    return found


def _gain(new: TableVolume, old: TableVolume) -> Sample:
    days = (new.at - old.at) / _DAY
    # A run an hour early has not missed a day's twenty-fourth part: people do not run by seconds.
    return Sample(new.at, (new.rows - old.rows) / max(days, 1.0))


def _none(rule: AnomalyRule) -> str:
    return f"0 of {rule.min_history} days of history: too few to judge"


def _basis(usual: Usual, *, as_share: bool = False) -> str:
    write = _percent if as_share else _short
    days = f"{usual.days} {usual.weekday}s" if usual.weekday else f"{usual.days} days"
    return f"median {write(usual.median)}, MAD {write(usual.mad)} of {days}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + " %"


def _short(value: float) -> int | float:
    return int(value) if float(value).is_integer() else round(value, 1)
