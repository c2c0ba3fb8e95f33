"""What a promotion would do, said before anything is written."""

from __future__ import annotations

from contextlib import closing

from buck.engine import connect
from buck.flow.promotion_side import PromotionSide, open_side
from buck.project import Project
from buck.records.promotion import PlannedLoad, Promotion, PromotionPlan
from buck.records.snapshot import Snapshot

BYTES_PER_TB = 10**12


def plan_promotion(
    project: Project, target: str | None, *, snapshot: int | None = None
) -> PromotionPlan:
    """What `promote` would send, build and change; the warehouse is only asked.

    Raises:
        ConfigError, TransformError, WarehouseError, WarehouseLocked: see `open_side`.
    """
    with open_side(project, target, snapshot) as side:
        return make_plan(side, with_findings=True)


def make_plan(side: PromotionSide, *, with_findings: bool) -> PromotionPlan:
    """See `plan_promotion`. Findings of `buck portability` take seconds."""
    snapshot, before = side.snapshot, side.promotions.current()
    with closing(connect(work=side.project.work)) as con:
        loads = tuple(side.planned(con, stretch) for stretch in side.stretches())
    models = dict(before.model_hashes) if before else {}
    present = snapshot.model_hashes
    added, dropped = _columns(before, snapshot)
    hashes = {t.label: t.content_hash for t in before.tables} if before else {}
    scanned = _bytes_scanned(side, loads)
    price = side.project.settings.warehouse.price_per_tb
    return PromotionPlan(
        target=side.target,
        snapshot=snapshot.id,
        loads=loads,
        models_new=tuple(sorted(present.keys() - models.keys())),
        models_changed=tuple(
            sorted(n for n in present.keys() & models.keys() if present[n] != models[n])
        ),
        models_removed=tuple(sorted(models.keys() - present.keys())),
        marts_changed=tuple(
            sorted(
                label
                for t in snapshot.tables
                if hashes.get(label := f"{t.schema}.{t.name}") != t.content_hash
            )
        ),
        columns_added=added,
        columns_dropped=dropped,
        bytes_scanned=scanned,
        cost=round(scanned / BYTES_PER_TB * price, 4) if price is not None else None,
        currency=side.project.settings.warehouse.currency,
        findings=_findings(side) if with_findings else (),
        is_current=before is not None
        and (before.snapshot, before.lake) == (snapshot.id, side.lake.identity),
    )


def _columns(
    before: Promotion | None, snapshot: Snapshot
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns of marts that are new there, and those that would go, as `schema.table.column`."""
    old = {
        t.label: {f"{t.label}.{column}" for column in t.columns}
        for t in (before.tables if before else ())
    }
    new = {
        label: {f"{label}.{column}" for column in t.columns}
        for t in snapshot.tables
        if (label := f"{t.schema}.{t.name}") in old
    }
    added = {column for label, columns in new.items() for column in columns - old[label]}
    dropped = {
        column for label, columns in old.items() for column in columns - new.get(label, set())
    }
    return tuple(sorted(added)), tuple(sorted(dropped))


def _bytes_scanned(side: PromotionSide, loads: tuple[PlannedLoad, ...]) -> int:
    """What building reads at least: every raw table once, by the size of its rows."""
    known = side.promotions.loads()
    widths = {load.table: load.bytes / load.rows for load in loads if load.rows}
    usual = sum(widths.values()) / len(widths) if widths else 0.0
    rows = {load.table: load.rows for load in loads}
    for table, entry in known.items():
        rows[table] = rows.get(table, 0) + entry.until
    return round(sum(count * widths.get(table, usual) for table, count in rows.items()))


def _findings(side: PromotionSide) -> tuple[str, ...]:
    from buck.flow.portability import check_models

    report = check_models(side.project, targets=[side.target])
    return tuple(f"{f.file}:{f.line}: {f.differs}" for f in report.findings)
