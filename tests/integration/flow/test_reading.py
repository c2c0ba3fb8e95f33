"""`import buck; buck.open()`: one snapshot, whatever is published meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import buck
from buck.errors import ConfigError, LakeError


@pytest.fixture
def moving(early: Any, published: Any, copy_of: Callable[[Any], Any]) -> Any:
    """A project that can publish something else."""
    project = copy_of(early)
    project.connect(published.work / "sandbox")
    return project


def test_an_open_snapshot_does_not_change_when_another_is_published(moving: Any) -> None:
    rows = {f"{t['schema']}.{t['name']}": t["rows"] for t in moving.snapshot()["tables"]}
    name = "finance.fct_payments"
    with buck.open(moving.root) as before:
        lazy, relation = before.table(name).polars(), before.table(name).relation()
        moving.buck("run").expect(0)
        assert moving.snapshot()["number"] == before.snapshot.number + 1
        assert before.table(name).rows == rows[name]
        assert before.table(name).arrow().num_rows == rows[name]
        assert relation.aggregate("count(*)").fetchall() == [(rows[name],)]
        assert lazy.collect().height == rows[name]
        assert before.sql("from core.buck_snapshot").fetchall()[0][0] == before.snapshot.id
        with buck.open(moving.root) as after:
            assert after.snapshot.number == before.snapshot.number + 1
            assert after.table(name).rows > before.table(name).rows


def test_the_three_shapes_hold_the_same_rows(published: Any) -> None:
    with buck.open(published.root / "transform") as marts:
        for name in marts.tables:
            table = marts.table(name)
            arrow = table.arrow()
            lazy = table.polars().collect()
            assert arrow.num_rows == lazy.height == table.rows
            assert arrow.column_names == lazy.columns == table.relation().columns
    assert set(marts.tables) == set(published.content())


def test_amounts_are_decimals_in_every_shape(published: Any) -> None:
    import polars as pl
    import pyarrow as pa

    with buck.open(published.root) as marts:
        table = marts.table("finance.agg_monthly_revenue")
        assert table.polars().collect_schema()["net_amount"] == pl.Decimal(18, 3)
        assert table.arrow().schema.field("net_amount").type == pa.decimal128(18, 3)
        assert str(table.relation().select("net_amount").types[0]) == "DECIMAL(18,3)"


def test_a_mart_that_is_not_there_is_refused_with_those_that_are(published: Any) -> None:
    with buck.open(published.root) as marts, pytest.raises(ConfigError, match="nope") as caught:
        marts.table("finance.nope")
    assert "finance.fct_payments" in caught.value.hint


def test_before_the_first_publish_there_is_nothing_to_open(project: Any) -> None:
    with pytest.raises(LakeError, match="nothing is published yet"):
        buck.open(project.root)
    assert not project.lake.exists() or not list(project.lake.glob("*"))
