"""How a run is asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from buck.errors import ConfigError, RunTimedOut
from buck.flow.publishing import Override
from buck.flow.warmup import Warmup
from buck.records.load import LoadReport, OnReading, TimeRange
from buck.records.quality import QualityReport
from buck.records.run import Event, Status
from buck.records.snapshot import Hold, Snapshot

if TYPE_CHECKING:
    from buck.records.build import Progress


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did. `snapshot` is the published one, also when this run published nothing."""

    run_id: str
    pipeline: str
    status: Status
    as_of: datetime
    loads: tuple[LoadReport, ...]
    models_built: int = 0
    report: QualityReport | None = None
    snapshot: Snapshot | None = None
    published: bool = False
    hold: Hold | None = None
    """The rollback that kept this run from publishing."""
    is_repeated: bool = False
    """The moment of the schedule had its run already: this is what that one was; nothing is done
    again."""

    @property
    def exit_code(self) -> int:
        """0 ok, 3 gate closed, 4 degraded."""
        if self.is_repeated:
            return 0
        return {Status.GATE_CLOSED: 3, Status.DEGRADED: 4}.get(self.status, 0)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "run_id": self.run_id,
            "pipeline": self.pipeline,
            "status": str(self.status),
            "as_of": self.as_of.isoformat(),
            "rows_landed": sum(load.rows_landed for load in self.loads),
            "loads": [load.to_dict() for load in self.loads],
            "models_built": self.models_built,
            "checks": self.report.counts if self.report else {},
            "blocking": [r.to_dict() for r in self.report.blocking] if self.report else [],
            "snapshot": self.snapshot.id if self.snapshot else None,
            "published": self.published,
            "hold": self.hold.to_dict() if self.hold else None,
        }


@dataclass(slots=True)
class RunOptions:
    """How a run differs from an ordinary one."""

    full_refresh: bool = False
    """Read the sources whole again, and build every model from scratch from the raw history."""
    span: TimeRange | None = None
    """Land this stretch of source time instead of what is new; no watermark moves."""
    span_tables: tuple[str, ...] = ()
    """The tables (`source.table`) whose range is landed; all of the pipeline's if empty."""
    parallel: int = 1
    """How many parts of the stretch are read side by side; they commit one after the other."""
    as_of: datetime | None = None
    wait_s: float = 0.0
    on_wait: Callable[[str], None] = field(default=lambda _: None)
    """Called while another process has the project, with which and since when."""
    override: Override | None = None
    on_event: Callable[[Event], None] = field(default=lambda _: None)
    on_progress: Callable[[Progress], None] = field(default=lambda _: None)
    on_reading: OnReading = field(default=lambda *_: None)
    confirmed_deletions: tuple[str, ...] = ()
    """Tables (`source.table`) of which many rows may be gone at once."""
    resume: bool = False
    """Continue the pipeline's newest run, which broke, where it broke."""
    due_at: datetime | None = None
    """The moment of a schedule that this run is for: it is run once."""
    on_timeout: Callable[[RunTimedOut], None] = field(default=lambda _: None)
    """Called in a thread of its own when the pipeline's timeout has passed and that is recorded."""
    part: Literal["build", "publish"] | None = None
    """Only this part of a run, on what others have landed; see `buck.flow.parts`."""
    has_lock: bool = False
    """The caller holds the project's lock already."""
    warmup: Warmup | None = None
    """dbt and Soda, already getting ready."""

    def refuse_unknown(self, sources: Collection[str]) -> None:
        """Refuse names of tables that are none of these sources'.

        Raises:
            ConfigError: it names the table and the option.
        """
        named = {"--confirm-deletions": self.confirmed_deletions, "--table": self.span_tables}
        for flag, tables in named.items():
            for table in tables:
                source, _, name = table.partition(".")
                if source not in sources or not name:
                    raise ConfigError(
                        f"{table!r} is no table of {', '.join(sources)}",
                        hint=f"write {flag} SOURCE.TABLE, as a run names it",
                    )
