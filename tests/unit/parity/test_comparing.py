"""Small tables by hand: what is told of schemas, keys, floats, nulls and personal data."""

from __future__ import annotations

from typing import Any

import pytest

from buck.engine import connect
from buck.parity import compare, compare_sets
from buck.records.comparison import SchemaChange


@pytest.fixture
def con(tmp_path: Any) -> Any:
    con = connect(work=tmp_path)
    yield con
    con.close()


def values(rows: str, columns: str) -> str:
    return f"(select * from (values {rows}) as t({columns}))"


def test_columns_and_families_that_differ_are_told_and_not_compared(con: Any) -> None:
    con.execute("create table before (id int, gone text, amount decimal(9, 2), flag boolean)")
    con.execute("create table after (id bigint, fresh text, amount double, flag boolean)")
    con.execute("insert into before values (1, 'a', 1.5, true)")
    con.execute("insert into after values (1, 'b', 2.5, true)")
    found = compare(con, "before", "after", key=["id"])
    assert found.schema == (
        SchemaChange("amount", "type changed", "DECIMAL(9,2)", "DOUBLE"),
        SchemaChange("fresh", "column added", right="VARCHAR"),
        SchemaChange("gone", "column removed", left="VARCHAR"),
    )
    assert found.has_same_rows
    assert not found.is_equal
    assert [found.fails(c) for c in ("changed", "removed", "schema")] == [False, True, True]
    ignored = compare(con, "before", "after", key=["id"], ignore=["AMOUNT", "fresh", "gone"])
    assert ignored.is_equal
    assert ignored.ignored == ("amount", "fresh", "gone")


def test_a_key_that_cannot_be_compared_is_no_key(con: Any) -> None:
    one, other = values("(1, 'a')", "id, t"), values("(1, 'b')", "id, t")
    found = compare(con, one, other, key=["number"])
    assert (found.key, found.added, found.removed, found.changed) == ((), 1, 1, 0)
    assert found.left is not None
    assert found.left.distinct_keys is None


def test_a_null_in_a_key_is_a_key_like_another(con: Any) -> None:
    one = values("(null, 1, 'x'), (1, null, 'y')", "a, b, t")
    other = values("(null, 1, 'z'), (1, null, 'y')", "a, b, t")
    found = compare(con, one, other, key=["a", "b"])
    (sample,) = found.samples
    assert (sample.kind, dict(sample.key)) == ("changed", {"a": None, "b": "1"})
    assert (sample.left, sample.right) == ({"t": "x"}, {"t": "z"})


def test_columns_may_be_called_what_the_comparison_calls_its_own(con: Any) -> None:
    names = [
        "b",
        "h",
        "n",
        "x",
        "s",
        "k",
        "c0",
        "l0",
        "kind",
        "place",
        "times",
        "one",
        "value",
        "key",
    ]
    for table in ("before", "after"):
        con.execute(
            f"create table {table} ({', '.join(f'{name} bigint' for name in names)}, atom json)"
        )
        con.execute(
            f"insert into {table} select {', '.join(['i'] * len(names))}, i from range(50) r(i)"
        )
    con.execute("update after set s = -1, c0 = -2 where b = 7")
    con.execute("delete from after where b = 8")
    for key in (["b"], ["k", "c0"]):
        found = compare(con, "before", "after", key=key)
        expected = (0, 1, 1) if key == ["b"] else (1, 2, 0)
        assert (found.added, found.removed, found.changed) == expected
    assert compare(con, "before", "after", key=["b"]).changed_columns == {"c0": 1, "s": 1}


def test_floats_count_by_their_declared_digits_only(con: Any) -> None:
    con.execute("create table before as select 1 as id, 0.1::double + 0.2::double as x")
    con.execute("create table after as select 1 as id, 0.3::double as x")
    exact = compare(con, "before", "after", key=["id"])
    assert exact.changed_columns == {"x": 1}
    rounded = compare(con, "before", "after", key=["id"], precision={"X": 6})
    assert rounded.is_equal
    assert rounded.left == rounded.right
    assert rounded.left is not None
    assert rounded.left.columns["x"].sum == "0.3"
    con.execute("update after set x = 0.300002")
    assert compare(con, "before", "after", key=["id"], precision={"x": 6}).changed == 1


def test_figures_are_exact_where_sums_are_wider_than_any_type(con: Any) -> None:
    most = "9" * 38
    con.execute("create table wide (x decimal(38, 0), y decimal(38, 10))")
    con.execute(
        f"insert into wide select {most}, -1234567890123456789012345678.0123456789 from range(3)"
    )
    found = compare(con, "wide", "wide")
    assert found.left is not None
    columns = found.left.columns
    assert columns["x"].sum == str(3 * int(most))
    assert columns["y"].sum == "-3703703670370370367037037034.0370370367"
    assert columns["y"].min == columns["y"].max == "-1234567890123456789012345678.0123456789"


def test_figures_can_be_left_out_and_the_rows_are_found_all_the_same(con: Any) -> None:
    one, other = values("(1, 5), (2, 6)", "id, n"), values("(1, 5), (2, 7)", "id, n")
    found = compare(con, one, other, key=["id"], figures=False)
    assert (found.changed, found.changed_columns) == (1, {"n": 1})
    whole = compare(con, one, other, key=["id"])
    for lean, full in ((found.left, whole.left), (found.right, whole.right)):
        assert lean is not None
        assert full is not None
        assert (lean.rows, lean.content_hash) == (full.rows, full.content_hash)
        assert (dict(lean.columns), lean.distinct_keys, full.distinct_keys) == ({}, None, 2)


def test_equal_figures_do_not_hide_swapped_values(con: Any) -> None:
    """Same count, nulls, sum, least, greatest and keys; only the rows tell."""
    one, other = values("(1, 5), (2, 6)", "id, n"), values("(1, 6), (2, 5)", "id, n")
    found = compare(con, one, other, key=["id"])
    assert found.left is not None
    assert found.right is not None
    assert found.left.columns == found.right.columns
    assert (found.changed, found.changed_columns) == (2, {"n": 2})


def test_personal_values_are_masked_everywhere(con: Any) -> None:
    one = values("(1, 'Ann Ray', 'write to ann@example.com')", "id, name, note")
    other = values("(1, 'Bob Ray', 'write to bob@example.com'), (2, 'Cy', null)", "id, name, note")
    found = compare(con, one, other, key=["id"], personal=["NAME"])
    told = str(found.to_dict())
    assert not [word for word in ("Ann", "Bob", "Cy", "@") if word in told]
    assert found.changed_columns == {"name": 1, "note": 1}
    added, changed = found.samples
    assert added.right == {"id": "2", "name": "•••", "note": None}
    assert changed.left == {"name": "•••", "note": "write to •••"}


def test_nothing_is_left_on_the_connection(con: Any) -> None:
    one, other = values("(1, 'a')", "id, t"), values("(1, 'b')", "id, t")
    compare(con, one, other, key=["id"])
    assert con.execute("select table_name from duckdb_tables()").fetchall() == []


def test_sets_name_tables_that_one_side_has(con: Any) -> None:
    one = values("(1), (2)", "id")
    found = compare_sets(
        con, {"a.x": one, "a.y": one}, {"a.y": one, "a.z": one}, keys={"a.y": ["id"]}
    )
    told = [(t.table, t.presence, t.added, t.removed) for t in found.tables]
    assert told == [("a.x", "left", 0, 2), ("a.y", "both", 0, 0), ("a.z", "right", 2, 0)]
    assert [t.table for t in found.differing] == ["a.x", "a.z"]
    assert found.tables[1].key == ("id",)


def test_an_empty_table_equals_an_empty_one_and_no_other(con: Any) -> None:
    con.execute("create table none (id int, t text)")
    assert compare(con, "none", "none", key=["id"]).is_equal
    found = compare(con, "none", values("(1, 'a')", "id, t"), key=["id"])
    assert (found.added, found.removed, found.changed) == (1, 0, 0)
