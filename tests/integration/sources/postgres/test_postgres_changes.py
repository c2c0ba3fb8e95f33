"""What changes in PostgreSQL between two loads arrives once, and what is still open is not lost."""

from __future__ import annotations

from typing import Any


def test_first_load_takes_everything_and_the_second_nothing(shop: Any) -> None:
    shop.run("insert into items (id, name) select n, 'item ' || n from generate_series(1, 500) n")
    assert shop.land().rows_landed == 500
    assert shop.land().rows_landed == 0
    assert {op for (op,) in shop.raw("_buck_op")} == {"r"}
    assert len(shop.newest()) == 500


def test_p12_insert_update_and_delete_arrive_as_versions(shop: Any) -> None:
    shop.run("insert into items (id, name) values (1, 'a'), (2, 'b'), (3, 'c')")
    shop.land()
    shop.run(
        "update items set name = 'B', updated_at = now() where id = 2",
        "delete from items where id = 3",
        "insert into items (id, name) values (4, 'd')",
    )
    report = shop.land()
    assert report.rows_landed == 3
    assert shop.newest() == [(1, "a"), (2, "B"), (4, "d")]
    assert shop.raw("id, _buck_op")[-1] == (3, "d")
    shop.run("insert into items (id, name) values (3, 'again')")
    assert shop.land().rows_landed == 1
    assert shop.newest() == [(1, "a"), (2, "B"), (3, "again"), (4, "d")]


def test_p12_row_committed_after_a_load_by_an_older_transaction_is_caught(shop: Any) -> None:
    shop.declare("postgres.table('items', source='app', cursor='updated_at')", options="lookback=0")
    with shop.connect() as late:
        late.execute("begin")
        late.execute("insert into items (id, name) values (1, 'late')")
        shop.run("insert into items (id, name) values (2, 'early')")
        shop.land()
        assert shop.newest() == [(2, "early")]
        late.execute("commit")
    shop.land()
    assert shop.newest() == [(1, "late"), (2, "early")]


def test_p12_late_row_is_caught_by_a_role_that_cannot_see_other_sessions(shop: Any) -> None:
    shop.declare("postgres.table('items', source='app', cursor='updated_at')", options="lookback=0")
    shop.run("grant select on items to reader")
    with shop.connect() as late:
        late.execute("begin")
        late.execute("insert into items (id, name) values (1, 'late')")
        shop.run("insert into items (id, name) values (2, 'early')")
        for _ in range(2):
            shop.land(shop.reader_url)
            assert shop.newest() == [(2, "early")]
        late.execute("commit")
    shop.land(shop.reader_url)
    assert shop.newest() == [(1, "late"), (2, "early")]


def test_p12_id_taken_before_and_committed_after_a_load_is_caught(shop: Any) -> None:
    shop.declare(
        "postgres.table('items', source='app', cursor='id', append_only=True)",
        options="lookback=0",
    )
    shop.run("insert into items (id, name) select n, '' from generate_series(1, 10) n")
    shop.land()
    assert shop.marks("id_until") == {"id_until": 10}
    with shop.connect() as late:
        late.execute("begin")
        late.execute("insert into items (id, name) values (11, 'late')")
        shop.run("insert into items (id, name) select n, '' from generate_series(12, 500) n")
        shop.land()
        assert shop.marks("id_until") == {"id_until": 10}
        assert shop.land().rows_landed == 0
        late.execute("commit")
    assert shop.land().rows_landed == 1
    assert len(shop.newest()) == 500
    shop.run("insert into items (id, name) values (501, 'next')")
    shop.land()
    assert shop.marks("id_until") == {"id_until": 501}


def test_marks_never_go_back(shop: Any) -> None:
    shop.run("insert into items (id, name) values (1, 'a'), (2, 'b')")
    shop.land()
    before = shop.marks("cursor_until")
    shop.run("delete from items where id = 2", "update items set name = 'x' where id = 1")
    shop.land()
    assert shop.marks("cursor_until") == before


def test_rows_from_the_future_do_not_move_the_mark_past_now(shop: Any) -> None:
    shop.run("insert into items values (1, 'ahead', now() + interval '10 years')")
    shop.land()
    shop.run("insert into items (id, name) values (2, 'present')")
    shop.land()
    assert shop.newest() == [(1, "ahead"), (2, "present")]


def test_rows_without_an_update_time_are_seen(shop: Any) -> None:
    shop.run("insert into items values (1, 'a', now())")
    shop.land()
    shop.run("insert into items values (2, 'b', null)")
    assert shop.land().rows_landed == 1
    assert shop.land().rows_landed == 0


def test_naive_update_times_are_read_as_utc_whatever_the_session(shop: Any) -> None:
    shop.declare("postgres.table('items', source='app', cursor='updated_at')", options="lookback=0")
    shop.run(
        "alter table items alter updated_at type timestamp using updated_at at time zone 'UTC'",
        f"alter database {shop.name} set timezone = 'America/New_York'",
        "insert into items values (1, 'a', (now() at time zone 'UTC') - interval '1 hour')",
    )
    shop.land()
    shop.run(
        "insert into items values (2, 'b', (now() at time zone 'UTC') - interval '30 minutes')"
    )
    shop.land()
    assert shop.newest() == [(1, "a"), (2, "b")]


def test_p12_mass_deletion_is_refused_until_confirmed(shop: Any) -> None:
    shop.run(
        "create table others (id int primary key, name text)",
        "insert into others values (1, 'x')",
        "insert into items (id, name) select n, '' from generate_series(1, 150) n",
    )
    shop.declare(
        "postgres.table('items', source='app', cursor='updated_at')",
        "postgres.table('others', source='app')",
    )
    shop.land()
    shop.run("delete from items", "insert into others values (2, 'y')")
    refused = shop.land()
    assert "150 of 150 rows of app.items are gone at once" in refused.skipped["items"]
    assert "buck run --confirm-deletions app.items" in refused.skipped["items"]
    assert len(shop.newest()) == 150
    assert [t.table for t in refused.tables] == ["app.others"]
    assert refused.tables[0].rows_landed == 1
    assert shop.land(confirmed=frozenset({"others"})).skipped
    assert shop.land(confirmed=frozenset({"items"})).rows_landed == 150
    assert shop.newest() == []
    assert shop.land().skipped == {}


def test_p12_guard_lets_one_percent_and_a_hundred_rows_pass(shop: Any) -> None:
    shop.run("insert into items (id, name) select n, '' from generate_series(1, 10300) n")
    shop.land()
    shop.run("delete from items where id <= 100")
    assert shop.land().rows_landed == 100
    shop.run("delete from items where id <= 200")
    assert shop.land().rows_landed == 100
    shop.run("delete from items where id <= 303")
    assert shop.land().skipped


def test_keys_are_compared_no_more_often_than_asked(shop: Any) -> None:
    shop.declare(
        "postgres.table('items', source='app', cursor='updated_at')", options="compare_keys_h=24"
    )
    shop.run("insert into items (id, name) values (1, 'a'), (2, 'b'), (3, 'c')")
    shop.land()
    shop.run("delete from items where id = 2")
    assert shop.land(after_h=23).rows_landed == 0
    assert shop.land(after_h=24).rows_landed == 1
    shop.run("delete from items where id = 3")
    assert shop.land(after_h=47).rows_landed == 0
    assert shop.land(after_h=48).rows_landed == 1
    assert shop.newest() == [(1, "a")]


def test_table_without_a_cursor_is_compared_whole(shop: Any) -> None:
    shop.declare("postgres.table('items', source='app')")
    shop.run("insert into items (id, name) values (1, 'a'), (2, 'b')")
    shop.land()
    shop.run("update items set name = 'c' where id = 2")
    assert shop.land().rows_landed == 1
    assert shop.newest() == [(1, "a"), (2, "c")]
    assert shop.land().rows_landed == 0


KEYS = {
    "uuid": ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "numeric": ("1.50", "2.00"),
    "char(8)": ("ab", "cd"),
    "timestamptz": ("2026-01-01 00:00:00.5+00", "2026-01-02 00:00:00+00"),
    "date": ("2026-01-01", "2026-01-02"),
    "bytea": ("\\x00ff", "\\x01"),
    "mood": ("sad", "happy"),
}


def test_keys_of_any_type_survive_the_comparison(shop: Any) -> None:
    shop.run("create type mood as enum ('sad', 'happy')")
    for n, (type_, (one, two)) in enumerate(KEYS.items()):
        shop.run(
            f"create table t{n} (id {type_}, part int, name text, primary key (id, part))",
            f"insert into t{n} values ('{one}', 1, 'a'), ('{two}', 1, 'b'), ('{one}', 2, 'c')",
        )
    shop.declare(*(f"postgres.table('t{n}', source='app')" for n in range(len(KEYS))))
    shop.land()
    for n, (one, _) in enumerate(KEYS.values()):
        shop.run(f"delete from t{n} where id = '{one}' and part = 2")
    report = shop.land()
    assert [t.rows_landed for t in report.tables] == [1] * len(KEYS)
    for n in range(len(KEYS)):
        assert [op for (op,) in shop.raw("_buck_op", f"t{n}")] == ["r", "r", "r", "d"]
    assert shop.land().rows_landed == 0


def test_changed_key_is_a_new_row_and_a_deleted_one(shop: Any) -> None:
    shop.run("insert into items (id, name) values (1, 'a')")
    shop.land()
    shop.run("update items set id = 9, updated_at = now() where id = 1")
    shop.land()
    assert shop.newest() == [(9, "a")]
