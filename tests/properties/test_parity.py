"""The comparison finds exactly the edits that were made, and nothing where the data are equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buck.engine import connect
from buck.parity import compare
from buck.parity.canonical import Shape, family_of, image_sql, text_sql
from buck.parity.relation import NUMERIC_TEXT

TYPES = {
    "id": "bigint",
    "name": "varchar",
    "amount": "decimal(18, 2)",
    "seen_at": "timestamptz",
    "is_paid": "boolean",
    "share": "double",
    "tags": "varchar[]",
}
FIRST, LAST = datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2200-01-01")
TIMES = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
    "amount": st.decimals(-(10**15), 10**15, places=2),
    "seen_at": TIMES,
    "is_paid": st.booleans(),
    "share": st.floats(width=32),
    "tags": st.lists(st.sampled_from(["a", "b", "é"]), max_size=2),
}
ROW = st.fixed_dictionaries({name: st.none() | values for name, values in VALUES.items()})
TABLE = st.dictionaries(st.integers(-(2**63), 2**63 - 1), ROW, max_size=12)


@pytest.fixture(scope="module")
def con(tmp_path_factory: Any) -> Iterator[Any]:
    con = connect(work=tmp_path_factory.mktemp("parity"), threads=1)
    yield con
    con.close()


def fill(con: Any, table: str, rows: list[dict[str, Any]], types: dict[str, str]) -> None:
    columns = ", ".join(f"{name} {type_}" for name, type_ in types.items())
    con.execute(f"create or replace table {table} ({columns})")
    for row in rows:
        marks = ", ".join("?" for _ in types)
        con.execute(f"insert into {table} values ({marks})", [row[name] for name in types])


def same(one: Any, other: Any) -> bool:
    """As the comparison sees it: one NaN, one zero."""
    return one == other or (one != one and other != other)


@settings(max_examples=40, deadline=None)
@given(before=TABLE, draw=st.data())
def test_random_edits_are_what_is_found(con: Any, before: dict[int, Any], draw: Any) -> None:
    after = {key: dict(row) for key, row in before.items()}
    for key in draw.draw(
        st.lists(st.sampled_from(sorted(after)), unique=True) if after else st.just([])
    ):
        if draw.draw(st.booleans()):
            del after[key]
        else:
            column = draw.draw(st.sampled_from(sorted(VALUES)))
            after[key][column] = draw.draw(st.none() | VALUES[column])
    after |= {k: v for k, v in draw.draw(TABLE).items() if k not in before}
    fill(con, "before", [{"id": k, **row} for k, row in before.items()], TYPES)
    added_order = draw.draw(st.permutations(sorted(after)))
    fill(con, "after", [{"id": k, **after[k]} for k in added_order], TYPES)

    found = compare(con, "before", "after", key=["id"], limit=50)

    edited = {
        key: {c for c in VALUES if not same(before[key][c], after[key][c])}
        for key in before.keys() & after.keys()
    }
    changed = {key: columns for key, columns in edited.items() if columns}
    told = {(d.kind, int(str(d.key["id"]))): d for d in found.samples}
    expected = {("added", k) for k in after.keys() - before.keys()}
    expected |= {("removed", k) for k in before.keys() - after.keys()}
    assert told.keys() == expected | {("changed", k) for k in changed}
    for key, columns in changed.items():
        one = told["changed", key]
        assert set(one.left) == set(one.right) == columns
    counts = (found.added, found.removed, found.changed)
    assert counts == (
        len(after.keys() - before.keys()),
        len(before.keys() - after.keys()),
        len(changed),
    )
    assert found.changed_columns == Counter(c for columns in changed.values() for c in columns)
    assert found.is_equal == (not expected and not changed)
    assert found.left is not None
    assert found.right is not None
    assert (found.left.rows, found.right.rows) == (len(before), len(after))
    assert (found.left.distinct_keys, found.right.distinct_keys) == (len(before), len(after))
    amounts = [row["amount"] for row in before.values() if row["amount"] is not None]
    held = found.left.columns["amount"]
    assert held.nulls == len(before) - len(amounts)
    if amounts:
        assert Decimal(str(held.sum)) == sum(amounts)
        assert (Decimal(str(held.min)), Decimal(str(held.max))) == (min(amounts), max(amounts))
    assert (found.left.content_hash == found.right.content_hash) == found.has_same_rows


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ab")), max_size=8), draw=st.data()
)
def test_without_a_key_the_difference_is_that_of_multisets(con: Any, rows: Any, draw: Any) -> None:
    other = draw.draw(st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ab")), max_size=8))
    types = {"n": "integer", "t": "varchar"}
    fill(con, "before", [{"n": n, "t": t} for n, t in rows], types)
    fill(con, "after", [{"n": n, "t": t} for n, t in other], types)
    one, two = Counter(rows), Counter(other)
    for key in ((), ("n",)):
        found = compare(con, "before", "after", key=key, limit=50)
        more, less = (two - one).total(), (one - two).total()
        # Under a key that is not unique, rows pair up as far as they can, and none is lost.
        assert (found.added + found.changed, found.removed + found.changed) == (more, less)
        assert found.changed == 0 or key
        gone = Counter(
            (int(str(d.left["n"])), str(d.left["t"])) for d in found.samples if d.kind == "removed"
        )
        if not key:
            assert gone == one - two


WIDER = {
    "id": ("integer", "decimal(38, 9)", "hugeint"),
    "name": ("varchar", "enum_of_names", "varchar"),
    "amount": ("decimal(9, 2)", "decimal(38, 10)", "decimal(20, 3)"),
    "seen_at": ("timestamptz", "timestamp", "timestamp_ns"),
    "is_paid": ("boolean", "boolean", "boolean"),
    "share": ("float", "double", "double"),
    "tags": ("varchar[]", "json", "varchar"),
}
NAMES = ["", "é", "e\u0301", "日本", "A", "a "]
EQUAL = st.fixed_dictionaries(
    {
        "id": st.integers(-(2**31), 2**31 - 1),
        "name": st.none() | st.sampled_from(NAMES),
        "amount": st.none() | st.decimals(-(10**6), 10**6, places=2),
        "seen_at": st.none() | TIMES,
        "is_paid": st.none() | st.booleans(),
        "share": st.none() | st.sampled_from([0.0, -0.0, 0.5, 1e20, float("nan"), float("inf")]),
        "tags": st.none() | st.lists(st.sampled_from(["a", 'b"', "é"]), max_size=2),
    }
)


@pytest.mark.parametrize("other", [1, 2])
@settings(max_examples=25, deadline=None)
@given(rows=st.lists(EQUAL, max_size=8), zone=st.sampled_from(["Asia/Tokyo", "America/Lima"]))
def test_equal_data_in_another_shape_is_equal(con: Any, other: int, rows: Any, zone: str) -> None:
    con.execute("drop table if exists after; drop type if exists enum_of_names")
    con.execute(f"create type enum_of_names as enum ({', '.join(repr(n) for n in NAMES)})")
    con.execute("set TimeZone = 'UTC'")
    fill(con, "before", rows, {name: types[0] for name, types in WIDER.items()})
    items = ", ".join(
        f"cast({'to_json(tags)' if name == 'tags' else name} as {types[other]}) as {name}"
        for name, types in reversed(WIDER.items())
    )
    con.execute(f"create table after as select {items} from before order by hash(id)")
    try:
        con.execute(f"set TimeZone = '{zone}'")
        found = compare(con, "before", "after", key=["ID"])
    finally:
        con.execute("set TimeZone = 'UTC'")
    assert found.is_equal, found
    assert found.left == found.right


NUMBERS = (
    "decimal(38, 0)",
    "decimal(38, 2)",
    "decimal(18, 2)",
    "decimal(38, 18)",
    "hugeint",
    "bigint",
)


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(
        st.decimals(-(10**19), 10**19, places=2) | st.integers(-(10**19), 10**19),
        min_size=1,
        max_size=4,
    )
)
def test_hashes_are_equal_exactly_where_texts_are(con: Any, numbers: Any) -> None:
    images: dict[str, set[int]] = {}
    for number in numbers:
        for type_ in (*NUMBERS, NUMERIC_TEXT):
            sql_type = "varchar" if type_ == NUMERIC_TEXT else type_
            exact = con.execute(f"select try_cast('{number}' as {sql_type})").fetchone()[0]
            if exact is None or Decimal(str(exact)) != Decimal(number):
                continue
            con.execute(
                f"create or replace table one as select cast('{number}' as {sql_type}) as x"
            )
            told = con.execute("describe one").fetchone()[1]
            shape = Shape("x", type_ if type_ == NUMERIC_TEXT else told, family_of(told))
            if type_ == NUMERIC_TEXT:
                shape = Shape("x", type_, "number")
            text, image = con.execute(
                f"select {text_sql(shape)}, {image_sql(shape)} from one"
            ).fetchone()
            assert Decimal(text) == Decimal(number)
            images.setdefault(text, set()).add(image)
    assert all(len(found) == 1 for found in images.values()), images
    assert len(set.union(*images.values())) == len(images)
