"""What PostgreSQL says about its tables, and the raw column each of its types becomes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from buck.engine import PostgresAddress
from buck.errors import ConfigError, SourceChanged, SourceDenied, SourceUnreachable
from buck.records.table import Column, ColumnType, TableSpec

if TYPE_CHECKING:
    import psycopg

TYPES: dict[str, ColumnType] = {
    "bool": "boolean",
    "int2": "bigint",
    "int4": "bigint",
    "int8": "bigint",
    "oid": "bigint",
    "float4": "double",
    "float8": "double",
    "numeric": "decimal",
    "timestamptz": "timestamptz",
    "timestamp": "timestamptz",
    "date": "date",
    "json": "json",
    "jsonb": "json",
    "bytea": "bytes",
}
"""Everything else lands as its text; arrays as JSON text. `timestamp` is read as UTC."""

CURSORS = ("bigint", "timestamptz", "date")
MAX_PRECISION = 38

SAME_TEXT = (
    *("text", "varchar", "bpchar", "char", "name", "citext", "uuid", "json", "jsonb", "money"),
    *("inet", "cidr", "macaddr", "macaddr8", "bit", "varbit", "tsvector", "tsquery", "hstore"),
)
"""Base types that DuckDB's scanner reads as the text PostgreSQL prints."""

COLUMNS_SQL = """
with recursive held as (
    select attname, attnum, atttypid as type_oid, atttypmod as typmod, false as is_domain
    from pg_attribute
    where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped
    union all
    select h.attname, h.attnum, t.typbasetype, t.typtypmod, true
    from held h
    join pg_type t on t.oid = h.type_oid
    where t.typtype = 'd'
)
select
    h.attname, t.typname, t.typtype, t.typcategory, h.typmod, h.is_domain,
    format_type(h.type_oid, h.typmod)
from held h
join pg_type t on t.oid = h.type_oid
where t.typtype <> 'd'
order by h.attnum
"""
KEY_SQL = """
select a.attname
from pg_index i
join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
where i.indrelid = to_regclass(%s) and i.indisprimary
order by array_position(i.indkey, a.attnum)
"""
OLDEST_SQL = """
select
    least(
        now(),
        (
            select min(xact_start) from pg_stat_activity
            where pid <> pg_backend_pid()
                and backend_type not in ('autovacuum worker', 'walsender')
        ),
        (select min(prepared) from pg_prepared_xacts)
    ),
    exists (
        select from pg_stat_activity
        where pid <> pg_backend_pid() and usesysid is not null and backend_type is null
    ),
    txid_snapshot_xmin(txid_current_snapshot()),
    txid_snapshot_xmax(txid_current_snapshot())
"""


@dataclass(frozen=True, slots=True)
class Described:
    """A table as the server has it now. `selects` has one PostgreSQL expression per column."""

    spec: TableSpec
    selects: tuple[str, ...]
    scannable: frozenset[str]
    """Columns that DuckDB's scanner, which reads in parallel, gives as Buck lands them."""
    numerics: tuple[str, ...] = ()
    """Decimal columns; the scanner reads their NaN as zero."""
    is_key_unique: bool = False
    """Whether the server guarantees that no two rows have the same key."""
    has_naive_cursor: bool = False
    """Whether the cursor is a `timestamp`, which is read as UTC."""

    @property
    def is_scannable(self) -> bool:
        """Whether the scanner may read the whole table."""
        return len(self.scannable) == len(self.spec.columns)

    def select(self, name: str) -> str:
        """PostgreSQL's expression for one column."""
        names = [column.name for column in self.spec.columns]
        return self.selects[names.index(name)]


@dataclass(frozen=True, slots=True)
class Horizon:
    """Up to where rows can be trusted to be complete, as of one moment.

    `upper`: when the oldest transaction still open began. `hides`: whether other roles' sessions
    are hidden from this one, so that `upper` may be too late. `oldest`, `next`: the oldest
    transaction still running by number, and the number the next one gets.
    """

    upper: datetime
    hides: bool
    oldest: int
    next: int

    @property
    def is_quiet(self) -> bool:
        """Whether nobody was writing."""
        return self.oldest == self.next


def connect_catalog(address: PostgresAddress) -> psycopg.Connection:
    """A connection for catalog questions.

    Raises:
        SourceUnreachable: the server does not answer.
        SourceDenied: it refuses the role or its password.
    """
    import psycopg

    try:
        return psycopg.connect(
            host=address.host,
            port=address.port,
            user=address.user or None,
            password=address.password or None,
            dbname=address.database or None,
            autocommit=True,
            **{"connect_timeout": 10, **address.options},  # type: ignore[arg-type]
        )
    except psycopg.Error as exc:
        # libpq adds indented advice below what went wrong.
        told = [line for line in str(exc).splitlines() if line and not line[0].isspace()]
        reason = told[-1].removeprefix("connection failed: ") if told else type(exc).__name__
        if any(sign in reason for sign in ("authentication", "role ", "pg_hba", "no password")):
            raise SourceDenied(
                f"PostgreSQL at {address.server} refuses the login: {reason}",
                hint="check the address in .env",
            ) from exc
        raise SourceUnreachable(
            f"PostgreSQL at {address.server} does not answer: {reason}",
            hint="check the address, or `buck doctor`",
        ) from exc


@contextmanager
def catalog_errors(address: PostgresAddress) -> Iterator[None]:
    """Say in Buck's words what the server refused after the login."""
    import psycopg

    try:
        yield
    except psycopg.errors.InsufficientPrivilege as exc:
        raise SourceDenied(
            f"PostgreSQL at {address.server}: {str(exc).splitlines()[0]}",
            hint="grant select on the table to this role",
        ) from exc
    except psycopg.Error as exc:
        reason = (str(exc).strip() or type(exc).__name__).splitlines()[0]
        raise SourceUnreachable(
            f"PostgreSQL at {address.server} stopped answering: {reason}",
            hint="run again, or `buck doctor`",
        ) from exc


def read_horizon(con: psycopg.Connection) -> Horizon:
    """What is still open now.

    A row committed later may carry an update time from the start of its transaction on, or an id
    handed out before, so no mark goes beyond.
    """
    row = con.execute(OLDEST_SQL).fetchone()
    assert row is not None
    return Horizon(*row)


def newest_value(con: psycopg.Connection, described: Described, *, schema: str) -> int | None:
    """The greatest cursor value there is, as a mark: an id, or microseconds since 1970."""
    from psycopg import sql

    spec = described.spec
    column = spec.cursor and spec.column(spec.cursor)
    if not column:
        return None
    value = "max({name})"
    if column.type != "bigint":
        value = "(extract(epoch from max({name}) filter (where isfinite({name}))) * 1e6)::bigint"
    query = sql.SQL(f"select {value} from {{table}}").format(
        name=sql.Identifier(column.name), table=sql.Identifier(schema, spec.name)
    )
    row = con.execute(query).fetchone()
    return int(row[0]) if row and row[0] is not None else None


def has_nan(con: psycopg.Connection, described: Described, *, schema: str) -> bool:
    """Whether a decimal column holds a NaN anywhere."""
    from psycopg import sql

    if not described.numerics:
        return False
    tests = [sql.SQL("{} = 'NaN'").format(sql.Identifier(n)) for n in described.numerics]
    query = sql.SQL("select exists (select from {} where {})").format(
        sql.Identifier(schema, described.spec.name), sql.SQL(" or ").join(tests)
    )
    row = con.execute(query).fetchone()
    return bool(row and row[0])


def describe(con: psycopg.Connection, spec: TableSpec, *, schema: str) -> Described:
    """The table's columns and key, filled into `spec`.

    Raises:
        SourceChanged: the table, or a column that the spec relies on, is gone.
        ConfigError: the table has no primary key and the spec names none.
    """
    from psycopg import sql

    relation = sql.Identifier(schema, spec.name).as_string(con)
    rows = con.execute(COLUMNS_SQL, [relation]).fetchall()
    if not rows:
        raise SourceChanged(
            f"{spec.source}: there is no table {schema}.{spec.name}, or no right to see it",
            hint="grant select on it, or take it out of the pipeline's file",
        )
    primary = tuple(row[0] for row in con.execute(KEY_SQL, [relation]).fetchall())
    key = spec.key or primary
    if not key:
        raise ConfigError(
            f"{schema}.{spec.name} has no primary key", hint="name one: table(..., key=('id',))"
        )
    personal = {c.name for c in spec.columns if c.personal}
    mapped = [_map(PostgresColumn(*row), con) for row in rows]
    columns = [replace(m.column, personal=m.column.name in personal) for m in mapped]
    names = {c.name for c in columns}
    for needed in (*key, spec.cursor, spec.subject, *personal):
        if needed and needed not in names:
            raise SourceChanged(
                f"{schema}.{spec.name}.{needed} is gone from the database",
                hint="restore the column, or edit the table in the pipeline's file",
            )
    described = replace(spec, key=key, columns=tuple(columns))
    selects = tuple(m.select for m in mapped)
    numerics = tuple(m.column.name for m in mapped if m.column.type == "decimal")
    cursor = described.column(spec.cursor) if spec.cursor else None
    if cursor and cursor.type not in CURSORS:
        raise ConfigError(
            f"{schema}.{spec.name}.{spec.cursor} is {cursor.type} and cannot tell what changed",
            hint="name a timestamp, date or integer column as cursor, or none",
        )
    naive = any(row[0] == spec.cursor and row[1] == "timestamp" for row in rows)
    plain = frozenset(m.column.name for m in mapped if m.is_plain)
    is_unique = bool(primary) and set(primary) <= set(key)
    return Described(described, selects, plain, numerics, is_unique, naive)


@dataclass(frozen=True, slots=True)
class PostgresColumn:
    """One row of the catalog, a domain as the type it is based on.

    `kind` b is a base type, e an enum, r and m are ranges; `category` A is an array.
    """

    name: str
    type: str
    kind: str
    category: str
    typmod: int
    is_domain: bool
    full_type: str


@dataclass(frozen=True, slots=True)
class _Mapped:
    column: Column
    select: str
    is_plain: bool
    """Whether DuckDB's scanner reads the column as Buck lands it."""


def _map(found: PostgresColumn, con: psycopg.Connection) -> _Mapped:
    from psycopg import sql

    name = found.name
    quoted = sql.Identifier(name).as_string(con)
    # PostgreSQL prints the name of a type, quoted where it must be.
    value = f"{quoted}::{found.full_type}" if found.is_domain else quoted

    def mapped(type_: ColumnType, select: str, *, is_plain: bool) -> _Mapped:
        # The scanner does not look into domains: it gives them as text.
        return _Mapped(
            Column(name, type_), f"{select} as {quoted}", is_plain and not found.is_domain
        )

    if found.category == "A":
        return mapped("json", f"to_json({value})::text", is_plain=False)
    type_ = TYPES.get(found.type, "text") if found.kind == "b" else "text"
    if type_ in ("text", "json"):
        is_plain = found.type in SAME_TEXT or found.kind in "erm"
        return mapped(type_, f"{quoted}::text", is_plain=is_plain)
    if found.type == "timestamp":
        return mapped(type_, f"{value} at time zone 'UTC'", is_plain=True)
    if type_ != "decimal":
        return mapped(type_, value, is_plain=True)
    precision = _precision(found.typmod)
    if precision is None:
        digits = f"nullif(nullif(nullif({quoted}::text, 'NaN'), 'Infinity'), '-Infinity')"
        return mapped("text", digits, is_plain=False)
    number = f"nullif({value}, 'NaN')::numeric({precision[0]}, {precision[1]})"
    found_as = mapped(type_, number, is_plain=True)
    return replace(found_as, column=replace(found_as.column, precision=precision))


def _precision(typmod: int) -> tuple[int, int] | None:
    """Digits and scale of a numeric; None if it has none, or more than a decimal holds."""
    if typmod < 0:
        return None
    precision, scale = ((typmod - 4) >> 16) & 0xFFFF, (typmod - 4) & 0x7FF
    return None if precision > MAX_PRECISION or scale > precision else (precision, scale)
