"""The other side of a promotion, opened: one snapshot here, one warehouse there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from buck.engine import Rows, connect, translate_errors
from buck.errors import ConfigError, TransformError, WarehouseError
from buck.flow.building import workspace
from buck.flow.lake_access import open_lake, pin_versions
from buck.flow.landing import declared_tables
from buck.flow.rebuilding import changed_models
from buck.lake import Lake, RawPin, SnapshotStore
from buck.names import TableRef
from buck.project import Project
from buck.records.promotion import PlannedLoad, RawLoad
from buck.records.snapshot import Snapshot

if TYPE_CHECKING:
    from buck.engine.types import Connection
    from buck.transform import DbtWorkspace
    from buck.warehouses import Promotions, Warehouse

SEQUENCE = "_buck_seq"
SAMPLE_ROWS = 500


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a raw table lacks there: which rows, and the record that will go with them."""

    pin: RawPin
    entry: RawLoad
    is_whole: bool
    select_sql: str


@dataclass(slots=True)
class PromotionSide:
    """Everything a promotion works with. Made by `open_side`."""

    project: Project
    lake: Lake
    snapshot: Snapshot
    target: str
    settings: Mapping[str, Any] = field(repr=False)
    space: DbtWorkspace
    raw_schema: str
    warehouse: Warehouse
    promotions: Promotions
    _stretches: list[Stretch] | None = None

    @property
    def prefix(self) -> str:
        """Before every schema of this environment there."""
        return self.project.settings.warehouse.schema_prefix

    @property
    def build_prefix(self) -> str:
        """Before the private schemas in which models are built there."""
        return f"{self.prefix}buck_build_"

    @property
    def models_digest(self) -> str:
        """Names the code of all models and the lake they read."""
        content = [dict(sorted(self.snapshot.model_hashes.items())), self.lake.identity]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]

    def stretches(self) -> list[Stretch]:
        """What each raw table lacked there when this was first asked, in order of names."""
        if self._stretches is None:
            declared = declared_tables(self.project)
            pins = pin_versions(self.project, self.lake, self.snapshot.lake_versions, declared)
            known = self.promotions.loads()
            with closing(connect(work=self.project.work)) as con:
                found = [
                    self._stretch(con, pin, known.get(self.raw_name(pin)))
                    for pin in sorted(pins, key=lambda pin: str(pin.table))
                ]
            self._stretches = [stretch for stretch in found if stretch is not None]
        return self._stretches

    def planned(self, con: Connection, stretch: Stretch) -> PlannedLoad:
        """How much a stretch is; bytes are estimated from some of its rows."""
        entry = stretch.entry
        width = Rows(stretch.pin.columns, stretch.select_sql, con).average_width(SAMPLE_ROWS)
        return PlannedLoad(
            entry.table, entry.version, entry.rows, round(width * entry.rows), stretch.is_whole
        )

    def raw_name(self, pin: RawPin) -> str:
        """A raw table's schema and name there."""
        return f"{self.raw_schema}.{pin.table.ref.name}"

    def _stretch(self, con: Connection, pin: RawPin, known: RawLoad | None) -> Stretch | None:
        if known is not None and known.version == pin.version:
            return None
        has_sequence = SEQUENCE in pin.columns
        is_whole = (
            known is None
            or not has_sequence
            # After a rollback here, rows are there that the snapshot does not have.
            or known.version > pin.version
        )
        after = 0 if is_whole or known is None else known.until
        select = f"select * from ({pin.select_sql})"
        if after:
            select += f" where {SEQUENCE} > {after}"
        until = f"coalesce(max({SEQUENCE}), {after})" if has_sequence else "0"
        with translate_errors():
            row = con.execute(f"select count(*), {until} from ({select})").fetchone()
        assert row is not None
        entry = RawLoad(self.raw_name(pin), pin.version, after, int(row[1]), int(row[0]))
        return Stretch(pin, entry, is_whole, select)


@contextmanager
def open_side(project: Project, target: str | None, number: int | None) -> Iterator[PromotionSide]:
    """The published snapshot, or the one of that number, and the warehouse of a target.

    Raises:
        ConfigError: no target was named, or nothing can be promoted into its kind of warehouse;
            nothing is published, or the snapshot is not kept.
        TransformError: models were edited since the snapshot was published.
        WarehouseError: the snapshot leaves rows out, or the warehouse does not answer.
        WarehouseLocked: another promotion is under way there.
    """
    from buck.transform import project_variable, read_target, require_adapter
    from buck.warehouses import open_promotions, open_warehouse, require_promotable

    target = choose_target(project, target)
    settings = read_target(
        workspace(project, project.as_of(), target=target), env=project.variables
    )
    require_promotable(target, settings)
    require_adapter(settings)
    lake = open_lake(project)
    snapshot = read_snapshot(SnapshotStore(lake.storage), number)
    _refuse_held(snapshot)
    _refuse_edited(project, snapshot)
    prefix = project.settings.warehouse.schema_prefix
    space = workspace(project, snapshot.as_of, target=target)
    raw_schema = str(project_variable(space, "raw_schema") or "raw")
    variables = {"schema_prefix": f"{prefix}buck_build_", "raw_schema": f"{prefix}{raw_schema}"}
    space = replace(
        space,
        vars={**space.vars, **variables},
        # A parsed project of its own: other schemas are other code to dbt.
        target_path=space.target_path.with_name(f"{target}-promotion"),
    )
    with closing(open_warehouse(target, settings)) as warehouse:
        promotions = open_promotions(warehouse, prefix=prefix)
        _refuse_other_lake(promotions, lake, target)
        yield PromotionSide(
            project,
            lake,
            snapshot,
            target,
            settings,
            space,
            f"{prefix}{raw_schema}",
            warehouse,
            promotions,
        )


def choose_target(project: Project, target: str | None) -> str:
    """The target that is meant: the named one, or that of an environment named on purpose.

    Raises:
        ConfigError: neither was named.
    """
    kind = project.settings.warehouse.type
    chosen = target or (kind if project.environment != "dev" else None)
    if chosen is None or chosen == "duckdb":
        raise ConfigError(
            "which warehouse is meant?",
            hint="buck promote --target postgres, or buck --env prod promote with a warehouse.type",
        )
    return chosen


def refuse_over_published(project: Project, target: str, settings: Mapping[str, object]) -> None:
    """Keep a build by hand from replacing marts that readers of a warehouse rely on.

    Args:
        project: The project.
        target: The target's name.
        settings: What profiles.yml says of it.

    Raises:
        WarehouseError: a promotion is published in the schemas that it would build into.
    """
    from buck.warehouses import PROMOTABLE, open_promotions, open_warehouse

    if (settings.get("type") or target) not in PROMOTABLE:
        return
    prefix = project.settings.warehouse.schema_prefix
    with closing(open_warehouse(target, settings)) as warehouse:
        current = open_promotions(warehouse, prefix=prefix).current()
    if current is not None and not prefix:
        raise WarehouseError(
            f"readers of {target} see promotion {current.id} in the schemas that this would build",
            hint=f"buck promote --target {target}, or build elsewhere: "
            "--vars '{schema_prefix: dev_}'",
        )


def built_tables(side: PromotionSide) -> dict[TableRef, TableRef]:
    """Each mart of the snapshot, and the private table there that its model builds."""
    return {
        TableRef(table.schema, table.name): TableRef(side.build_prefix + table.schema, table.name)
        for table in side.snapshot.tables
    }


def build_schemas(side: PromotionSide) -> list[str]:
    """The private schemas of a build there."""
    from buck.transform import ensure_parsed, models

    ensure_parsed(side.space)
    return sorted({m.schema for m in models(side.space.target_path)})


def read_snapshot(store: SnapshotStore, number: int | None) -> Snapshot:
    """The snapshot of that number, or the published one.

    Raises:
        ConfigError: there is none.
    """
    if number is not None:
        return store.find(number)
    current = store.current()
    if current is None:
        raise ConfigError("nothing is published yet, so nothing can be promoted", hint="buck run")
    return current


def _refuse_held(snapshot: Snapshot) -> None:
    """Models there know nothing of rows that were taken out of a copy here."""
    if snapshot.held:
        held = ", ".join(f"{one['rows']} rows of {mart}" for mart, one in snapshot.held.items())
        raise WarehouseError(
            f"snapshot {snapshot.id} leaves {held} out, which a build there would not",
            hint="buck quarantine list; release or repair them, buck run, and promote again",
        )


def _refuse_other_lake(promotions: Promotions, lake: Lake, target: str) -> None:
    there = promotions.lake()
    if there is not None and there != lake.identity:
        raise WarehouseError(
            f"the raw tables in {target} are of another lake ({there[:8]}, this one is "
            f"{lake.identity[:8]})",
            hint="name another database, or set warehouse.schema_prefix in .buck.yml",
        )


def _refuse_edited(project: Project, snapshot: Snapshot) -> None:
    changed = changed_models(workspace(project, snapshot.as_of), snapshot)
    if changed:
        commit = f", or check out commit {snapshot.git}" if snapshot.git else ""
        raise TransformError(
            f"{len(changed)} models are not those of snapshot {snapshot.id}: "
            f"{', '.join(changed[:5])}",
            hint=f"buck run{commit}",
        )
