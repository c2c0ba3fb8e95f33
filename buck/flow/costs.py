"""What tables take and what runs spend, from the lake's own logs and the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from buck.flow.lake_access import open_lake
from buck.flow.lineage import Lineage, read_lineage
from buck.flow.saving import find_savings
from buck.flow.upkeep import find_merges, measure_usage
from buck.ledger import new_objects, read_object
from buck.project import Project
from buck.records.build import ModelFacts
from buck.records.cost import Builds, CostReport, ModelCost, StepCost
from buck.records.run import Event, Status
from buck.records.upkeep import Usage

DONE = (Status.OK, Status.DEGRADED, Status.FAILED)
"""Of steps that took time; one that was kept or blocked was not done."""


def measure_costs(project: Project, *, days: int) -> CostReport:
    """Bytes per table with their growth, time per model and step, and what would cost less.

    Nothing is estimated: what neither the lake nor the ledger has recorded is not there.

    Raises:
        LakeDamaged, LedgerError: a log, a snapshot's manifest or the ledger cannot be read.
    """
    usage = measure_usage(project, days=days)
    storage = open_lake(project).storage
    names = new_objects(storage, (), since=usage.since.date()) if usage.tables else []
    events = [e for name in names for e in read_object(storage, name) if e.at >= usage.since]
    lineage = read_lineage(project)
    report = CostReport(
        usage,
        tuple(_models(events, lineage, _sizes(project, usage, lineage))),
        tuple(_steps(events)),
        _builds(events),
    )
    savings = find_savings(report, find_merges(project), project.settings.performance)
    return CostReport(report.usage, report.models, report.steps, report.builds, tuple(savings))


def _models(events: Iterable[Event], lineage: Lineage, sizes: Mapping[str, int]) -> list[ModelCost]:
    """Models by the time they took; a build that failed is none."""
    spent: dict[str, list[float]] = {}
    for event in events:
        if event.kind == "model_built" and event.status == Status.OK:
            spent.setdefault(str(event.facts["model"]), []).append(float(event.facts["seconds"]))
    known = {model.name: model for model in lineage.models}
    found = [
        ModelCost(
            model=name,
            materialized=known[name].materialized if name in known else "",
            builds=len(seconds),
            seconds=round(sum(seconds), 3),
            longest_seconds=max(seconds),
            last_seconds=seconds[-1],
            reads_bytes=_read_by(known[name], lineage, sizes) if name in known else None,
        )
        for name, seconds in spent.items()
    ]
    return sorted(found, key=lambda model: (-model.seconds, model.model))


def _steps(events: Iterable[Event]) -> list[StepCost]:
    """Steps by the time they took; the parts of a backfill are one."""
    spent: dict[str, list[float]] = {}
    for event in events:
        if event.kind == "step_finished" and event.status in DONE:
            source = event.facts.get("source")
            step = f"land {source}" if source else event.step
            spent.setdefault(step, []).append(float(event.facts["seconds"]))
    found = [StepCost(s, len(t), round(sum(t), 3), max(t)) for s, t in spent.items()]
    return sorted(found, key=lambda step: (-step.seconds, step.step))


def _builds(events: Iterable[Event]) -> Builds:
    told = [bool(e.facts["from_scratch"]) for e in events if "from_scratch" in e.facts]
    return Builds(len(told), sum(told))


def _sizes(project: Project, usage: Usage, lineage: Lineage) -> dict[str, int]:
    """Bytes by the unique id of a node: raw tables, published marts, seeds."""
    sizes = {(table.layer, table.table): table.size_bytes for table in usage.tables}
    found: dict[str, int] = {}
    for model in lineage.models:
        published = sizes.get(("marts", f"{model.schema}.{model.name}"))
        if published is not None:
            found[model.unique_id] = published
        file = project.transform_dir / model.file
        if model.materialized == "seed" and file.is_file():
            found[model.unique_id] = file.stat().st_size
        for parent in model.depends_on:
            # `source.PROJECT.SOURCE.TABLE`
            table = parent.split(".", 2)[-1] if parent.startswith("source.") else ""
            if ("raw", table) in sizes:
                found[parent] = sizes["raw", table]
    return found


def _read_by(model: ModelFacts, lineage: Lineage, sizes: Mapping[str, int]) -> int | None:
    """Bytes that a build from scratch scans, views on the way looked through."""
    if not _is_stored(model) or not model.depends_on:
        return None
    by_id = {known.unique_id: known for known in lineage.models}
    waiting, seen, total = list(model.depends_on), set[str](), 0
    while waiting:
        parent = waiting.pop()
        if parent in seen:
            continue
        seen.add(parent)
        above = by_id.get(parent)
        if above and not _is_stored(above):
            waiting += above.depends_on
        elif parent in sizes:
            total += sizes[parent]
        else:
            return None
    return total


def _is_stored(model: ModelFacts) -> bool:
    return model.materialized not in ("view", "ephemeral")
