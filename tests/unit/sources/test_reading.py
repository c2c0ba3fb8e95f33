"""How far a load says it is, while it goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from buck.records.load import Reading
from buck.records.table import Column, TableSpec
from buck.sources.load import Load, TableLoad

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


def test_rows_of_all_tables_and_bytes_of_all_files_count(tmp_path: Path) -> None:
    load = Load(
        "shop", "load-1", AS_OF, tmp_path, lambda spec: TableLoad(spec, "load-1", AS_OF, 1, {})
    )
    assert load.reading() == Reading(0, 0)
    for name, rows in (("items", 2), ("orders", 3)):
        spec = TableSpec("shop", name, ("id",), (Column("id", "bigint"),))
        load.table(spec).arrow([{"id": n} for n in range(rows)])
    (tmp_path / "dlt" / "deeper").mkdir(parents=True)
    (tmp_path / "items-0000.parquet").write_bytes(b"12345")
    (tmp_path / "dlt" / "deeper" / "part").write_bytes(b"123")
    assert load.reading() == Reading(5, 8)


def test_a_load_whose_folder_is_gone_is_asked_in_vain(tmp_path: Path) -> None:
    """It ended between two looks."""
    load = Load("shop", "load-1", AS_OF, tmp_path / "gone", lambda _: None)  # type: ignore[arg-type, return-value]
    assert load.reading() == Reading(0, 0)
