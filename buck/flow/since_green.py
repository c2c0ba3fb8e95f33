"""What differs from the last run that published: rows, columns, code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from buck.errors import LakeDamaged, TransformError
from buck.flow.lineage import Lineage
from buck.lake import SnapshotStore
from buck.names import identifier
from buck.project import Project
from buck.records.check_card import Changes
from buck.records.run import Event

if TYPE_CHECKING:
    from buck.engine.types import Connection
    from buck.lake import Lake
    from buck.records.build import ModelFacts
    from buck.records.snapshot import Snapshot


def last_green(events: Sequence[Event], run_id: str) -> Event | None:
    """The last publish by the gate before a run; an override is not green."""
    found = [e for e in events if e.kind == "published" and e.status == "ok" and e.run_id < run_id]
    return found[-1] if found else None


def read_changes(
    project: Project,
    lake: Lake,
    events: Sequence[Event],
    run_id: str,
    *,
    about: Sequence[ModelFacts],
    raw_tables: Collection[str],
    lineage: Lineage,
    candidates: Connection | None,
) -> Changes:
    """What changed in the marts, raw tables and models concerned, up to a run.

    Args:
        project: The project.
        lake: Its lake.
        events: The ledger's, long enough ago to hold the last green run.
        run_id: The run that is explained.
        about: The models whose rows are compared.
        raw_tables: `stripe.charges` and so on, above the check's table.
        lineage: The models' graph.
        candidates: What the run built, if it is still there.
    """
    green = last_green(events, run_id)
    snapshot = _snapshot(lake, green)
    if green is None or snapshot is None:
        return Changes()
    after = [e for e in events if green.run_id < e.run_id <= run_id]
    code = _models(project, snapshot, about, lineage)
    if code:
        code += _settings(_start(events, green.run_id), _start(events, run_id))
    rows = _grown(snapshot, about, candidates) + _landed(after, raw_tables)
    return Changes(
        run_id=green.run_id,
        snapshot=snapshot.id,
        as_of=snapshot.as_of.isoformat(),
        rows=tuple(rows),
        schema=tuple(_schema(after, raw_tables)),
        code=tuple(code),
    )


def rows_landed(
    events: Sequence[Event], changes: Changes, run_id: str, raw: Collection[str]
) -> int:
    """How many rows were landed in these raw tables since the last green run."""
    after = [e for e in events if changes.run_id < e.run_id <= run_id]
    return sum(_counts(after, raw).values())


def _snapshot(lake: Lake, green: Event | None) -> Snapshot | None:
    if green is None:
        return None
    try:
        return SnapshotStore(lake.storage).read(int(green.facts["snapshot"]))
    except LakeDamaged:
        return None  # no longer kept


def _grown(
    snapshot: Snapshot, about: Sequence[ModelFacts], candidates: Connection | None
) -> list[str]:
    published = {(t.schema, t.name): t.rows for t in snapshot.tables}
    found = []
    for model in about:
        before = published.get((model.schema, model.name))
        if before is None or candidates is None:
            continue
        row = candidates.execute(
            f"select count(*) from {identifier(model.schema, model.name)}"
        ).fetchone()
        if row and row[0] != before:
            found.append(f"{model.schema}.{model.name}: {before} → {row[0]} rows")
    return found


def _landed(after: Sequence[Event], raw_tables: Collection[str]) -> list[str]:
    return [
        f"{t}: {n} {'row' if n == 1 else 'rows'} landed"
        for t, n in sorted(_counts(after, raw_tables).items())
        if n
    ]


def _counts(after: Sequence[Event], raw_tables: Collection[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for event in after:
        if event.kind == "table_landed" and event.facts.get("table") in raw_tables:
            counts[str(event.facts["table"])] += int(event.facts.get("rows_landed") or 0)
    return counts


def _schema(after: Sequence[Event], raw_tables: Collection[str]) -> list[str]:
    found = []
    for event in after:
        if event.kind == "schema_changed" and event.facts.get("table") in raw_tables:
            told = ", ".join(f"{k}={v}" for k, v in event.facts.items() if k != "table" and v)
            found.append(f"{event.facts['table']}: {told}")
    return found


def _models(
    project: Project, snapshot: Snapshot, about: Sequence[ModelFacts], lineage: Lineage
) -> list[str]:
    from buck.transform import model_hashes

    try:
        hashes = model_hashes(project.work / "dbt" / "target")
    except TransformError:
        return []
    ids = [m.unique_id for m in about]
    concerned = {u.rsplit(".", 1)[-1] for u in (*ids, *lineage.above(ids))}
    return [
        f"model {name} {'changed' if name in snapshot.model_hashes else 'is new'}"
        for name, hash_ in sorted(hashes.items())
        if name in concerned and snapshot.model_hashes.get(name) != hash_
    ]


def _settings(before: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    return [
        f"{word} {before.get(fact) or '-'} → {now.get(fact) or '-'}"
        for fact, word in (("git", "commit"), ("config", "configuration"))
        if before.get(fact) != now.get(fact)
    ]


def _start(events: Sequence[Event], run_id: str) -> Mapping[str, object]:
    return next((e.facts for e in events if e.run_id == run_id and e.kind == "run_started"), {})
