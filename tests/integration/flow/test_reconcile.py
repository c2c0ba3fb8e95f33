"""`buck reconcile` finds what a lake misses, has too much or has wrong, and repairs just that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest


@pytest.fixture(scope="module")
def own(make_project: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A landed project with a sandbox of its own, whose database tests may change."""
    from buck import sandbox

    home = tmp_path_factory.mktemp("own") / "sandbox"
    try:
        sandbox.up(home, customers=12, days=20)
        project = make_project("own")
        project.connect(home)
        for source in ("stripe", "salesforce", "app"):
            project.python(f"pipelines/{source}_pipeline.py").expect(0)
        yield project
    finally:
        sandbox.down(home, forget=True)


@pytest.mark.parametrize("source", ["stripe", "salesforce", "app"])
def test_a_landed_source_equals_its_lake(own: Any, source: str) -> None:
    found = own.buck("reconcile", source, "--json").expect(0).json
    assert found["is_equal"] is True
    tables = {t["table"]: t for t in found["tables"]}
    assert len(tables) > 3
    for table in tables.values():
        assert (table["missing"], table["extra"], table["different"]) == (0, 0, 0), table
        assert table["source_rows"] + table["unlisted"] == table["lake_rows"], table
    assert sum(t["source_rows"] for t in tables.values()) > 40
    assert own.runs()[0]["pipeline"] == f"reconcile {source}"


def lose_row(project: Any, table: str, number: int) -> None:
    """Make a raw table forget a row, as a broken lake would: its marks stay where they are."""
    import deltalake

    deltalake.DeltaTable(project.lake / "raw" / "app" / table).delete(f"id = {number}")


def test_what_differs_is_named_and_repaired(own: Any, copy_of: Callable[[Any], Any]) -> None:
    project = copy_of(own)
    url = project.sandbox_variables()["APP_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as con:
        (lost,) = con.execute("select min(id) from users").fetchone() or (0,)
    lose_row(project, "users", lost)
    # Nothing that reads since a mark would ever see it again.
    project.python("pipelines/app_pipeline.py").expect(0)
    done = project.buck("reconcile", "app", "--table", "users", "--json").expect(1)
    (table,) = done.json["tables"]
    assert (table["missing"], table["extra"], table["different"]) == (1, 0, 0)
    assert table["samples"]["missing"] == [str(lost)]
    assert table["lake_rows"] == table["source_rows"] - 1
    shown = project.buck("reconcile", "app").expect(1)
    assert f"app.users missing: {lost}" in shown.out
    assert "buck reconcile app --repair" in shown.err
    marks = delta_marks(project, "users")
    repaired = project.buck("reconcile", "app", "--repair", "--json").expect(0).json
    assert {t["table"]: t["repaired"] for t in repaired["tables"] if t["repaired"]} == {
        "app.users": 1
    }
    assert delta_marks(project, "users") == marks
    project.buck("reconcile", "app").expect(0)


def test_a_change_without_a_trace_and_a_deletion_are_told_apart(own: Any) -> None:
    url = own.sandbox_variables()["APP_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as con:
        con.execute("update products set name = name || ' II' where id = 1")
        (gone,) = con.execute("select max(id) from order_items").fetchone() or (0,)
        con.execute("delete from order_items where id = %s", (gone,))
    found = own.buck("reconcile", "app", "--json").expect(1).json
    tables = {t["table"]: t for t in found["tables"]}
    assert tables["app.products"]["samples"] == {"different": ["1"]}
    assert tables["app.order_items"]["samples"] == {"extra": [str(gone)]}
    assert sorted(n for n, t in tables.items() if not t["is_equal"]) == [
        "app.order_items",
        "app.products",
    ]
    before = len(own.versions("app")["products"])
    own.buck("reconcile", "app", "--table", "products", "--repair").expect(0)
    assert len(own.versions("app")["products"]) == before + 1
    own.buck("reconcile", "app").expect(1)
    own.buck("reconcile", "app", "--repair").expect(0)
    own.buck("reconcile", "app").expect(0)


def delta_marks(project: Any, table: str) -> dict[str, int | None]:
    import deltalake

    held = deltalake.DeltaTable(project.lake / "raw" / "app" / table)
    return {name: held.transaction_version(name) for name in ("buck/cursor_until", "buck/id_until")}


def test_a_table_that_is_not_there_is_named(own: Any) -> None:
    done = own.buck("reconcile", "app", "--table", "userz").expect(2)
    assert "app gives no table 'userz'" in done.err


@pytest.mark.parametrize("window", ["2026-01-01", "2026-02-01..2026-01-01", "x..y"])
def test_a_window_that_is_none_is_refused(own: Any, window: str) -> None:
    own.buck("reconcile", "app", "--window", window).expect(2)
