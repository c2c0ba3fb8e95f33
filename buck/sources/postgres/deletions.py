"""Rows that are gone from a PostgreSQL table, found by comparing all keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buck.engine import postgres_errors, translate_errors
from buck.engine.columns import parquet_scan
from buck.names import identifier, literal
from buck.sources.deletions import is_suspicious
from buck.sources.load import SEQUENCE_SHIFT, TableLoad
from buck.sources.postgres.catalog import Described
from buck.sources.postgres.extract import ALIAS, RowFile, bounded, own_types, written_files

if TYPE_CHECKING:
    from buck.engine.types import Connection


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many rows the lake holds that the table no longer has, of how many."""

    gone: int
    known: int

    def is_suspicious(self, max_share: float) -> bool:
        """Whether that looks like an emptied or half-read table rather than like work."""
        return is_suspicious(self.gone, self.known, max_share=max_share)


def compare_keys(
    con: Connection,
    described: Described,
    table: TableLoad,
    *,
    schema: str,
    read: Sequence[RowFile] | None,
) -> Comparison:
    """Find every key that the lake has and the table no longer; they wait in `gone`.

    The table's keys are held in memory (spilled beyond the connection's limit), the lake's stream
    by: only keys that the table lacks are looked at more closely.

    Args:
        con: A connection with the database attached.
        described: The table.
        table: Its part of the load.
        schema: Where it is in PostgreSQL.
        read: The files of this load if they hold the whole table, which saves asking again.
    """
    spec = described.spec
    keys = ", ".join(identifier(k) for k in spec.key)
    there = f"({_present_keys(described, schema=schema, read=read)})"
    with postgres_errors(spec.source):
        con.execute(f"create or replace temp table there as select {keys} from {there}")
    # What fails here is the lake's: a raw file that is lost or damaged.
    with translate_errors():
        con.execute(
            f"""
            create or replace temp table gone as
            select {keys} from ({table.key_history_sql()}) anti join there using ({keys})
            group by {keys} having arg_max(_buck_op, _buck_seq) <> 'd'
            """
        )
    gone, present = _count(con, "gone"), _count(con, "there")
    con.execute("drop table there")
    return Comparison(gone, present + gone)


def write_tombstones(
    con: Connection, described: Described, table: TableLoad, *, folder: Path
) -> list[RowFile]:
    """Write a deleted version of every key in `gone`, in the order of the keys."""
    spec = described.spec
    types = own_types(described)
    own = ", ".join(
        f"cast({identifier(n) if n in spec.key else 'null'} as {t}) as {identifier(n)}"
        for n, t in types.items()
    )
    keys = ", ".join(identifier(k) for k in spec.key)
    first = (table.sequence << SEQUENCE_SHIFT) + table.received
    folder.mkdir()
    file = folder / "gone.parquet"
    con.execute(
        f"""
        copy (
            select {own},
                {literal(table.load_id)} as _buck_load_id,
                {literal(table.as_of)} as _buck_observed_at,
                'd' as _buck_op,
                {literal(table.as_of)} as _buck_source_ts,
                cast({first} + row_number() over (order by {keys}) - 1 as bigint) as _buck_seq,
                cast(hash({keys}) >> 1 as bigint) as _buck_row_hash
            from gone
        ) to {literal(str(file))} (format parquet, compression zstd)
        """
    )
    files = written_files(folder)
    table.next_seq(sum(file.rows for file in files))
    return files


def _present_keys(described: Described, *, schema: str, read: Sequence[RowFile] | None) -> str:
    """A SELECT over the keys that the table has now."""
    spec = described.spec
    if read is not None:
        return f"select * from {parquet_scan(tuple(str(file.path) for file in read))}"
    # Through the same expressions as the rows: a key must look the same on both sides.
    types = own_types(described)
    typed = ", ".join(f"{bounded(k, types[k])} as {identifier(k)}" for k in spec.key)
    if described.scannable.issuperset(spec.key):
        return f"select {typed} from {identifier(ALIAS, schema, spec.name)}"
    selects = ", ".join(described.select(k) for k in spec.key)
    query = f"select {selects} from {identifier(schema, spec.name)}"
    return f"select {typed} from postgres_query({literal(ALIAS)}, {literal(query)})"


def _count(con: Connection, table: str) -> int:
    row = con.execute(f"select count(*) from {identifier(table)}").fetchone()
    return int(row[0]) if row else 0
