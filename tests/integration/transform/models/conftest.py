"""A build database whose raw tables hold the simulated company, or rows that a test makes up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from buck.engine import connect
from buck.records.table import Column, TableSpec
from buck.sandbox.company import Change
from buck.sandbox.postgres.schema import TABLES as APP_COLUMNS
from buck.sources.arrow import rows_to_arrow, spec_schema
from buck.sources.salesforce.tables import TABLES as SALESFORCE
from buck.sources.stripe.tables import ALL_TABLES as STRIPE
from buck.transform import DbtWorkspace, build

PROJECT = Path(__file__).parents[4] / "transform"


def _app_column(name: str, definition: str) -> Column:
    words = definition.split(maxsplit=1)[0]
    if words.startswith("numeric"):
        return Column(name, "decimal", precision=(12, 3))
    plain = {"bigint": "bigint", "integer": "bigint", "boolean": "boolean", "jsonb": "json"}
    if words == "timestamptz":
        return Column(name, "timestamptz")
    return Column(name, plain.get(words, "json" if words.endswith("[]") else "text"))


APP = tuple(
    TableSpec("app", table, ("id",), tuple(_app_column(*item) for item in columns.items()))
    for table, columns in APP_COLUMNS.items()
)
SPECS = {(spec.source, spec.name): spec for spec in (*STRIPE, *SALESFORCE, *APP)}


def to_raw(change: Change) -> list[tuple[tuple[str, str], str, dict[str, Any]]]:
    """What a connector lands for one change: (table, op, record) each."""
    table = change.table.lower()
    record = change.record
    if change.system == "salesforce":
        record = {name.lower(): value for name, value in record.items()}
        if change.op == "delete":
            record |= {"isdeleted": True, "systemmodstamp": change.at}
    op = {"insert": "c", "update": "u", "delete": "d"}[change.op]
    rows = [
        (
            (change.system, table),
            op,
            {"id": record["id"]} if op == "d" and change.system != "salesforce" else record,
        )
    ]
    children = {
        "invoices": ("invoice_line_items", "invoice", "lines"),
        "subscriptions": ("subscription_items", "subscription", "items"),
    }
    if change.system == "stripe" and table in children and op != "d":
        name, parent, embedded = children[table]
        rows += [
            (("stripe", name), op, {**child, parent: record["id"]})
            for child in record[embedded]["data"]
        ]
    return rows


@dataclass
class RawLake:
    """Append-only raw tables in a build database, and dbt on top of them."""

    folder: Path
    parsed: Path
    lookback_days: int = 0
    project: Path = PROJECT
    variables: Mapping[str, Any] = field(default_factory=dict)
    sequences: dict[tuple[str, str], int] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    """dbt variables beside those that every build has; others than before parse anew."""

    @property
    def database(self) -> Path:
        return self.folder / "build.duckdb"

    def start(self) -> RawLake:
        self.database.unlink(missing_ok=True)
        with self.connect() as con:
            con.execute("create schema raw")
            for spec in SPECS.values():
                con.register("arriving", spec_schema(spec).empty_table())
                con.execute(
                    f"create table raw.raw_{spec.source}_{spec.name} as select * from arriving"
                )
        return self

    def connect(self):
        return connect(self.database, work=self.folder / "work")

    def land(self, changes: Iterable[Change], *, as_of: datetime) -> None:
        """Every change as one version, in the order given, test mode included."""
        rows: dict[tuple[str, str], list[tuple[str, dict[str, Any], datetime]]] = {}
        for change in changes:
            for table, op, record in to_raw(change):
                rows.setdefault(table, []).append((op, record, change.at))
        for table, versions in rows.items():
            self.append(table, versions, as_of=as_of)

    def land_state(self, changes: Iterable[Change], *, as_of: datetime) -> None:
        """Only the newest version of each record, as a connector sees it that reads once."""
        newest: dict[tuple[str, str, str], Change] = {}
        for change in changes:
            key = (change.system, change.table, change.key)
            newest.pop(key, None)
            newest[key] = change
        self.land(newest.values(), as_of=as_of)

    def append(
        self,
        table: tuple[str, str],
        versions: Sequence[tuple[str, Mapping[str, Any], datetime]],
        *,
        as_of: datetime,
    ) -> None:
        """Rows of one load: (op, record, when it became true) each."""
        spec = SPECS[table]
        declared = {c.name for c in spec.columns}
        first = self.sequences.get(table, 0) + 1
        self.sequences[table] = first + len(versions) - 1
        arriving = rows_to_arrow(
            spec,
            [{k: v for k, v in record.items() if k in declared} for _, record, _ in versions],
            op=[op for op, _, _ in versions],
            source_at=[at for _, _, at in versions],
            load_id=f"load-{first}",
            as_of=as_of,
            first_seq=first,
        )
        with self.connect() as con:
            con.register("arriving", arriving)
            con.execute(
                f"insert into raw.raw_{spec.source}_{spec.name} by name select * from arriving"
            )

    def build(self, *, as_of: datetime, full_refresh: bool = False, **options: Any):
        """Build (without unit tests) and fail with what dbt said."""
        result = self.try_build(as_of=as_of, full_refresh=full_refresh, **options)
        red = [
            (n.name, n.status, n.message) for n in result.nodes if n.status not in ("ok", "passed")
        ]
        assert result.success, red
        return result

    def try_build(self, *, as_of: datetime, full_refresh: bool = False, **options: Any):
        workspace = DbtWorkspace(
            project_dir=self.project,
            profiles_dir=self.project,
            target="duckdb",
            target_path=self.parsed,
            log_path=self.folder / "logs",
            vars={
                "as_of": as_of.isoformat(),
                "incremental_lookback_days": self.lookback_days,
                **self.variables,
            },
            env={"BUCK_BUILD_DB": str(self.parsed / "build.duckdb")},
        )
        options.setdefault("exclude", ["resource_type:unit_test"])
        # dbt parses again when the database's path changes, so all lakes lend theirs to one path.
        self.database.rename(self.parsed / "build.duckdb")
        try:
            return build(workspace, full_refresh=full_refresh, **options)
        finally:
            (self.parsed / "build.duckdb").rename(self.database)

    def copy(self, path: Path):
        """A connection to a copy of the database, to damage it."""
        path.write_bytes(self.database.read_bytes())
        return connect(path, work=self.folder / "work")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connect() as con:
            return con.execute(sql).fetchall()

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """All rows of a table, in an order that depends on nothing but them."""
        return self.query(f"select * from {table} order by all")


@pytest.fixture(scope="session")
def build_lake(tmp_path_factory) -> Callable[[], RawLake]:
    """Makes a new lake with empty raw tables, dbt's parse of the project shared by all of them."""
    parsed = tmp_path_factory.mktemp("parsed")

    def start() -> RawLake:
        return RawLake(tmp_path_factory.mktemp("lake"), parsed).start()

    return start


@pytest.fixture(scope="session")
def checks_dir() -> Path:
    return PROJECT / "checks"
