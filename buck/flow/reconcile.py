"""Comparing a source with the lake, and repairing the lake."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from buck.errors import BuckError, ConfigError
from buck.flow.lake_access import open_lake
from buck.flow.landing import load_rules, module_name, new_load_id
from buck.flow.lock import hold_lock
from buck.lake import ComparingLanding, Lake
from buck.lake.landing import full_schema
from buck.ledger import RunRecorder, read_events
from buck.pipelines import load_module, run_source
from buck.project import Project
from buck.records.load import TimeRange
from buck.records.reconciliation import Reconciliation
from buck.records.run import Status

LAG = timedelta(minutes=15)
"""More than any connector stays behind its source; what is younger may be the next load's."""


def reconcile(
    project: Project,
    source: str,
    *,
    tables: Collection[str] = (),
    span: TimeRange | None = None,
    repairs: bool = False,
    wait_s: float = 0.0,
) -> Reconciliation:
    """Read a source whole and compare keys, counts and content hashes with the lake.

    What the source says changed after the last load counts as newer, not as a difference. Nothing
    is written unless `repairs`; then just what differs is landed, with the guarantees of any load,
    and the marks stay where they are.

    Args:
        project: The project.
        source: A source that Buck lands.
        tables: Tables of the source; all of them if empty.
        span: Compare only what the source says happened in this range.
        repairs: Land what is missing or different, and tombstones for what is gone.
        wait_s: How long to wait for another run of this project.

    Raises:
        ConfigError: there is no such source or table.
        SourceError: the source cannot be read.
        LakeLocked: another run is going on.
    """
    started = time.monotonic()
    lake = open_lake(project)
    module = load_module(project.pipelines_dir, module_name(project, source))
    as_of = project.as_of()
    load_id = new_load_id(as_of)
    with hold_lock(project.work, f"reconcile {source}", wait_s=wait_s):
        lake.sweep()
        until = _last_read_at(lake, source)
        recorder = RunRecorder(
            lake.storage, new_load_id(datetime.now(UTC)), pipeline=f"reconcile {source}"
        )
        recorder.start(as_of=as_of.isoformat(), environment=project.environment)
        landing = ComparingLanding(
            lake,
            source,
            load_id,
            facts={"buck.run_id": recorder.run_id},
            tables=tables,
            until=None if until is None else until - LAG,
            lists_all=span is None,
            repairs=repairs,
        )
        try:
            with recorder.step(f"compare {source}") as facts:
                report = run_source(
                    module,
                    landing,
                    load_id=load_id,
                    as_of=as_of,
                    options=project.source_options(source),
                    merge_schema=full_schema,
                    is_whole=span is None,
                    confirmed=frozenset(t.name for t in lake.raw_tables() if t.source == source),
                    rules=load_rules(project, source, span=span),
                )
                facts |= {"tables": len(landing.found)}
                for table in landing.found:
                    recorder.add(
                        "table_compared",
                        "equal" if table.is_equal else "different",
                        **{k: v for k, v in table.to_dict().items() if k != "samples"},
                    )
        except BuckError as exc:
            recorder.finish(Status.FAILED, error=exc.what)
            raise
        finally:
            landing.close()
        skipped = {k: v for k, v in report.skipped.items() if not tables or k in tables}
        recorder.finish(Status.DEGRADED if skipped else Status.OK)
    compared = {table.table.partition(".")[2] for table in landing.found} | set(skipped)
    if strangers := sorted(set(tables) - compared):
        raise ConfigError(
            f"{source} gives no table {strangers[0]!r}",
            hint=f"it gives {', '.join(sorted(compared) or ['none'])}",
        )
    return Reconciliation(
        source=source,
        run_id=recorder.run_id,
        tables=tuple(landing.found),
        skipped=skipped,
        seconds=round(time.monotonic() - started, 3),
    )


def _last_read_at(lake: Lake, source: str) -> datetime | None:
    """The time of the newest run that landed the source; None if it never was."""
    times: dict[str, datetime] = {}
    newest: datetime | None = None
    for event in read_events(lake.storage):
        if event.kind == "run_started" and "as_of" in event.facts:
            times[event.run_id] = datetime.fromisoformat(event.facts["as_of"])
        finished = event.kind == "step_finished" and event.step == f"land {source}"
        if finished and event.status in ("ok", "degraded") and event.run_id in times:
            at = times[event.run_id]
            newest = at if newest is None else max(newest, at)
    return newest
