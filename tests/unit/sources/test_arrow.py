"""Records become rows of their raw table's types, or the column that cannot is named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from buck.errors import SourceChanged
from buck.records.table import SYSTEM_COLUMNS, Column, TableSpec
from buck.sources.arrow import canonical, rows_to_arrow
from buck.sources.load import TableLoad

AS_OF = datetime(2026, 1, 2, tzinfo=UTC)


def load(*columns: Column, sequence: int = 3) -> TableLoad:
    spec = TableSpec("shop", "items", ("id",), (Column("id", "bigint"), *columns))
    return TableLoad(spec, "load-1", AS_OF, sequence, {})


def value(type_: Any, given: Any, **options: Any) -> Any:
    table = load(Column("v", type_, **options)).arrow([{"id": 1, "v": given}])
    return table.column("v").to_pylist()[0]


@pytest.mark.parametrize(
    ("type_", "given", "held"),
    [
        ("text", "a", "a"),
        ("text", 7, "7"),
        ("text", True, "true"),
        ("text", {"b": 1, "a": [None]}, '{"a":[null],"b":1}'),
        ("json", {"b": 1, "a": 2}, '{"a":2,"b":1}'),
        ("json", "plain", '"plain"'),
        ("json", [], "[]"),
        ("timestamptz", 1767225600, datetime(2026, 1, 1, tzinfo=UTC)),
        ("timestamptz", "2026-01-01T02:00:00+02:00", datetime(2026, 1, 1, tzinfo=UTC)),
        ("timestamptz", "2026-01-01T00:00:00", datetime(2026, 1, 1, tzinfo=UTC)),
        (
            "timestamptz",
            datetime(2026, 1, 1, 5, tzinfo=timezone(timedelta(hours=5))),
            datetime(2026, 1, 1, tzinfo=UTC),
        ),
        ("date", "2026-02-03", date(2026, 2, 3)),
        ("date", datetime(2026, 2, 3, 4, tzinfo=UTC), date(2026, 2, 3)),
        ("decimal", "12345678901234567890123456789.123456789", None),
        ("decimal", 1.1, Decimal("1.100000000")),
        ("double", "1e3", 1000.0),
        ("boolean", False, False),
        ("bytes", b"\x00", b"\x00"),
    ],
)
def test_value_arrives_in_its_columns_type(type_: Any, given: Any, held: Any) -> None:
    assert value(type_, given) == (Decimal(given) if held is None else held)


@pytest.mark.parametrize(
    ("type_", "given"),
    [
        ("bigint", 2**63),
        ("bigint", "seven"),
        ("boolean", "yes"),
        ("double", {}),
        ("decimal", "a lot"),
        ("decimal", "NaN"),
        ("decimal", "Infinity"),
        ("decimal", Decimal(10) ** 30),
        ("bigint", Decimal("1e999999999")),
        ("decimal", Decimal("1e999999999")),
        ("timestamptz", "soon"),
        ("timestamptz", 1e20),
        ("timestamptz", {"at": 1}),
        ("date", "2026-13-01"),
        ("text", "lone \ud800 surrogate"),
        ("text", {"k": Decimal(1)}),
        ("json", {"k": object()}),
    ],
)
def test_value_that_does_not_fit_names_its_column(type_: Any, given: Any) -> None:
    spec = TableSpec("shop", "items", ("id",), (Column("id", "bigint"), Column("v", type_)))
    with pytest.raises(SourceChanged, match=r"shop\.items\.v"):
        rows_to_arrow(
            spec, [{"id": 1, "v": given}], op="r", source_at=None, load_id="l", as_of=AS_OF
        )


def test_every_row_carries_the_system_columns() -> None:
    table = load().arrow([{"id": 1}, {"id": 2}], op=["c", "d"], source_at=[AS_OF, None])
    assert table.schema.names == ["id", *(name for name, _ in SYSTEM_COLUMNS)]
    rows = table.to_pylist()
    assert [r["_buck_op"] for r in rows] == ["c", "d"]
    assert [r["_buck_source_ts"] for r in rows] == [AS_OF, None]
    assert {r["_buck_load_id"] for r in rows} == {"load-1"}
    assert {r["_buck_observed_at"] for r in rows} == {AS_OF}


def test_sequence_numbers_go_on_within_a_load_and_grow_between_loads() -> None:
    one, two = load(sequence=3), load(sequence=4)
    seqs = [
        seq
        for part in (
            one.arrow([{"id": 1}]),
            one.arrow([{"id": 2}, {"id": 3}]),
            two.arrow([{"id": 1}]),
        )
        for seq in part.column("_buck_seq").to_pylist()
    ]
    assert seqs == sorted(set(seqs))
    assert seqs[0] == 3 << 32


def test_empty_batch_keeps_its_types() -> None:
    table = load(Column("v", "decimal", precision=(10, 2))).arrow([])
    assert table.num_rows == 0
    assert str(table.schema.field("v").type) == "decimal128(10, 2)"


def test_undeclared_fields_are_kept_as_text() -> None:
    table = load().arrow([{"id": 1, "new": {"a": 1}}, {"id": 2, "newer": 5}])
    assert table.column("new").to_pylist() == ['{"a":1}', None]
    assert table.column("newer").to_pylist() == [None, "5"]


def test_keys_need_a_lake_to_compare_with() -> None:
    from buck.errors import ConfigError

    with pytest.raises(ConfigError, match="without a lake"):
        load().known_keys()


def test_a_number_of_a_billion_digits_is_not_written_out() -> None:
    assert canonical(Decimal("1e999999999")) == "1E+999999999"
    assert canonical(Decimal("1e-999999999")) == "1E-999999999"
    assert canonical(Decimal("1200.00")) == "1200.00"
