"""A load that waited while others committed: its rows follow theirs, known ones are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from buck.lake.lake import Lake
from buck.records.load import LoadRules

HOLDING = LoadRules(contract="quarantine", max_held_rows=100)


def rows(*told: dict[str, Any]) -> str:
    return f"def source():\n    return reading(current_load(), {list(told)})\n"


@pytest.fixture
def landed(tmp_path: Path) -> Callable[[], list[tuple[Any, ...]]]:
    """Each row with the commit it came by."""

    def read() -> list[tuple[Any, ...]]:
        table = DeltaTable(tmp_path / "lake" / "raw" / "shop" / "items").to_pyarrow_table()
        return sorted(
            (row["_buck_seq"] >> 32, row["id"], row["name"], row.get("size"))
            for row in table.to_pylist()
        )

    return read


def meanwhile(run: Any, body: str) -> Callable[[], Any]:
    """A turn before which another load lands."""

    @contextmanager
    def turn() -> Iterator[None]:
        run(body, rules=HOLDING)
        yield

    return turn


def test_rows_and_held_records_get_the_numbers_of_their_turn(
    run: Any, landed: Any, tmp_path: Path
) -> None:
    run(rows({"id": 1, "name": "a"}))
    both = meanwhile(run, rows({"id": 2, "name": "b"}, {"id": 3, "name": "old"}))
    late = rows({"id": 2, "name": "b"}, {"id": 3, "name": "new"}, {"id": "x"})
    report = run(late, rules=HOLDING, turn=both).tables[0]
    assert (report.rows_landed, report.rows_unchanged, report.rows_quarantined) == (1, 1, 1)
    assert landed() == [
        (1, 1, "a", None),
        (2, 2, "b", None),
        (2, 3, "old", None),
        (3, 3, "new", None),
    ]
    [held] = Lake(str(tmp_path / "lake"), tmp_path / "work").quarantine.read()
    assert held.seq is not None
    assert held.seq >> 32 == 3


def test_a_source_is_read_again_if_its_tables_columns_changed(run: Any, tmp_path: Path) -> None:
    run(rows({"id": 1, "name": "a"}))
    wider = meanwhile(run, rows({"id": 2, "name": "b", "size": "big"}))
    # Read for the narrow table, it would bring a second column of the same name.
    run(rows({"id": 3, "name": "c", "Size": "small"}), turn=wider)
    table = DeltaTable(tmp_path / "lake" / "raw" / "shop" / "items").to_pyarrow_table()
    own = [name for name in table.column_names if not name.startswith("_buck_")]
    assert len({name.lower() for name in own}) == len(own) == 4
    assert sorted(table[own[3]].to_pylist(), key=str) == [None, None, "small"]
