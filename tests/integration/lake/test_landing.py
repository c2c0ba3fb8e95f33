"""Rows and marks become part of a raw table once, in every format, on disk and in a bucket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from buck.errors import LoadFenced, SourceChanged
from buck.records.table import Column, TableSpec


def test_rows_and_marks_arrive_in_one_commit(bench: Any) -> None:
    report = bench.land([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], id_until=2)
    state = bench.log.state()
    assert (state.version, state.sequence) == (0, 1)
    assert state.position["id_until"] == 2
    assert bench.rows() == [(1, "a"), (2, "b")]
    assert (report.rows_received, report.rows_landed, report.version) == (2, 2, 0)


def test_second_load_with_nothing_new_lands_nothing(bench: Any) -> None:
    bench.land([{"id": 1, "name": "a"}], id_until=1)
    for rows in ([], [{"id": 1, "name": "a"}]):
        report = bench.land(rows, id_until=1)
        assert (report.rows_landed, report.version) == (0, -1)
        assert report.rows_received == report.rows_unchanged == len(rows)
    assert bench.log.state().version == 0
    assert bench.rows() == [(1, "a")]
    assert len(bench.files()) == 1


def test_every_version_is_kept_and_rereads_are_not(anywhere: Any) -> None:
    anywhere.land([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    anywhere.land([{"id": 1, "name": "a"}, {"id": 2, "name": "c"}, {"id": 3, "name": "d"}])
    anywhere.land([{"id": 2, "name": None}], op="d")
    anywhere.land([{"id": 2, "name": None}], op="d")
    anywhere.land([{"id": 2, "name": "c"}])
    assert anywhere.rows("id, name, _buck_op") == [
        (1, "a", "u"),
        (2, "b", "u"),
        (2, "c", "u"),
        (3, "d", "u"),
        (2, None, "d"),
        (2, "c", "u"),
    ]


def test_two_changes_in_one_load_are_two_versions(bench: Any) -> None:
    bench.land([{"id": 1, "name": "a"}])
    report = bench.land(
        [{"id": 1, "name": "b"}, {"id": 1, "name": "b"}, {"id": 1, "name": "a"}], id_until=1
    )
    assert (report.rows_landed, report.rows_unchanged) == (2, 1)
    assert [name for _, name in bench.rows()] == ["a", "b", "a"]


def test_known_keys_are_those_not_deleted(bench: Any) -> None:
    load = bench.open()
    assert load.landing.known_keys(load.spec).num_rows == 0
    load.close()
    bench.land([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": "c"}])
    bench.land([{"id": 2, "name": None}, {"id": 3, "name": None}], op="d")
    bench.land([{"id": 3, "name": "back"}])
    load = bench.open()
    keys = load.landing.known_keys(load.spec).column("id").to_pylist()
    load.close()
    assert sorted(keys) == [1, 3]


def test_known_hashes_are_those_of_the_newest_versions(bench: Any) -> None:
    asked = pa.table({"id": [1, 2, 4]})
    load = bench.open()
    assert load.landing.known_hashes(load.spec, asked).num_rows == 0
    load.close()
    bench.land([{"id": n, "name": "a"} for n in (1, 2, 3)])
    bench.land([{"id": 1, "name": "b"}])
    bench.land([{"id": 2, "name": None}], op="d")
    load = bench.open()
    held = load.landing.known_hashes(load.spec, asked).to_pylist()
    expected = load.table.arrow([{"id": 1, "name": "b"}]).column("_buck_row_hash").to_pylist()
    load.close()
    assert held == [{"id": 1, "_buck_row_hash": expected[0]}]


def test_undeclared_column_widens_the_table(anywhere: Any) -> None:
    anywhere.land([{"id": 1, "name": "a"}])
    report = anywhere.land([{"id": 2, "name": "b", "colour": "red"}])
    assert report.columns_added == ("colour",)
    report = anywhere.land([{"id": 3, "name": "c"}, {"id": 2, "name": "b", "colour": "red"}])
    assert (report.columns_added, report.rows_landed) == ((), 1)
    assert anywhere.rows("id, colour") == [(1, None), (2, "red"), (3, None)]


def test_changed_type_of_a_frozen_table_is_refused_and_nothing_is_written(bench: Any) -> None:
    bench.land([{"id": 1, "name": "a"}])
    columns = (Column("id", "bigint"), Column("name", "date"))
    changed = TableSpec("shop", "items", ("id",), columns, contract="freeze")
    with pytest.raises(SourceChanged, match="name was VARCHAR and is now DATE"):
        bench.land([{"id": 2, "name": "2026-01-01"}], spec=changed)
    assert bench.rows() == [(1, "a")]


def test_first_load_of_an_empty_table_is_a_load(bench: Any) -> None:
    assert bench.land([]).version == 0
    assert bench.rows() == []
    assert bench.land([{"id": 1, "name": "a"}]).rows_landed == 1
    assert bench.rows() == [(1, "a")]


@pytest.mark.parametrize("landed_before", [False, True])
def test_of_two_loads_at_once_one_is_fenced(anywhere: Any, landed_before: bool) -> None:
    if landed_before:
        anywhere.land([{"id": 0, "name": "z"}], id_until=0)
    first, second = anywhere.open(), anywhere.second_machine().open()
    first.commit([{"id": 1, "name": "a"}], id_until=1)
    with pytest.raises(LoadFenced) as fenced:
        second.commit([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], id_until=2)
    first.close()
    second.close()
    assert fenced.value.retryable
    expected = [(0, "z"), (1, "a")] if landed_before else [(1, "a")]
    assert anywhere.rows() == expected
    assert anywhere.log.state().position["id_until"] == 1
    assert len(anywhere.files()) == len(expected)
    anywhere.second_machine().land([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], id_until=2)
    assert anywhere.rows() == [*expected, (2, "b")]


def test_machine_without_local_state_continues(anywhere: Any) -> None:
    anywhere.land([{"id": 1, "name": "a"}], id_until=1)
    other = anywhere.second_machine()
    load = other.open()
    assert (load.opened.sequence, load.opened.position["id_until"]) == (1, 1)
    report = load.commit([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], id_until=2)
    load.close()
    assert report.rows_landed == 1
    assert anywhere.rows() == other.rows() == [(1, "a"), (2, "b")]


def test_arrival_order_is_total_across_loads(bench: Any) -> None:
    for name in ("a", "b", "c"):
        bench.land([{"id": 1, "name": name}, {"id": 2, "name": name}])
    seqs = [row[0] for row in bench.rows("_buck_seq")]
    assert len(set(seqs)) == 6
    assert seqs == sorted(seqs)


VALUES: dict[str, list[Any]] = {
    "text": ["", "ž 東京 🎉", 'a "quoted", line\nbreak\t\\ end', None],
    "bigint": [0, 2**63 - 1, -(2**63), None],
    "boolean": [True, False, None],
    "double": [0.1, 1e300, -2.5e-300, None],
    "decimal": [Decimal("12345678901234567890123456789.123456789"), Decimal("-0.000000001"), None],
    "timestamptz": [
        datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        None,
    ],
    "date": [date(2026, 2, 28), date(1, 1, 1), date(9999, 12, 31), None],
    "bytes": [b"", b"\x00\xff'\"\\x41", None],
}


@pytest.mark.parametrize("type_", VALUES)
@pytest.mark.parametrize("format_", ["delta", "parquet", "json"])
def test_values_come_back_as_they_went_in(
    make_bench: Callable[..., Any], format_: str, type_: Any
) -> None:
    bench = make_bench(format_)
    spec = TableSpec("shop", "items", ("id",), (Column("id", "bigint"), Column("v", type_)))
    rows = [{"id": n, "v": value} for n, value in enumerate(VALUES[type_])]
    bench.land(rows, spec=spec)
    assert [row[0] for row in bench.rows("v")] == VALUES[type_]
    assert bench.land(rows, spec=spec).rows_landed == 0


def test_table_named_like_the_start_of_another_is_apart(anywhere: Any) -> None:
    longer = TableSpec("shop", "items_old", ("id",), (Column("id", "bigint"),))
    anywhere.land([{"id": 7}], spec=longer)
    anywhere.land([{"id": 1, "name": "a"}])
    assert anywhere.rows() == [(1, "a")]
    assert anywhere.rows("id", "items_old") == [(7,)]
    names = [str(table) for table in anywhere.lake.raw_tables()]
    assert names == ["shop.items", "shop.items_old"]


def test_lakes_in_two_buckets_do_not_share_copies(
    make_bench: Callable[..., Any], bucket: Any, s3_endpoint: str, tmp_path: Path
) -> None:
    one = make_bench("parquet", bucket)
    two = make_bench("parquet", bucket)
    two.root = f"{bucket.root}-2"
    one.land([{"id": 1, "name": "one"}])
    two.land([{"id": 1, "name": "two"}])
    assert one.rows() == [(1, "one")]
    assert two.rows() == [(1, "two")]


def test_bucket_emptied_and_filled_anew_is_read_anew(
    make_bench: Callable[..., Any], bucket: Any
) -> None:
    bench = make_bench("parquet", bucket)
    bench.land([{"id": 1, "name": "before"}])
    assert bench.rows() == [(1, "before")]
    storage = bench.lake.storage
    for name in storage.names(""):
        storage.remove(name)
    bench.second_machine().land([{"id": 1, "name": "after"}])
    later = make_bench("parquet", bucket)
    assert later.rows() == [(1, "after")]
