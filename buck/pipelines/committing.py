"""From what a source gave to what the lake has: table by table, with nothing unaccounted for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from buck.engine.columns import changed_types
from buck.errors import ConfigError, LakeError, SourceChanged, SourceError
from buck.records.load import Incident, LoadRules, OpenedTable, TableReport
from buck.records.quarantine import HeldRecord
from buck.records.table import TableSpec
from buck.sources.arrow import spec_schema
from buck.sources.load import Load, TableLoad

if TYPE_CHECKING:
    import pyarrow as pa

MergeSchema = Callable[[Sequence[Path], "pa.Schema"], "pa.Schema"]


class Lander(Protocol):
    """What the driver needs of the lake."""

    scratch: Path

    def open(self, spec: TableSpec) -> OpenedTable:
        """Where the table stands."""

    def known_keys(self, spec: TableSpec) -> pa.Table:
        """The keys the lake holds."""

    def known_hashes(self, spec: TableSpec, keys: pa.Table) -> pa.Table:
        """Hashes of keys' newest versions."""

    def key_history_sql(self, spec: TableSpec) -> str:
        """A SELECT over all versions' keys."""

    def commit(
        self,
        spec: TableSpec,
        files: Sequence[Path],
        *,
        schema: pa.Schema,
        marks: Mapping[str, int],
        held: Sequence[HeldRecord] = (),
    ) -> TableReport:
        """Hold back what does not fit, add rows and move marks."""


@dataclass(slots=True)
class Committed:
    """What became of a load's tables."""

    reports: list[TableReport] = field(default_factory=list)
    exceeded: dict[str, str] = field(default_factory=dict)
    """Tables of which too much was held back, with the figures."""
    incidents: list[Incident] = field(default_factory=list)
    """About tables that were left out; the others' are in their reports."""

    def leave_out(self, table: TableLoad, reason: str) -> None:
        """Keep what a table that does not land has to tell."""
        table.incident("left_out", detail=reason)
        self.incidents += table.incidents


def commit_tables(
    load: Load,
    files: Mapping[str, list[Path]],
    lander: Lander,
    *,
    rules: LoadRules,
    merge_schema: MergeSchema,
    on_table: Callable[[TableReport], None],
) -> Committed:
    """Commit what the tables of a load got, in the order they were opened.

    A table that its contract refuses is added to `load.skipped`; the others go on.

    Raises:
        SourceError: rows were lost between the source and the lake; that table and those after it
            were not committed.
    """
    _refuse_unknown(load, rules)
    if load.wanted and not load.has_asked:
        raise ConfigError(
            f"the source {load.source} cannot read a range: it does not look at `load.span`",
            hint="leave it out of the pipeline, or let its file read `current_load().span`",
        )
    done = Committed()
    for name, table in load.tables.items():
        if table.refusal:
            load.skip(table.spec, table.refusal)
        if name in load.skipped:
            done.leave_out(table, load.skipped[name])
        if name in load.skipped or name in load.notes or not load.wants(name):
            continue
        own = files.get(name, [])
        _assert_arrived(table, own)
        table.conclude()
        try:
            report = lander.commit(
                table.spec,
                own,
                schema=merge_schema(own, spec_schema(table.spec)),
                # A range says nothing about how far the source was read.
                marks={} if load.wanted else table.marks,
                held=table.held,
            )
        except SourceChanged as exc:
            load.skip(table.spec, f"{exc.what}; {exc.hint}" if exc.hint else exc.what)
            done.leave_out(table, exc.what)
            continue
        report = replace(
            report,
            incidents=(*table.incidents, *report.incidents),
            metrics=dict(table.metrics),
        )
        _assert_accounted(report)
        if rules.is_exceeded(held=report.rows_pending, received=report.rows_received):
            done.exceeded[name] = (
                f"{report.rows_pending} of {report.rows_received} records are held back; "
                f"see `buck quarantine list --table {name}`"
            )
        done.reports.append(report)
        on_table(report)
    return done


def refuse_changed(table: TableLoad, types: Mapping[str, str]) -> None:
    """Leave a table out whose declared types are not those of the lake, if its contract says so.

    Before anything is read: a source may then spare itself the reading. A key keeps its type under
    every contract.

    Args:
        table: The table, just opened.
        types: Column name to DuckDB type, as the lake has them.
    """
    spec = table.spec
    for name, (before, now) in changed_types(types, spec_schema(spec)).items():
        if spec.contract == "freeze" or name in spec.key:
            table.refuse(f"{name} was {before} and is now {now}")


def _refuse_unknown(load: Load, rules: LoadRules) -> None:
    """A contract for a table that does not exist is a slip of the pen that nobody would notice."""
    known = sorted({*load.tables, *load.skipped, *load.notes})
    # A source need not open tables that are not wanted.
    contracts = () if rules.only else rules.contracts
    named = dict.fromkeys(contracts, f"sources.{load.source}.contracts names")
    named |= dict.fromkeys(sorted(rules.only), f"--table names, of {load.source},")
    for name, where in named.items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"its tables: {', '.join(known)}" if known else "see the pipeline's file"
            raise ConfigError(
                f"{where} {name!r}, which is no table of it",
                hint=f"did you mean {near[0]}?" if near else hint,
            )


def _assert_arrived(table: TableLoad, files: Sequence[Path]) -> None:
    """What the source made rows of must be in the files, or held back."""
    import pyarrow.parquet as pq

    arrived = sum(int(pq.read_metadata(f).num_rows) for f in files) + len(table.held)
    if arrived != table.received:
        raise SourceError(
            f"{table.spec.source}.{table.spec.name} made {table.received} rows, {arrived} arrived",
            hint="yield every table that `table.arrow(...)` gives, once and unfiltered",
        )


def _assert_accounted(report: TableReport) -> None:
    """Received = landed + unchanged + quarantined."""
    told = report.rows_landed + report.rows_unchanged + report.rows_quarantined
    if told != report.rows_received or report.rows_unchanged < 0:
        raise LakeError(
            f"{report.table} received {report.rows_received} records and accounts for {told}: "
            f"{report.rows_landed} landed, {report.rows_unchanged} unchanged, "
            f"{report.rows_quarantined} quarantined",
            hint="please report this with lake/data_pipeline_logs",
        )
