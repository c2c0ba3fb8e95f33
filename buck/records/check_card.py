"""What is known about one failing check: the card that explain, report and alert show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from buck.records.rows import FailingRows

Truth = Literal["wrong", "old", "unusual", "fine"]
"""`wrong`: rows contradict a rule. `old`: the data is right and has stopped coming. `unusual`: no
rule is broken, but it is not as it used to be.
"""
Rule = Literal[
    "repeated_webhook",
    "resent_page",
    "source_changed",
    "source_sent",
    "late_event",
    "drift",
    "code_change",
    "source_stopped",
    "missing_parent",
    "unknown",
]
State = Literal["held", "published", "fixed_upstream", "backfilling", "resolved", "warned"]


@dataclass(frozen=True, slots=True)
class Impact:
    """What the failing rows do to one measure in one currency, exact."""

    measure: str
    """In words: `revenue`."""
    currency: str
    amount: str
    """Units of the currency, with its digits; negative where too little is counted."""
    rows: int
    since_published: bool = False
    """What is known is the change since the published snapshot, not what would be right."""

    @property
    def verb(self) -> str:
        """`revenue over-counted by`, `revenue higher than published by`."""
        is_less = self.amount.startswith("-")
        if self.since_published:
            return f"{self.measure} {'lower' if is_less else 'higher'} than published by"
        return f"{self.measure} {'under' if is_less else 'over'}-counted by"

    @property
    def figure(self) -> str:
        """The amount without its sign, thousands apart."""
        whole, dot, rest = self.amount.lstrip("-").partition(".")
        return f"{int(whole):,}{dot}{rest}"

    @property
    def text(self) -> str:
        """`revenue over-counted by USD 1,234.50 (12 rows)`."""
        rows = f"{self.rows} row{'' if self.rows == 1 else 's'}"
        return f"{self.verb} {self.currency.upper()} {self.figure} ({rows})"


@dataclass(frozen=True, slots=True)
class Origin:
    """One load that brought failing rows."""

    table: str
    load_id: str
    run_id: str
    observed_at: str
    rows: int
    positions: str
    """Where the rows stood in what the source sent in this load: `16-27`."""
    files: tuple[str, ...]
    """Names below the lake's root."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The likely cause, by rule."""

    rule: Rule
    text: str
    evidence: tuple[str, ...] = ()
    seen_at: tuple[str, ...] = ()
    """Other checks whose rows showed the cause; empty if the check's own rows did."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the last run that published."""

    run_id: str = ""
    snapshot: str = ""
    as_of: str = ""
    rows: tuple[str, ...] = ()
    """`finance.fct_payments: 711 -> 723`, and rows landed per raw table."""
    schema: tuple[str, ...] = ()
    code: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether there was such a run."""
        return bool(self.snapshot)


@dataclass(frozen=True, slots=True)
class CheckCard:
    """One check's answer in one run, explained. Personal data is masked everywhere in it."""

    check: str
    name: str
    table: str
    owner: str
    dimension: str
    severity: str
    expected: str
    run_id: str
    pipeline: str
    as_of: str
    outcome: str
    issue: str
    failures: int | None
    truth: Truth
    impact: tuple[Impact, ...]
    first_seen: str
    """The run in which the check began to fail without a pass since, and its time."""
    last_seen: str
    runs_failing: int
    origins: tuple[Origin, ...]
    sample: FailingRows
    upstream: tuple[str, ...]
    downstream: tuple[str, ...]
    exposures: tuple[str, ...]
    changes: Changes
    cause: Cause
    state: State
    state_text: str
    readers: str
    """What readers of the marts see meanwhile."""
    next_run: str
    """When the schedule runs it next, ISO 8601; empty without a schedule or a scheduler."""
    next_steps: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())
    """What could not be looked at, and why."""

    @property
    def is_first_hand(self) -> bool:
        """Whether the check's own rows showed the cause."""
        return not self.cause.seen_at and self.cause.rule != "unknown"

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        held = asdict(self)
        held["impact"] = [asdict(i) | {"text": i.text} for i in self.impact]
        return held | {"sample": self.sample.to_dict()}

    @property
    def told_impact(self) -> str:
        """`revenue over-counted by CAD 3,238.68, EUR 1,089.34`."""
        sums: dict[str, list[str]] = {}
        for impact in self.impact:
            told = f"{impact.currency.upper()} {impact.figure}"
            sums.setdefault(impact.verb, []).append(told)
        return "; ".join(f"{verb} {', '.join(told)}" for verb, told in sums.items())

    def short(self) -> Mapping[str, str]:
        """The card in as few lines as a telephone shows, by heading."""
        rows = "" if self.failures is None else f"{self.failures} rows"
        lines = {
            "Issue": f"{self.name}: {rows}" if rows else f"{self.name}: {self.issue}",
            "Table": self.table,
            "Impact": self.told_impact,
            "Cause": self.cause.text,
            "State": self.state_text,
            "Readers": self.readers,
            "Next": self.next_steps[0] if self.next_steps else "",
        }
        return {heading: text for heading, text in lines.items() if text}
