"""Questions put to the data, their answers, and the key that a green answer gives."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from buck.errors import ConfigError, GateClosed
from buck.records.rows import FailingRows, Plain

if TYPE_CHECKING:
    from collections.abc import Mapping

CheckEngine = Literal["soda", "dbt", "ledger"]
"""`ledger`: compared with what earlier runs recorded."""
Severity = Literal["fail", "warn"]
Outcome = Literal["passed", "warned", "failed", "errored", "unjudged"]
"""`errored` means the question could not be put; that closes the gate as `failed` does.

`unjudged` means there is too little to compare with yet; that keeps nothing back.
"""
Dimension = Literal[
    "completeness", "uniqueness", "validity", "accuracy", "consistency", "timeliness"
]


OnFail = Literal["block", "quarantine"]


@dataclass(frozen=True, slots=True)
class HoldRule:
    """Whether a check holds failing rows back instead of closing the gate, and how many at most."""

    on_fail: OnFail = "block"
    max_rows: int | None = None
    max_share: float | None = None

    @classmethod
    def read(cls, declared: Mapping[str, Any], *, check: str) -> HoldRule:
        """What a check's attributes, or a dbt test's meta, say.

        Raises:
            ConfigError: `on_fail` is no such word, or a limit is no number.
        """
        on_fail = declared.get("on_fail", "block")
        if on_fail not in ("block", "quarantine"):
            raise ConfigError(
                f"check {check!r} says on_fail: {on_fail}",
                hint="on_fail is block or quarantine",
            )
        rows, share = declared.get("max_rows"), declared.get("max_share")
        try:
            return cls(
                on_fail,
                None if rows is None else int(rows),
                None if share is None else float(share),
            )
        except (TypeError, ValueError) as exc:
            raise ConfigError(
                f"check {check!r} limits what it holds by {rows!r} rows, {share!r}",
                hint="write max_rows: 20 and max_share: 0.01",
            ) from exc


@dataclass(frozen=True, slots=True)
class Check:
    """One question about one table."""

    name: str
    table: str
    schema: str
    engine: CheckEngine
    dimension: Dimension
    severity: Severity = "fail"
    owner: str = ""
    column: str = ""
    expected: str = ""
    """The rule in words or SodaCL: `row_count > 0`, `valid values: [eur, usd]`."""
    file: str = ""
    line: int | None = None
    on_fail: OnFail = "block"
    """`quarantine`: failing rows are held back from the mart, and the gate stays open."""
    max_rows: int | None = None
    max_share: float | None = None
    """More held rows than both limits close the gate; those of `.buck.yml` where none is given."""

    @property
    def id(self) -> str:
        """The same for the same question in every run: `soda:core.dim_date:row_count > 0`."""
        return f"{self.engine}:{self.schema}.{self.table}:{self.name}"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The answer to one check."""

    check: Check
    outcome: Outcome
    value: Plain = None
    """What was measured: a count, a share, a text."""
    message: str = ""
    failing_rows: FailingRows = field(default_factory=FailingRows)
    """At most 20, personal data masked."""
    failures: int | None = None
    """How many rows break the rule, where it counts rows."""
    sql: str = ""
    """The query that finds the failing rows, or that measured the value."""
    seconds: float = 0.0

    @property
    def is_blocking(self) -> bool:
        """Whether it closes the gate."""
        return self.outcome in {"failed", "errored"}

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        check = {name: getattr(self.check, name) for name in Check.__dataclass_fields__}
        own = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "check"}
        rows = self.failing_rows.to_dict()
        return {"id": self.check.id} | check | own | {"failing_rows": rows}

    @classmethod
    def from_dict(cls, held: dict[str, Any]) -> CheckResult:
        """The result that `to_dict` wrote."""
        rows = FailingRows.from_dict(held["failing_rows"])
        check = Check(**{name: held[name] for name in Check.__dataclass_fields__})
        names = [name for name in cls.__dataclass_fields__ if name not in {"check", "failing_rows"}]
        return cls(check=check, failing_rows=rows, **{name: held[name] for name in names})


@dataclass(frozen=True, slots=True)
class QualityReport:
    """All answers of one run, dbt's tests and Soda's checks alike."""

    as_of: datetime
    results: tuple[CheckResult, ...]
    unchecked: tuple[str, ...] = ()
    """Tables that were to be checked and have no check at all, as `schema.table`."""
    run_id: str = ""

    @property
    def id(self) -> str:
        """The same for the same content."""
        text = json.dumps(self._content(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def passed(self) -> bool:
        """Whether the gate opens: something was checked and nothing blocks."""
        return bool(self.results) and not self.blocking

    @property
    def blocking(self) -> tuple[CheckResult, ...]:
        """Results that close the gate, failed and errored."""
        return tuple(r for r in self.results if r.is_blocking)

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """Results that only warn."""
        return tuple(r for r in self.results if r.outcome == "warned")

    @property
    def unjudged(self) -> dict[str, int]:
        """Why checks were not judged, and how many each reason keeps waiting."""
        return dict(Counter(r.message for r in self.results if r.outcome == "unjudged"))

    @property
    def counts(self) -> dict[str, int]:
        """How many results per outcome; every outcome is named."""
        counts = {"passed": 0, "warned": 0, "failed": 0, "errored": 0, "unjudged": 0}
        for result in self.results:
            counts[result.outcome] += 1
        return counts

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it; `from_dict` gives back an equal report."""
        verdict = {"id": self.id, "passed": self.passed, "counts": self.counts}
        return verdict | self._content()

    @classmethod
    def from_dict(cls, held: dict[str, Any]) -> QualityReport:
        """The report that `to_dict` wrote."""
        return cls(
            as_of=datetime.fromisoformat(held["as_of"]),
            results=tuple(CheckResult.from_dict(r) for r in held["results"]),
            unchecked=tuple(held["unchecked"]),
            run_id=held["run_id"],
        )

    def _content(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "as_of": self.as_of.isoformat(),
            "results": [r.to_dict() for r in self.results],
            "unchecked": list(self.unchecked),
        }


_KEY: Final = object()


@dataclass(frozen=True, slots=True)
class Approval:
    """The key to publish or promote.

    Only the gate makes one (`buck.quality.approve`, `approve_as`): from a green report, or from a
    named override with a reason. Copying one with changes (`dataclasses.replace`) is refused too.
    """

    report_id: str
    run_id: str
    at: datetime
    """The report's `as_of`."""
    counts: dict[str, int]
    approved_by: str = "gate"
    reason: str = ""
    overridden: tuple[str, ...] = ()
    """Ids of the blocking checks that a named person passed over; empty for a green report."""
    key: InitVar[object] = None

    def __post_init__(self, key: object) -> None:
        if key is not _KEY:
            raise GateClosed(
                "an approval is made by the gate alone, from a quality report",
                hint="buck quality check",
            )

    @property
    def is_override(self) -> bool:
        """Whether a person opened the gate."""
        return self.approved_by != "gate"

    def to_dict(self) -> dict[str, Any]:
        """As the ledger and the snapshot keep it; there is no way back from it."""
        held = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "key"}
        return held | {"at": self.at.isoformat(), "overridden": list(self.overridden)}


def _grant(report: QualityReport, *, approved_by: str = "gate", reason: str = "") -> Approval:
    """The gate's own way to an Approval; nobody else calls it."""
    return Approval(
        report_id=report.id,
        run_id=report.run_id,
        at=report.as_of,
        counts=report.counts,
        approved_by=approved_by,
        reason=reason,
        overridden=tuple(r.check.id for r in report.blocking),
        key=_KEY,
    )
