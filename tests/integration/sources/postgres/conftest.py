"""A real PostgreSQL, and a lake that its tables land in the way `buck run` lands them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from buck.engine import connect
from buck.lake.lake import Lake
from buck.lake.landing import full_schema
from buck.pipelines.module import load_module
from buck.pipelines.run import run_source
from buck.records.load import LoadReport, LoadRules
from buck.sandbox.postgres.server import PostgresServer, start_server

PASSWORD = "s3cr%t p@ss/word#?"
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
FILE = """
import dlt
from buck.sources import postgres

TABLES = ({tables},)


@dlt.source(name="app", section="app")
def source(url: str = dlt.secrets.value):
    return postgres.resources(url, tables=TABLES, {options})
"""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    found = start_server(tmp_path_factory.mktemp("pg"), password="plain")
    try:
        with psycopg.connect(found.url(), autocommit=True) as con:
            con.execute(f"create role reader login password '{PASSWORD}'")
        yield found
    finally:
        found.stop()


class Shop:
    """A database of its own, and the lake beside it."""

    def __init__(self, server: PostgresServer, folder: Path, name: str) -> None:
        self.server, self.folder, self.name = server, folder, name
        self.admin_url = server.url().rsplit("/", 1)[0] + f"/{name}"
        host = self.admin_url.rsplit("@", 1)[1]
        self.reader_url = f"postgresql://reader:{quote(PASSWORD, safe='')}@{host}"
        self.lake = Lake(str(folder / "lake"), folder / "work")
        self._loads = itertools.count(1)
        self.declare("postgres.table('items', source='app', cursor='updated_at')")

    def declare(self, *tables: str, options: str = "") -> None:
        folder = self.folder / "pipelines"
        folder.mkdir(exist_ok=True)
        text = FILE.format(tables=", ".join(tables), options=options)
        (folder / "app_pipeline.py").write_text(text)

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.admin_url, autocommit=True)

    def run(self, *statements: Any) -> None:
        with self.connect() as con:
            for statement in statements:
                con.execute(statement)

    def land(
        self,
        url: str | None = None,
        *,
        confirmed: frozenset[str] = frozenset(),
        after_h: float = 0,
        rules: LoadRules | None = None,
    ) -> LoadReport:
        load_id = f"load{next(self._loads)}"
        landing = self.lake.landing("app", load_id, facts={})
        try:
            return run_source(
                load_module(self.folder / "pipelines", "app"),
                landing,
                load_id=load_id,
                as_of=AS_OF + timedelta(hours=after_h),
                options={"url": url or self.admin_url},
                merge_schema=full_schema,
                confirmed=confirmed,
                rules=rules,
            )
        finally:
            landing.close()

    def raw(
        self, columns: str = "*", table: str = "items", *, order: str = "_buck_seq"
    ) -> list[tuple[Any, ...]]:
        state = (log := self.lake.raw("app", table)).state()
        con = connect(work=self.lake.work)
        try:
            sql = f"select {columns} from ({log.scan_sql(state)}) order by {order}"
            return con.execute(sql).fetchall()
        finally:
            con.close()

    def newest(self, columns: str = "id, name") -> list[tuple[Any, ...]]:
        """The newest version of every key that is not deleted."""
        state = (log := self.lake.raw("app", "items")).state()
        con = connect(work=self.lake.work)
        try:
            return con.execute(
                f"with v as (select * from ({log.scan_sql(state)}) "
                "qualify row_number() over (partition by id order by _buck_seq desc) = 1) "
                f"select {columns} from v where _buck_op <> 'd' order by id"
            ).fetchall()
        finally:
            con.close()

    def marks(self, *names: str, table: str = "items") -> dict[str, int]:
        position = self.lake.raw("app", table).state().position
        return {name: position[name] for name in names if name in position}


MakeShop = Callable[[], Shop]

ITEMS = """
create table items (
    id bigint primary key, name text, updated_at timestamptz default now()
)
"""


@pytest.fixture
def shop(server: PostgresServer, tmp_path: Path) -> Iterator[Shop]:
    name = f"shop_{abs(hash(str(tmp_path))) % 10**9}"
    with psycopg.connect(server.url(), autocommit=True) as con:
        con.execute(f"create database {name}")
    made = Shop(server, tmp_path, name)
    made.run(ITEMS)
    try:
        yield made
    finally:
        with psycopg.connect(server.url(), autocommit=True) as con:
            con.execute(f"drop database {name} with (force)")
