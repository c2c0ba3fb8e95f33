"""Rows of marts that checks hold back: found in candidates, kept in the lake, left out of marts.

A held row is known by its key and its content. Which rows are out follows from the quarantine's
log alone: those whose present state is pending or dropped. The same log at the same version takes
the same rows out of the same candidates, in a run and when the snapshot is built again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import orjson

from buck.engine import translate_errors
from buck.errors import LakeDamaged
from buck.names import RawTable, TableRef, identifier, literal
from buck.records.quarantine import HeldRecord, HeldStatus, held_id

if TYPE_CHECKING:
    from buck.engine.types import Connection
    from buck.lake.lake import Lake

SOURCE = "marts"
"""What the quarantine calls the source of such rows."""
OUT = (HeldStatus.PENDING, HeldStatus.DROPPED)


@dataclass(frozen=True, slots=True)
class Taken:
    """The identity of one mart: `rows_before` candidates are `rows_left` and `rows_held`."""

    rows_before: int
    rows_left: int
    rows_held: int


def quarantine_of(mart: TableRef) -> RawTable:
    """Where a mart's held rows lie."""
    return RawTable(SOURCE, str(mart))


def held_marts(lake: Lake) -> list[TableRef]:
    """Marts of which rows were ever held."""
    return [TableRef.parse(name) for name in lake.storage.folders(f"quarantine/{SOURCE}")]


def held_versions(lake: Lake) -> dict[str, int]:
    """Mart to the version of its quarantine: it changes with every row held and every decision."""
    found = {
        str(m): lake.quarantine.log(quarantine_of(m)).state().version for m in held_marts(lake)
    }
    return {name: version for name, version in found.items() if version >= 0}


def failing_rows(
    con: Connection, mart: TableRef, key: Sequence[str], sql: str
) -> Iterator[tuple[str, str]]:
    """Key and content, as JSON, of every row of a mart whose key a check's query names.

    Args:
        con: To the candidates.
        mart: Whose rows.
        key: The columns that name a row.
        sql: The check's query; it gives at least those columns.
    """
    keys = ", ".join(identifier(c) for c in key)
    con.execute(f"create or replace temp table failing as select distinct {keys} from (\n{sql}\n)")
    matches = " and ".join(
        f"t.{identifier(c)} is not distinct from failing.{identifier(c)}" for c in key
    )
    rows = con.execute(
        f"select {_key_json('t', key)}, cast(to_json(t) as varchar) from {mart.sql} as t "
        f"where exists (select 1 from failing where {matches}) order by all"
    ).fetchall()
    yield from ((str(k), str(raw)) for k, raw in rows)


def held_row_id(mart: TableRef, raw: str, *, check: str) -> str:
    """The id of a row that a check holds: the same content always has the same one."""
    return held_id(SOURCE, f"{mart}\0{check}", op="r", raw=raw.encode())


def as_record(
    mart: TableRef, key: str, raw: str, *, check: str, reason: str, run_id: str, at: datetime
) -> HeldRecord:
    """A row that a check holds; the same row held by the same check is the same record."""
    return HeldRecord(
        id=held_row_id(mart, raw, check=check),
        source=SOURCE,
        table=str(mart),
        key=key,
        stage="check",
        rule=check,
        reason=reason,
        raw=raw.encode(),
        load_id=run_id,
        observed_at=at,
        op="r",
    )


def rows_out(lake: Lake, mart: TableRef, version: int) -> list[HeldRecord]:
    """The rows that are left out of a mart, by its quarantine as of a version."""
    held = lake.quarantine.read_at(quarantine_of(mart), version)
    return [record for record in held if record.status in OUT]


def take_out(
    con: Connection, mart: TableRef, key: Sequence[str], out: Sequence[HeldRecord]
) -> Taken:
    """Delete held rows from a copy of the candidates.

    A row goes if both its key and its content are those of a record: when the source has repaired
    it, it is another row.

    Raises:
        LakeDamaged: rows left and rows held are not the rows there were.
    """
    with translate_errors():
        before = _fingerprint(con, mart.sql)
        con.execute("create or replace temp table out_rows (key varchar, raw varchar)")
        pairs = sorted({(r.key, r.raw.decode()) for r in out if _names(r.key, key)})
        if pairs:
            con.executemany("insert into out_rows values (?, ?)", pairs)
        columns = ", ".join(
            f"cast(json_extract_string(key, {literal('$.' + orjson.dumps(c).decode())}) as "
            f"{_type(con, mart, c)}) as {identifier(c)}"
            for c in key
        )
        con.execute(
            f"create or replace temp table out_keys as select distinct {columns} from out_rows"
        )
        matches = " and ".join(
            f"t.{identifier(c)} is not distinct from k.{identifier(c)}" for c in key
        )
        con.execute(
            "create or replace temp table suspects as select t.rowid as place, "
            f"cast(to_json(t) as varchar) as raw from {mart.sql} as t "
            f"where exists (select 1 from out_keys as k where {matches})"
        )
        found = "select place from suspects where raw in (select raw from out_rows)"
        held = _fingerprint(con, f"(select * from {mart.sql} where rowid in ({found}))")
        con.execute(f"delete from {mart.sql} where rowid in ({found})")
        left = _fingerprint(con, mart.sql)
    if (left[0] + held[0], (left[1] + held[1]) % 2**64) != (before[0], before[1] % 2**64):
        raise LakeDamaged(
            f"{mart}: {before[0]} candidates are not {left[0]} published and {held[0]} held",
            hint="buck run --full-refresh",
        )
    return Taken(before[0], left[0], held[0])


def _fingerprint(con: Connection, relation: str) -> tuple[int, int]:
    """Rows, and the sum of their hashes: sums of parts add up to the sum of the whole."""
    row = con.execute(f"select count(*), coalesce(sum(hash(t)), 0) from {relation} as t").fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _key_json(alias: str, key: Sequence[str]) -> str:
    """The key of a row as JSON text."""
    pairs = ", ".join(f"{literal(c)}, {alias}.{identifier(c)}" for c in key)
    return f"cast(json_object({pairs}) as varchar)"


def _names(held_key: str, key: Sequence[str]) -> bool:
    """Whether a record was held under this key; a mart's grain may have changed since."""
    return set(orjson.loads(held_key)) == set(key)


def _type(con: Connection, mart: TableRef, column: str) -> str:
    kinds = {str(n): str(t) for n, t, *_ in con.execute(f"describe {mart.sql}").fetchall()}
    return kinds[column]
