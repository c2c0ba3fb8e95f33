"""Put the SodaCL checks of `transform/checks/<schema>/<table>.yml` to a database."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol

from buck.names import TableRef, identifier, literal
from buck.quality.soda_library import DATA_SOURCE, load_soda, silence
from buck.records.quality import Check, CheckResult
from buck.records.rows import SAMPLE_ROWS

_FOR_TABLE = re.compile(r"""^["']?checks for ([\w.]+)""", re.MULTILINE)


class Connection(Protocol):
    """As much of a DuckDB connection as a scan needs; `buck.engine.connect` gives one."""

    def cursor(self) -> Any:
        """A second connection to the same database."""

    def execute(self, sql: str, /) -> Any:
        """Run one statement."""


class _Session:
    """One cursor with its own search path, lent to every query of a scan."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def cursor(self) -> _Session:
        return self

    def close(self) -> None:
        """Stays open until the scan ends."""

    def commit(self) -> None:
        """Checks only read."""

    def rollback(self) -> None:
        """There is no transaction: DuckDB would call that an error."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def list_check_files(checks_dir: Path) -> tuple[Path, ...]:
    """The SodaCL files, `<schema>/<table>.yml`, sorted."""
    return tuple(_files(checks_dir))


def list_checked_tables(checks_dir: Path) -> tuple[TableRef, ...]:
    """The tables that SodaCL files have checks for, ordered by schema and name."""
    return tuple(sorted({table for path in _files(checks_dir) for table in _tables_in(path)}))


def read_titles(checks_dir: Path, schema: str, table: str) -> tuple[str, ...]:
    """What SodaCL asks of a table, in its own words; nothing if no file is about it.

    A check's name if it has one, else its rule; `(only warns)` where it cannot close the gate.
    Soda itself is not needed for that.
    """
    import yaml

    about, titles = TableRef(schema, table), list[str]()
    for path in _files(checks_dir):
        if about not in _tables_in(path):
            continue
        try:
            held = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except yaml.YAMLError:
            titles.append(f"{path.name} is not YAML")
            continue
        for heading, checks in held.items():
            if about in _named_in(path, str(heading)):
                titles += map(_title, checks or ())
    return tuple(titles)


def _title(check: Any) -> str:
    if not isinstance(check, dict):
        return str(check)
    rule, settings = next(iter(check.items()))
    told = settings if isinstance(settings, dict) else {}
    weak = (told.get("attributes") or {}).get("severity") == "warn"
    return f"{told.get('name') or rule}{' (only warns)' if weak else ''}"


def run_checks(
    connection: Connection,
    checks_dir: Path,
    *,
    as_of: datetime,
    schemas: Collection[str] | None = None,
    tables: Collection[str] | None = None,
    personal: Collection[str] = (),
    owners: Mapping[str, str] | None = None,
) -> list[CheckResult]:
    """The answers to all selected checks, by schema and in the files' order.

    A check that fails is a result, and so is one that could not be put: SQL that does not run,
    SodaCL that can't be read (outcome `errored`). So is a table that is not there, once for all
    checks of the file that names it. In SodaCL an unqualified
    table lies in the folder's schema; `core.dim_customers` names another.

    Args:
        connection: To the database to check; its own search path is not changed.
        checks_dir: Holds `<schema>/<table>.yml`.
        as_of: Now, for freshness checks and for `${NOW}`.
        schemas: Only these; all if None.
        tables: Only these, as `fct_payments` or `finance.fct_payments`; all if None.
        personal: Columns whose values are masked in failing rows.
        owners: Who answers for a table (`finance.fct_payments`) where a check names no owner.
    """
    chosen: dict[str, list[Path]] = {}
    results: list[CheckResult] = []
    known = _existing_tables(connection)
    for path in _files(checks_dir):
        # Also by the file's own name: what is about it may be misspelt inside.
        headings = _headings_in(path, path.read_text(encoding="utf-8"))
        named = headings | {TableRef(path.parent.name, path.stem)}
        if not any(_is_selected(table, schemas, tables) for table in named):
            continue
        strangers = sorted(t for t in headings if _folded(t) not in known)
        # soda-core gives up on all files of a scan over one table that is not there.
        results += [_not_there(table, path, known) for table in strangers]
        if not strangers:
            chosen.setdefault(path.parent.name, []).append(path)
    for schema, files in sorted(chosen.items()):
        results += _scan_schema(
            connection, schema, files, as_of=as_of, personal=personal, owners=owners or {}
        )
    # A file may be about other tables, too. What could not be read says so, whatever was asked for.
    return [
        result
        for result in results
        if result.outcome == "errored"
        or _is_selected(TableRef(result.check.schema, result.check.table), schemas, tables)
    ]


def _existing_tables(connection: Connection) -> set[TableRef]:
    rows = connection.execute(
        "select lower(table_schema), lower(table_name) from information_schema.tables "
        "where table_catalog = current_database()"
    ).fetchall()
    return {TableRef(schema, name) for schema, name in rows}


def _folded(table: TableRef) -> TableRef:
    """As `_existing_tables` has it: the engine knows no case."""
    return TableRef(table.schema.lower(), table.name.lower())


def _not_there(table: TableRef, path: Path, known: Collection[TableRef]) -> CheckResult:
    names = sorted(ref.name for ref in known if ref.schema == table.schema)
    near = get_close_matches(table.name, names, n=1)
    found = Check(
        name=f"{path.name}: {table} is there",
        table=path.stem,
        schema=path.parent.name,
        engine="soda",
        dimension="validity",
        file=str(path),
    )
    guess = f": did you mean {near[0]}?" if near else ""
    message = f"there is no table {table}{guess}; no check of {path.name} was asked"
    return CheckResult(check=found, outcome="errored", message=message)


def _files(checks_dir: Path) -> Iterable[Path]:
    found = (path for suffix in ("yml", "yaml") for path in checks_dir.glob(f"*/*.{suffix}"))
    return sorted(path for path in found if path.is_file())


def _tables_in(path: Path) -> set[TableRef]:
    """The tables that a file has checks for, also if it is no good YAML."""
    return _named_in(path, path.read_text(encoding="utf-8"))


def _named_in(path: Path, text: str) -> set[TableRef]:
    """The tables that headings name; the one that the file is named after if there are none."""
    return _headings_in(path, text) or {TableRef(path.parent.name, path.stem)}


def _headings_in(path: Path, text: str) -> set[TableRef]:
    schema, found = path.parent.name, set()
    for name in _FOR_TABLE.findall(text):
        found.add(TableRef.parse(name) if name.count(".") == 1 else TableRef(schema, name))
    return found


def _is_selected(
    table: TableRef, schemas: Collection[str] | None, tables: Collection[str] | None
) -> bool:
    if schemas is not None and table.schema not in schemas:
        return False
    return tables is None or table.name in tables or str(table) in tables


def _scan_schema(
    connection: Connection,
    schema: str,
    files: list[Path],
    *,
    as_of: datetime,
    personal: Collection[str],
    owners: Mapping[str, str],
) -> list[CheckResult]:
    kind = load_soda()
    from buck.quality.answers import Samples, read_answers
    from buck.quality.soda_scan import AsOfScan

    row = connection.execute("select current_database()").fetchone()
    database = str(row[0])
    cursor = connection.cursor()
    try:
        cursor.execute("set TimeZone = 'UTC'")
        _enter(cursor, database, schema)
        with silence():
            scan = AsOfScan(as_of.astimezone(UTC))
            scan.set_data_source_name(DATA_SOURCE)
            scan.add_data_source(
                DATA_SOURCE,
                {
                    "type": kind,
                    "duckdb_connection": _Session(cursor),
                    "database": database,
                    "schema": schema,
                },
            )
            samples = Samples(limit=SAMPLE_ROWS)
            scan.keep_samples(samples)
            for path in files:
                scan.add_sodacl_yaml_file(str(path))
            unreadable = scan.take_errors()
            scan.execute()
            return read_answers(
                scan,
                schema=schema,
                files=files,
                unreadable=unreadable,
                samples=samples,
                personal=personal,
                owners=owners,
            )
    finally:
        cursor.close()


def _enter(cursor: Any, database: str, schema: str) -> None:
    """Make the schema the one in which unqualified names are looked up.

    A schema that does not exist is left to the checks: each of them then says so.
    """
    held = cursor.execute(
        "select count(*) from information_schema.schemata "
        f"where catalog_name = {literal(database)} and schema_name = {literal(schema)}"
    ).fetchone()
    cursor.execute(f"use {identifier(database)}")
    if held[0]:
        cursor.execute(f"use {identifier(database, schema)}")
