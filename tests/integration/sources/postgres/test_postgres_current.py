"""Reading the current state and landing large tables without touching rows twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from buck.engine import connect
from buck.lake.current import current_sql
from buck.lake.delta_log import DeltaLog
from buck.sources.postgres import extract


def current(shop: Any) -> list[tuple[Any, ...]]:
    log = shop.lake.raw("app", "items")
    sql = current_sql(log, log.state(), key=("id",))
    con = connect(work=shop.lake.work)
    try:
        return con.execute(f"select id, name from ({sql}) order by id").fetchall()
    finally:
        con.close()


def source_rows(shop: Any) -> list[tuple[Any, ...]]:
    with shop.connect() as con:
        return con.execute("select id, name from items order by id").fetchall()


@pytest.mark.parametrize("key", ["", ", key=('id', 'name')"], ids=["primary", "wider"])
def test_current_state_is_the_sources(shop: Any, key: str) -> None:
    shop.declare(f"postgres.table('items', source='app', cursor='updated_at'{key})")
    shop.run("insert into items (id, name) select n, 'a' || n from generate_series(1, 300) n")
    for change in (
        "select 1",
        "update items set updated_at = now(), name = 'b' where id % 10 = 0",
        "delete from items where id in (7, 20)",
        "insert into items values (7, 'again', now()), (301, 'new', now())",
        "update items set updated_at = now(), name = 'c' where id in (10, 301)",
    ):
        shop.run(change)
        shop.land()
        if not key:
            assert current(shop) == source_rows(shop), change
    assert bool(shop.marks("unique_until")) is True
    assert shop.marks("unique_until")["unique_until"] == (1 << 32) + 299


def test_current_state_without_a_primary_key_compares_all_versions(shop: Any) -> None:
    shop.run("alter table items drop constraint items_pkey")
    shop.declare("postgres.table('items', source='app', key=('id',))")
    shop.run("insert into items (id, name) values (1, 'a'), (1, 'b'), (2, 'c')")
    shop.land()
    assert shop.marks("unique_until") == {}
    assert [row[0] for row in current(shop)] == [1, 2]


def test_first_load_lands_the_very_files_that_the_scanner_wrote(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither dlt nor the lake writes or copies a row again: the lake's file is the same inode."""
    shop.run("insert into items (id, name) select n, 'a' || n from generate_series(1, 50000) n")
    written: list[int] = []
    found = extract.written_files

    def watch(folder: Path) -> Any:
        files = found(folder)
        written.extend(file.path.stat().st_ino for file in files)
        return files

    monkeypatch.setattr(extract, "written_files", watch)
    committed: list[int] = []
    commit = DeltaLog.commit

    def look(self: Any, state: Any, batch: Any) -> int:
        version = commit(self, state, batch)
        held = [Path(self.url) / Path(name).name for name in self.state().files]
        committed.extend(path.stat().st_ino for path in held)
        return version

    monkeypatch.setattr(DeltaLog, "commit", look)
    assert shop.land().rows_landed == 50_000
    assert sorted(written) == sorted(committed)
    seqs = shop.raw("_buck_seq")
    assert len({seq for (seq,) in seqs}) == 50_000


def test_large_table_becomes_several_files(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract, "FILE_SIZE", "1MB")
    shop.run(
        "insert into items (id, name) select n, md5(n::text) from generate_series(1, 300000) n"
    )
    assert shop.land().rows_landed == 300_000
    assert len(shop.lake.raw("app", "items").state().files) > 2
    assert shop.raw("count(*), count(distinct _buck_seq), count(distinct id)", order="1") == [
        (300_000, 300_000, 300_000)
    ]
