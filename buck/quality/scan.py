"""Put the SodaCL checks of `transform/checks/<schema>/<table>.yml` to a database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from buck.names import TableRef, identifier, literal
from buck.quality.soda_library import DATA_SOURCE, load_soda, silence
from buck.records.quality import CheckResult
from buck.records.rows import SAMPLE_ROWS


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
    """The tables that have a SodaCL file, ordered by schema and name."""
    return tuple(sorted(TableRef(path.parent.name, path.stem) for path in _files(checks_dir)))


def read_titles(checks_dir: Path, schema: str, table: str) -> tuple[str, ...]:
    """What the SodaCL file of a table asks, in its own words; nothing if it has no file.

    A check's name if it has one, else its rule; `(only warns)` where it cannot close the gate.
    Soda itself is not needed for that.
    """
    import yaml

    path = checks_dir / schema / f"{table}.yml"
    if not path.is_file():
        return ()
    try:
        held = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError:
        return (f"{path.name} is not YAML",)
    listed = [check for checks in (held or {}).values() for check in checks or ()]
    return tuple(_title(check) for check in listed)


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

    A check that fails is a result, and so is one that could not be put: a table that is not there,
    SQL that does not run, SodaCL that can't be read (outcome `errored`). In SodaCL an unqualified
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
    for path in _files(checks_dir):
        if _is_selected(path, schemas, tables):
            chosen.setdefault(path.parent.name, []).append(path)
    results: list[CheckResult] = []
    for schema, files in sorted(chosen.items()):
        results += _scan_schema(
            connection, schema, files, as_of=as_of, personal=personal, owners=owners or {}
        )
    return results


def _files(checks_dir: Path) -> Iterable[Path]:
    found = (path for suffix in ("yml", "yaml") for path in checks_dir.glob(f"*/*.{suffix}"))
    return sorted(path for path in found if path.is_file())


def _is_selected(
    path: Path, schemas: Collection[str] | None, tables: Collection[str] | None
) -> bool:
    schema, table = path.parent.name, path.stem
    if schemas is not None and schema not in schemas:
        return False
    return tables is None or table in tables or f"{schema}.{table}" in tables


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
