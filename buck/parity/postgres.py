"""A table of an attached PostgreSQL database, read without losing a digit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buck.names import TableRef, identifier, literal
from buck.parity.relation import NUMERIC_TEXT, Relation

if TYPE_CHECKING:
    from buck.engine.types import Connection

# A numeric without a width, or one wider than DuckDB's decimals.
_COLUMNS = """
select attname::text as name,
    atttypid = 'numeric'::regtype and (atttypmod = -1 or ((atttypmod - 4) >> 16) > 38) as is_wide
from pg_attribute
where attrelid = {table}::regclass and attnum > 0 and not attisdropped
order by attnum
"""


def postgres_relation(con: Connection, alias: str, table: TableRef) -> Relation:
    """The table under its attached catalog; `numeric` columns of no declared width as text.

    DuckDB's scanner gives such numbers as floating point, which is not what the server holds.
    """
    asked = _COLUMNS.format(table=literal(table.sql))
    columns = con.execute(
        f"select name, is_wide from postgres_query({literal(alias)}, {literal(asked)})"
    ).fetchall()
    wide = [str(name) for name, is_wide in columns if is_wide]
    if not wide:
        return Relation(identifier(alias, table.schema, table.name))
    items = ", ".join(
        identifier(name) + ("::text as " + identifier(name) if name in wide else "")
        for name, _ in columns
    )
    query = f"select {items} from {table.sql}"
    return Relation(
        f"postgres_query({literal(alias)}, {literal(query)})", dict.fromkeys(wide, NUMERIC_TEXT)
    )
