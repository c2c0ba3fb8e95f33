"""What a database says about its tables, and the raw column each of its types becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from buck.errors import ConfigError, SourceChanged
from buck.records.table import Column, Contract, TableSpec

if TYPE_CHECKING:
    import sqlalchemy as sa

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_PRECISION = 38
CURSORS = ("bigint", "timestamptz", "date")


@dataclass(frozen=True, slots=True)
class SqlTable:
    """How one table is read; the database tells its columns."""

    spec: TableSpec
    name: str
    """As the database writes it."""
    is_append_only: bool = False


def table(
    name: str,
    *,
    source: str,
    key: Sequence[str] = (),
    cursor: str | None = None,
    personal: Sequence[str] = (),
    subject: str | None = None,
    append_only: bool = False,
    contract: Contract = "evolve",
) -> SqlTable:
    """Declare one table.

    Args:
        name: The table in the database; in the lake it is written in lower case.
        source: The source's name in the lake.
        key: The columns that name a row; the primary key if not given.
        cursor: A column that grows whenever a row changes (`updated_at`), or a growing id. Without
            one the whole table is read every time.
        personal: Columns holding personal data.
        subject: The column that names the person a row is about.
        append_only: Whether rows are never changed or deleted, so that keys need not be compared.
        contract: What a changed type or a vanished column does; `.buck.yml` may say otherwise.
    """
    columns = tuple(Column(c, "text", personal=True) for c in personal)
    spec = TableSpec(
        source, name.lower(), tuple(key), columns, cursor=cursor, subject=subject, contract=contract
    )
    return SqlTable(spec, name, append_only)


def describe(one: SqlTable, found: sa.Table) -> TableSpec:
    """The declaration with the columns and the key that the database has now.

    Raises:
        SourceChanged: a column that the declaration relies on is gone.
        ConfigError: there is no key, or the cursor cannot grow.
    """
    spec = one.spec
    personal = {c.name for c in spec.columns if c.personal}
    columns = tuple(
        replace(raw_column(c.name, c.type), personal=c.name in personal) for c in found.columns
    )
    key = spec.key or tuple(c.name for c in found.primary_key.columns)
    if not key:
        raise ConfigError(
            f"{one.name} has no primary key", hint="name one: table(..., key=('id',))"
        )
    names = {c.name for c in columns}
    for needed in (*key, spec.cursor, spec.subject, *personal):
        if needed and needed not in names:
            raise SourceChanged(
                f"{one.name}.{needed} is gone from the database",
                hint="restore the column, or edit the table in the pipeline's file",
            )
    described = replace(spec, key=key, columns=columns)
    cursor = described.column(spec.cursor) if spec.cursor else None
    if cursor and cursor.type not in CURSORS:
        raise ConfigError(
            f"{one.name}.{spec.cursor} is {cursor.type} and cannot tell what changed",
            hint="name a timestamp, date or integer column as cursor, or none",
        )
    return described


def raw_column(name: str, type_: sa.types.TypeEngine[Any]) -> Column:
    """The raw column of a database's column; what is not known lands as its text."""
    from sqlalchemy import types

    if isinstance(type_, types.Float):
        return Column(name, "double")
    if isinstance(type_, types.Numeric):
        precision, scale = type_.precision, type_.scale or 0
        if precision is None or not 0 <= scale <= precision <= MAX_PRECISION:
            return Column(name, "text")
        return Column(name, "decimal", precision=(precision, scale))
    kinds: tuple[tuple[Any, Any], ...] = (
        (types.Boolean, "boolean"),
        (types.Integer, "bigint"),
        (types.DateTime, "timestamptz"),
        (types.Date, "date"),
        (types.LargeBinary, "bytes"),
        (types.JSON, "json"),
        (types.ARRAY, "json"),
    )
    return Column(name, next((raw for kind, raw in kinds if isinstance(type_, kind)), "text"))


def place(value: Any) -> int | None:
    """A cursor's value as a mark: an id, or microseconds since 1970; None where it is neither."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (at - EPOCH) // timedelta(microseconds=1)
    if isinstance(value, date):
        return place(datetime(value.year, value.month, value.day, tzinfo=UTC))
    return None
