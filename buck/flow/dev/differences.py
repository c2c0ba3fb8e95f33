"""A rebuilt table against the published one: rows added, removed, and changed by column."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from buck.engine import sql_errors
from buck.names import TableRef, identifier, literal
from buck.records.dev import ChangedColumn, TableDifference
from buck.records.rows import Plain, plain_value

if TYPE_CHECKING:
    from buck.engine.types import Connection

SAMPLES: Final = 3
OWN: Final = "build"
"""The catalog that the database's own views name."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What is to be compared."""

    table: TableRef
    published: str
    """SQL that gives the published rows; empty if there are none to compare with."""
    key: tuple[str, ...]


def compare(con: Connection, what: Compared, *, personal: Collection[str]) -> TableDifference:
    """The difference; `con` has the branch's database attached.

    Rows are matched by the key, nulls being equal. Columns that only one side has are named and
    not compared.
    """
    own = identifier(OWN, what.table.schema, what.table.name)
    with sql_errors():
        return _compare(con, what, own, personal)


def _compare(
    con: Connection, what: Compared, own: str, personal: Collection[str]
) -> TableDifference:
    name, rows = str(what.table), _one(con, f"select count(*) from {own}")
    if not what.published:
        return TableDifference(name, rows)
    published = f"({what.published})"
    mine, theirs = _columns(con, own), _columns(con, published)
    shared = [column for column in theirs if column in mine]
    key = tuple(column for column in what.key if column in shared)
    is_keyed = bool(key) and key == what.key and _tells_apart(con, own, key)
    found = TableDifference(
        name,
        rows,
        published_rows=_one(con, f"select count(*) from {published}"),
        key=key if is_keyed else (),
        new_columns=tuple(c for c in mine if c not in theirs),
        lost_columns=tuple(c for c in theirs if c not in mine),
    )
    if not is_keyed:
        return _compare_whole_rows(con, found, own, published, shared)
    return _compare_by_key(con, found, own, published, shared=shared, personal=personal)


def _compare_whole_rows(
    con: Connection, found: TableDifference, own: str, published: str, shared: Sequence[str]
) -> TableDifference:
    columns = ", ".join(map(identifier, shared))
    count = "select count(*) from (select {c} from {a} except all select {c} from {b})"
    return replace(
        found,
        added=_one(con, count.format(c=columns, a=own, b=published)),
        removed=_one(con, count.format(c=columns, a=published, b=own)),
    )


def _compare_by_key(
    con: Connection,
    found: TableDifference,
    own: str,
    published: str,
    *,
    shared: Sequence[str],
    personal: Collection[str],
) -> TableDifference:
    on = " and ".join(
        f"mine.{identifier(c)} is not distinct from theirs.{identifier(c)}" for c in found.key
    )
    others = [column for column in shared if column not in found.key]
    differs = {c: f"mine.{identifier(c)} is distinct from theirs.{identifier(c)}" for c in others}
    joined = (
        f"(select *, true as {identifier('is here')} from {own}) as mine full join "
        f"(select *, true as {identifier('is here')} from {published}) as theirs on {on}"
    )
    here, there = (f"{side}.{identifier('is here')}" for side in ("mine", "theirs"))
    both = f"({here} and {there})"
    sums = [f"count(*) filter (where {there} is null)", f"count(*) filter (where {here} is null)"]
    any_ = " or ".join(differs.values()) or "false"
    sums.append(f"count(*) filter (where {both} and ({any_}))")
    sums += [f"count(*) filter (where {both} and {text})" for text in differs.values()]
    added, removed, changed_rows, *counts = _row(con, f"select {', '.join(sums)} from {joined}")
    changed = tuple(
        ChangedColumn(
            column,
            rows,
            _samples(
                con, found.key, column, f"{joined} where {both} and {differs[column]}", personal
            ),
        )
        for column, rows in zip(others, counts, strict=True)
        if rows
    )
    return replace(found, added=added, removed=removed, changed_rows=changed_rows, changed=changed)


def _samples(
    con: Connection, key: Sequence[str], column: str, rows: str, personal: Collection[str]
) -> tuple[tuple[str, Plain, Plain], ...]:
    """A few changed rows in the order of their keys: key, published value, value now."""
    keys = [f"theirs.{identifier(c)}" for c in key]
    chosen = ", ".join([*keys, f"theirs.{identifier(column)}", f"mine.{identifier(column)}"])
    answer = con.execute(
        f"select {chosen} from {rows} order by {', '.join(keys)} limit {SAMPLES}"
    ).fetchall()
    hidden = {name.lower() for name in personal}

    def shown(value: Any, name: str) -> Plain:
        return plain_value(value, masked=name.lower() in hidden)

    return tuple(
        (
            ", ".join(str(shown(v, n)) for v, n in zip(row, key, strict=False)),
            shown(row[-2], column),
            shown(row[-1], column),
        )
        for row in answer
    )


def _tells_apart(con: Connection, table: str, key: Sequence[str]) -> bool:
    columns = ", ".join(map(identifier, key))
    grouped = f"select 1 from {table} group by {columns} having count(*) > 1"
    return not _one(con, f"select count(*) from ({grouped} limit 1)")


def _columns(con: Connection, relation: str) -> list[str]:
    described = con.execute(f"describe select * from {relation}").fetchall()
    return [str(row[0]) for row in described]


def _row(con: Connection, sql: str) -> tuple[Any, ...]:
    return con.execute(sql).fetchone() or ()


def _one(con: Connection, sql: str) -> int:
    return int(_row(con, sql)[0])


def attach(con: Connection, file: Path) -> None:
    """Attach a branch's database for reading."""
    con.execute(f"attach {literal(str(file))} as {identifier(OWN)} (read_only)")
