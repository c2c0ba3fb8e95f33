"""Connections stay inside the project, and DuckDB's complaints about files are Buck's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from buck.engine import connect, translate_errors
from buck.engine.columns import duckdb_type, empty_select, parquet_scan, schema_types, typed_select
from buck.errors import LakeDamaged, LakeError, LakeLocked

HOLD = """
import duckdb, sys
con = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def test_connections_write_only_into_their_work_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    con = connect(work=tmp_path / "work")
    assert con.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)
    con.execute("load postgres_scanner")
    with pytest.raises(duckdb.Error, match=r"extension|Extension"):
        con.execute("load spatial")
    con.close()
    assert [p.name for p in tmp_path.iterdir()] == ["work"]


def test_limits_are_handed_on(tmp_path: Path) -> None:
    con = connect(work=tmp_path, threads=1, memory_limit="200MB")
    answer = con.execute(
        "select current_setting('threads'), current_setting('memory_limit')"
    ).fetchone()
    con.close()
    assert answer == (1, "190.7 MiB")


@pytest.mark.parametrize("folder", ["plain", "block-locks"])
def test_locked_file_names_the_process_and_a_missing_one_is_not_locked(
    tmp_path: Path, folder: str
) -> None:
    file = tmp_path / folder / "x.duckdb"
    file.parent.mkdir()
    with pytest.raises(LakeDamaged):
        connect(file, work=tmp_path / "work", read_only=True)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(LakeLocked, match=str(holder.pid)) as locked:
            connect(file, work=tmp_path / "work")
        assert locked.value.retryable
    finally:
        holder.communicate()


def test_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    file = tmp_path / "x.duckdb"
    file.write_bytes(b"no database " * 1000)
    with pytest.raises(LakeDamaged):
        connect(file, work=tmp_path / "work")


@pytest.mark.parametrize("payload", [b"", b"x", b"garbage" * 100, b"PAR1" + b"\0" * 50 + b"PAR1"])
def test_file_that_is_no_parquet_is_damaged(tmp_path: Path, payload: bytes) -> None:
    file = tmp_path / "x.parquet"
    file.write_bytes(payload)
    con = connect(work=tmp_path / "work")
    try:
        with pytest.raises(LakeDamaged), translate_errors():
            con.execute(f"from {parquet_scan((str(file),))}")
    finally:
        con.close()


def test_users_sql_stays_the_users(tmp_path: Path) -> None:
    con = connect(work=tmp_path)
    try:
        with pytest.raises(duckdb.ParserException), translate_errors():
            con.execute("selec 1")
        with pytest.raises(duckdb.InvalidInputException), translate_errors():
            con.execute("select error('mine')")
    finally:
        con.close()


def test_too_little_memory_is_said_with_the_key_to_raise(tmp_path: Path) -> None:
    con = connect(work=tmp_path, threads=1, memory_limit="8MB")
    con.execute("set temp_directory = ''")
    try:
        with pytest.raises(LakeError, match="memory") as short, translate_errors():
            con.execute("create table t as select range, range::varchar from range(3000000)")
        assert "memory_limit" in short.value.hint
    finally:
        con.close()


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        (pa.string(), "VARCHAR"),
        (pa.large_string(), "VARCHAR"),
        (pa.int64(), "BIGINT"),
        (pa.float64(), "DOUBLE"),
        (pa.bool_(), "BOOLEAN"),
        (pa.date32(), "DATE"),
        (pa.binary(), "BLOB"),
        (pa.timestamp("us", tz="UTC"), "TIMESTAMP WITH TIME ZONE"),
        (pa.timestamp("us"), "TIMESTAMP"),
        (pa.decimal128(20, 3), "DECIMAL(20,3)"),
    ],
)
def test_arrow_types_have_duckdb_names_that_duckdb_gives_back(
    tmp_path: Path, type_: Any, name: str
) -> None:
    assert duckdb_type(type_) == name
    con = connect(work=tmp_path)
    con.register("held", pa.table({"c": pa.array([None], type=type_)}))
    row = con.execute("describe held").fetchone()
    con.close()
    assert row is not None
    assert row[1] == name


def test_selects_pin_names_types_and_order(tmp_path: Path) -> None:
    columns = schema_types(pa.schema([("b", pa.int64()), ('a"', pa.string())]))
    con = connect(work=tmp_path)
    typed = con.execute(typed_select(columns, "(select '7' as b)", present={"b"}))
    assert [d[0] for d in typed.description] == ["b", 'a"']
    assert typed.fetchall() == [(7, None)]
    assert con.execute(empty_select(columns)).fetchall() == []
    con.close()
