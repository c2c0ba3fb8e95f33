"""A rebuilt table against the published one, row by row."""

from __future__ import annotations

import pytest

from buck.engine import connect
from buck.flow.dev.differences import Compared, attach, compare
from buck.names import TableRef

PUBLISHED = """
    select * from (values
        (1, 'usd', 10.0, 'ann@x.org'), (2, 'usd', 20.0, 'bob@x.org'),
        (2, 'eur', 5.0, null), (null, 'usd', 1.0, 'eve@x.org'))
    as t(id, currency, amount, email)
"""
REF = TableRef("shop", "sales")


@pytest.fixture
def build(tmp_path):
    """Makes the branch's database hold some rows, and gives a connection that sees them."""
    opened = []

    def make(sql: str):
        for con in opened:
            con.close()
        file = tmp_path / "build.duckdb"
        with connect(file, work=tmp_path / "work") as con:
            con.execute(
                f"create schema if not exists shop; create or replace table shop.sales as {sql}"
            )
        con = connect(work=tmp_path / "work")
        attach(con, file)
        opened.append(con)
        return con

    yield make
    for con in opened:
        con.close()


def difference(con, *, key=("id", "currency"), published=PUBLISHED, personal=()):
    return compare(con, Compared(REF, published, key), personal=personal)


def test_equal_rows_are_as_published(build):
    found = difference(build(PUBLISHED))
    assert found.is_same
    assert (found.rows, found.published_rows) == (4, 4)


def test_rows_added_removed_and_changed_are_told_apart(build):
    found = difference(
        build(
            "select * from (values (1, 'usd', 11.0, 'ann@x.org'), (2, 'usd', 20.0, null),"
            " (3, 'usd', 9.0, null), (null, 'usd', 1.0, 'eve@x.org'))"
            " as t(id, currency, amount, email)"
        )
    )
    assert not found.is_same
    assert (found.added, found.removed, found.changed_rows) == (1, 1, 2)
    assert [(c.name, c.rows) for c in found.changed] == [("amount", 1), ("email", 1)]
    assert found.changed[0].samples == (("1, usd", "10.0", "11.0"),)


def test_personal_values_are_not_shown(build):
    rows = PUBLISHED.replace("ann@x.org", "Ann Lee")
    found = difference(build(rows), personal={"email", "currency"})
    assert found.changed[0].samples == (("1, •••", "•••", "•••"),)


def test_columns_of_one_side_are_named_and_not_compared(build):
    found = difference(build(f"select id, currency, amount, 1 as extra from ({PUBLISHED})"))
    assert (found.new_columns, found.lost_columns) == (("extra",), ("email",))
    assert (found.added, found.removed, found.changed_rows) == (0, 0, 0)
    assert not found.is_same


def test_without_a_key_that_holds_whole_rows_are_compared(build):
    doubled = f"{PUBLISHED} union all select 1, 'usd', 10.0, 'ann@x.org'"
    for key in ((), ("nothing",), ("id", "currency")):
        found = difference(build(doubled), key=key)
        assert found.key == ()
        assert (found.added, found.removed) == (1, 0)


def test_a_table_that_is_not_published_only_has_its_rows(build):
    found = difference(build(PUBLISHED), published="")
    assert (found.rows, found.published_rows) == (4, None)
    assert not found.is_same
