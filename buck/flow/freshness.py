"""How old every source and every mart is, by load time and by event time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from buck.engine import connect, translate_errors
from buck.errors import LakeError, TransformError
from buck.flow.lake_access import open_lake, pin_tables
from buck.flow.reading import Published, open_published, open_zone
from buck.ledger import read_events, read_runs
from buck.names import identifier
from buck.project import Project, duration_s
from buck.records.freshness import FreshnessReport, FreshnessResult, FreshnessStatus

if TYPE_CHECKING:
    from buck.engine.types import Connection
    from buck.lake import Lake, RawPin
    from buck.records.snapshot import SnapshotTable

RUNS = 100
"""Runs looked through for a source's newest load; one that loads less often shows by its rows."""
LANDED = ("ok", "unchanged")
TIMES = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP", "DATE")
Subject = Literal["source", "mart"]
By = Literal["load", "event"]
Newest = tuple[datetime | None, str]
"""The newest time, and what it is from or why there is none."""


def check_freshness(
    project: Project, *, as_of: datetime | None, threshold: str | None = None
) -> FreshnessReport:
    """Every source and mart judged at one moment; reads only.

    A source is as fresh as its last load that worked, also if that load found nothing new, and
    as the newest time that the source itself gave a record. A mart is as fresh as the run that
    published it, and as the newest value of its event column.

    Args:
        project: The project.
        as_of: The moment; the project's own if None.
        threshold: For every source and mart, instead of what `.buck.yml` says, such as `2h`.

    Raises:
        ConfigError: the threshold is no duration.
        LakeDamaged, LedgerError: the lake's records are damaged.
    """
    judge = _Judge(project, project.as_of(as_of), duration_s(threshold) if threshold else None)
    lake = open_lake(project)
    return FreshnessReport(judge.as_of, (*_sources(judge, lake), *_marts(judge)))


class _Judge:
    """Compares a newest time with the limits of its source or mart."""

    def __init__(self, project: Project, as_of: datetime, threshold_s: int | None) -> None:
        self.project = project
        self.as_of = as_of
        self._threshold_s = threshold_s

    def judge(self, kind: Subject, subject: str, by: By, newest: Newest) -> FreshnessResult:
        at, about = newest
        threshold_s, critical_s = self._limits(kind, subject, by)
        age_s = None if at is None else max(0, int((self.as_of - at).total_seconds()))
        status: FreshnessStatus = "fresh"
        if age_s is None:
            status = "critical" if by == "load" else "unknown"
        elif age_s > critical_s:
            status = "critical"
        elif age_s > threshold_s:
            status = "stale"
        return FreshnessResult(subject, kind, by, at, age_s, threshold_s, critical_s, status, about)

    def _limits(self, kind: Subject, subject: str, by: By) -> tuple[int, int]:
        freshness = self.project.settings.data_quality.freshness
        threshold_s, critical_s = freshness.limits_s(kind, subject, by)
        if self._threshold_s is not None:
            threshold_s = self._threshold_s
        return threshold_s, max(threshold_s, critical_s)


def _sources(judge: _Judge, lake: Lake) -> Iterator[FreshnessResult]:
    project = judge.project
    loads = _last_loads(lake)
    pins: dict[str, list[RawPin]] = {}
    for pin in pin_tables(project, lake):
        pins.setdefault(pin.table.source, []).append(pin)
    con = connect(work=project.work)
    try:
        con.execute("set TimeZone = 'UTC'")
        for name in project.settings.sources:
            own = pins.get(name, [])
            landed = _newest_raw(con, own, "_buck_observed_at")
            if name in loads and (landed[0] is None or loads[name] > landed[0]):
                landed = loads[name], "the last load that worked"
            if landed[0] is None:
                landed = None, "never loaded"
            yield judge.judge("source", name, "load", landed)
            yield judge.judge("source", name, "event", _newest_raw(con, own, "_buck_source_ts"))
    finally:
        con.close()


def _last_loads(lake: Lake) -> dict[str, datetime]:
    """The time (`as_of`) of each source's newest load that worked."""
    found: dict[str, datetime] = {}
    as_of: dict[str, datetime] = {}
    for event in read_events(lake.storage, since_runs=RUNS):
        if event.kind == "run_started" and event.facts.get("as_of"):
            as_of[event.run_id] = datetime.fromisoformat(str(event.facts["as_of"]))
        is_load = event.kind == "step_finished" and event.step.startswith("land ")
        if is_load and event.status in LANDED and event.run_id in as_of:
            # A backfill brings old rows; its steps name a part behind the source.
            source = event.step.removeprefix("land ")
            found[source] = max(as_of[event.run_id], found.get(source, as_of[event.run_id]))
    return found


def _newest_raw(con: Connection, pins: list[RawPin], column: str) -> Newest:
    newest: Newest = (None, "no record has a time")
    for pin in pins:
        if column not in pin.columns:
            continue
        with translate_errors():
            row = con.execute(
                f"select cast(max({identifier(column)}) as timestamptz) "
                f"from ({pin.select_sql}) as raw"
            ).fetchone()
        if row and row[0] is not None and (newest[0] is None or row[0] > newest[0]):
            newest = (row[0].astimezone(UTC), str(pin.table))
    return newest


def _marts(judge: _Judge) -> Iterator[FreshnessResult]:
    try:
        published = open_published(judge.project)
    except LakeError:
        return
    columns = _event_columns(judge.project)
    with published:
        built = _confirmed_at(judge.project, published)
        snapshot = published.snapshot
        for table in sorted(snapshot.tables, key=lambda t: (t.schema, t.name)):
            name = f"{table.schema}.{table.name}"
            yield judge.judge("mart", name, "load", built)
            relation = identifier("marts", table.schema, table.name)
            newest = _newest_row(judge.project, published.sql, relation, table, columns.get(name))
            yield judge.judge("mart", name, "event", newest)


def _confirmed_at(project: Project, published: Published) -> Newest:
    """The time of the newest run that published the snapshot, or found nothing to add to it."""
    snapshot = published.snapshot
    newest: Newest = (snapshot.as_of, f"snapshot {snapshot.id}")
    for run in read_runs(open_lake(project).storage, limit=RUNS):
        is_same = run.status == "unchanged" and run.snapshot_after == snapshot.id
        if is_same and run.as_of and run.as_of > snapshot.as_of:
            return run.as_of, f"{newest[1]}, nothing new since"
    return newest


def _event_columns(project: Project) -> dict[str, str]:
    """What the models' yml files call their event column, by mart."""
    from buck.transform import models

    try:
        known = models(project.work / "dbt" / "target")
    except TransformError:
        return {}
    return {
        f"{m.schema}.{m.name}": str(m.meta["event_time"]) for m in known if "event_time" in m.meta
    }


def newest_event(
    project: Project, tables: Iterable[SnapshotTable], *, until: datetime
) -> datetime | None:
    """When what the candidates' marts tell of happened last; None if none of them says.

    What is to come (a day that a subscription is paid for) has not happened.

    Raises:
        LakeError: there are no candidates.
    """
    columns = _event_columns(project)
    con = open_zone(project, "candidate")
    try:
        con.execute("set TimeZone = 'UTC'")
        found = [
            _newest_row(
                project,
                con.execute,
                identifier(table.schema, table.name),
                table,
                columns.get(f"{table.schema}.{table.name}"),
            )[0]
            for table in tables
        ]
    finally:
        con.close()
    return max((at for at in found if at is not None and at <= until), default=None)


def _newest_row(
    project: Project,
    ask: Callable[[str], Any],
    relation: str,
    table: SnapshotTable,
    declared: str | None,
) -> Newest:
    column = declared or project.settings.performance.partitioning.default_field
    if declared is None and table.name.startswith("dim_"):
        return None, "a dimension: nothing needs to happen in it"
    if not table.columns.get(column, "").startswith(TIMES):
        return None, "has no event column; its model's meta can name one: event_time"
    with translate_errors():
        row = ask(f"select max({identifier(column)}) as newest from {relation}").fetchone()
    if row is None or row[0] is None:
        return None, f"{column} is null in every row"
    newest = row[0]
    if not isinstance(newest, datetime):
        newest = datetime(newest.year, newest.month, newest.day, tzinfo=UTC)
    return (newest if newest.tzinfo else newest.replace(tzinfo=UTC)).astimezone(UTC), column
