"""Whether the marts that a warehouse built are the snapshot's, value by value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buck.engine import PostgresAddress, attach_postgres, postgres_errors, translate_errors
from buck.engine.columns import parquet_scan, typed_select
from buck.flow.personal import personal_columns
from buck.flow.promotion_side import PromotionSide, built_tables, scratch_connection
from buck.lake import read_content
from buck.names import TableRef, identifier, literal
from buck.records.promotion import ProvenTable
from buck.records.snapshot import SnapshotTable

if TYPE_CHECKING:
    from buck.engine.types import Connection

SAMPLES = 5
MASK = "…"
_THERE = "there"
# Texts that DuckDB reads back into exactly the same values, whatever the server is set to.
_SESSION = "-ctimezone=UTC -cdatestyle=ISO -cintervalstyle=postgres -cextra_float_digits=3"
_NESTED = ("[]", "STRUCT", "MAP", "UNION")


def prove_marts(
    side: PromotionSide, *, where: dict[TableRef, TableRef] | None = None
) -> tuple[ProvenTable, ...]:
    """Every mart of the snapshot beside what the warehouse holds, by name.

    Values travel as text and are read with the types that the snapshot published, so a decimal
    that the warehouse keeps wider or a time that it shows in another zone is no difference. Both
    sides are hashed by one engine; where the hashes differ, the rows are compared one by one.

    Args:
        side: Both sides.
        where: Each mart and its table there; the private build's tables if not given.

    Raises:
        WarehouseError: the warehouse does not answer.
    """
    tables = where or built_tables(side)
    personal = personal_columns(side.project)
    found = []
    with scratch_connection(side.project) as con, translate_errors():
        _attach(con, side)
        for table in sorted(side.snapshot.tables, key=lambda t: (t.schema, t.name)):
            here, there = _views(con, side, table, tables[TableRef(table.schema, table.name)])
            hidden = personal & set(table.columns)
            found.append(_compare(con, f"{table.schema}.{table.name}", here, there, hidden))
    return tuple(found)


def _attach(con: Connection, side: PromotionSide) -> None:
    given = side.settings
    address = PostgresAddress(
        host=str(given.get("host")),
        port=int(str(given.get("port", 5432))),
        user=str(given.get("user")),
        password=str(given.get("password") or given.get("pass") or ""),
        database=str(given.get("dbname") or given.get("database")),
        options={"sslmode": str(given.get("sslmode") or "prefer"), "options": f"'{_SESSION}'"},
    )
    attach_postgres(con, _THERE, address)


def _views(
    con: Connection, side: PromotionSide, table: SnapshotTable, built: TableRef
) -> tuple[str, str]:
    """Temporary tables with the mart's columns and types: here and there."""
    files = tuple(str(side.lake.storage.fetch(name)) for name in table.files)
    select = typed_select(table.columns, parquet_scan(files), present=set(table.columns))
    con.execute(f"create or replace view here as {_flat(select, table)}")
    texts = ", ".join(
        f"{f'to_json({identifier(c)})' if _is_nested(kind) else identifier(c)}::text"
        f" as {identifier(c)}"
        for c, kind in table.columns.items()
    )
    query = f"select {texts} from {built.sql}"
    casts = ", ".join(
        f"cast({identifier(c)} as {'varchar' if _is_nested(kind) else kind}) as {identifier(c)}"
        for c, kind in table.columns.items()
    )
    with postgres_errors(side.target):
        con.execute(
            f"create or replace temp table there_now as select {casts}"
            f" from postgres_query({literal(_THERE)}, {literal(query)})"
        )
    return "here", "there_now"


def _flat(select: str, table: SnapshotTable) -> str:
    nested = [c for c, kind in table.columns.items() if _is_nested(kind)]
    if not nested:
        return select
    replaced = ", ".join(f"to_json({identifier(c)})::varchar as {identifier(c)}" for c in nested)
    return f"select * replace ({replaced}) from ({select})"


def _is_nested(kind: str) -> bool:
    return any(mark in kind.upper() for mark in _NESTED)


def _compare(con: Connection, label: str, here: str, there: str, hidden: set[str]) -> ProvenTable:
    ours, theirs = read_content(con, here), read_content(con, there)
    if (ours.rows, ours.hash) == (theirs.rows, theirs.hash):
        return ProvenTable(label, True, ours.rows, theirs.rows)
    con.execute(
        f"create or replace temp table differing as"
        f" select 'here' as side, * from (from {here} except all from {there})"
        f" union all select 'there' as side, * from (from {there} except all from {here})"
    )
    row = con.execute("select count(*) from differing").fetchone()
    answer = con.execute(
        f"select * from differing order by columns(* exclude side), side limit {2 * SAMPLES}"
    )
    names = [d[0] for d in answer.description or ()]
    samples = tuple(_sample(names, values, hidden) for values in answer.fetchall())
    return ProvenTable(label, False, ours.rows, theirs.rows, int(row[0]) if row else 0, samples)


def _sample(names: list[str], values: tuple[Any, ...], hidden: set[str]) -> dict[str, Any]:
    shown = {}
    for name, value in zip(names, values, strict=True):
        shown[name] = None if value is None else MASK if name in hidden else str(value)
    return shown
