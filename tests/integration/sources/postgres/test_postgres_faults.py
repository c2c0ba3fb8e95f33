"""What PostgreSQL refuses, loses or changes is said in Buck's words, and no password with it."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from buck.engine import parse_address
from buck.errors import ConfigError, SourceChanged, SourceDenied, SourceUnreachable
from buck.sources.postgres.catalog import connect_catalog

SECRETS = ("plain", "s3cr", "p@ss", "word#")


def said(exc: BaseException) -> str:
    """Every message of an error and of all that led to it."""
    words, seen = "", {id(None)}
    waiting: list[BaseException | None] = [exc]
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            words += f"{one}{one!r}{getattr(one, 'hint', '')}"
            waiting += [one.__cause__, one.__context__]
    return words


def test_vanished_table_is_named(shop: Any) -> None:
    shop.run("drop table items")
    with pytest.raises(SourceChanged, match=r"no table public\.items"):
        shop.land()


def test_vanished_cursor_is_named_and_nothing_lands(shop: Any) -> None:
    shop.run("insert into items (id, name) values (1, 'a')")
    shop.land()
    shop.run("alter table items drop column updated_at", "insert into items (id) values (2)")
    with pytest.raises(SourceChanged, match=r"public\.items\.updated_at is gone"):
        shop.land()
    assert len(shop.raw("id")) == 1


def test_vanished_column_follows_the_contract(shop: Any) -> None:
    shop.run("insert into items (id, name) values (1, 'a')")
    shop.land()
    shop.run("alter table items drop column name", "insert into items (id) values (2)")
    shop.declare("postgres.table('items', source='app', cursor='updated_at', contract='freeze')")
    report = shop.land()
    assert "name vanished" in report.skipped["items"]
    assert len(shop.raw("id")) == 1
    shop.declare("postgres.table('items', source='app', cursor='updated_at')")
    report = shop.land()
    assert [i.kind for i in report.tables[0].incidents] == ["column_vanished"]
    assert shop.newest()[-1] == (2, None)


def test_column_dropped_on_purpose_reads_as_null_from_then_on(shop: Any) -> None:
    shop.run("insert into items (id, name) values (1, 'a')")
    shop.land()
    shop.run("alter table items drop column name", "insert into items (id) values (2)")
    shop.declare("postgres.table('items', source='app', cursor='updated_at', dropped=('name',))")
    shop.land()
    assert shop.newest()[-1] == (2, None)


def test_new_column_arrives_with_its_type(shop: Any) -> None:
    shop.run("insert into items (id, name) values (1, 'a')")
    shop.land()
    shop.run(
        "alter table items add column price numeric(8,2)",
        "insert into items (id, price) values (2, 1.5)",
    )
    report = shop.land()
    assert report.tables[0].columns_added == ("price",)
    assert shop.lake.raw("app", "items").state().columns["price"] == "DECIMAL(8,2)"


def test_changed_type_follows_the_contract(shop: Any) -> None:
    shop.run("insert into items (id, name) values (1, '7')")
    shop.land()
    shop.run(
        "alter table items alter name type bigint using name::bigint",
        "insert into items values (2, 8, now())",
    )
    shop.declare("postgres.table('items', source='app', cursor='updated_at', contract='freeze')")
    report = shop.land()
    assert "name" in report.skipped["items"]
    assert len(shop.raw("id")) == 1
    shop.declare("postgres.table('items', source='app', cursor='updated_at')")
    shop.land()
    assert shop.newest() == [(1, "7"), (2, "8")]


def test_table_without_a_key_asks_for_one(shop: Any) -> None:
    shop.run("alter table items drop constraint items_pkey")
    with pytest.raises(ConfigError, match=r"public\.items has no primary key") as refused:
        shop.land()
    assert "key=" in refused.value.hint
    shop.declare("postgres.table('items', source='app', key=('id',))")
    shop.land()


def test_cursor_that_does_not_grow_is_refused(shop: Any) -> None:
    shop.declare("postgres.table('items', source='app', cursor='name')")
    with pytest.raises(ConfigError, match=r"public\.items\.name is text"):
        shop.land()


def test_missing_right_names_the_table(shop: Any) -> None:
    with pytest.raises(SourceDenied, match="permission denied for table items") as denied:
        shop.land(shop.reader_url)
    assert "grant select" in denied.value.hint
    assert not [s for s in SECRETS if s in said(denied.value)]


def test_wrong_password_is_denied_and_not_repeated(shop: Any) -> None:
    url = shop.admin_url.replace("plain", "s3cr-guess")
    with pytest.raises(SourceDenied, match="password authentication failed") as denied:
        shop.land(url)
    assert not [s for s in SECRETS if s in said(denied.value)]


def test_password_of_any_characters_works(shop: Any) -> None:
    shop.run("grant select on items to reader", "insert into items (id, name) values (1, 'a')")
    assert shop.land(shop.reader_url).rows_landed == 1


def test_unreachable_server_is_named(shop: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(SourceUnreachable, match=f"127.0.0.1:{port}") as unreachable:
        shop.land(f"postgresql://u:s3cr@127.0.0.1:{port}/x")
    assert unreachable.value.retryable
    assert "s3cr" not in said(unreachable.value)


def test_missing_database_is_named(shop: Any) -> None:
    with pytest.raises(SourceUnreachable, match="nowhere"):
        shop.land(shop.admin_url.rsplit("/", 1)[0] + "/nowhere")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:s3cr@h/d",
        "s3cr",
        "",
        "postgresql://u:s3cr#x@h/d",
        "postgresql://u:s3cr/x@h:5432/d",
        "postgresql://u:s3cr@h:port/d",
        "postgresql://u:s3cr@[::1/d",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError, match="not a postgresql:// URL") as refused:
        parse_address(url)
    assert "s3cr" not in said(refused.value)


def test_address_hides_its_password() -> None:
    address = parse_address("postgresql://u:s3%40cr@h:6/d?sslmode=require")
    assert (address.password, address.port, address.database) == ("s3@cr", 6, "d")
    assert address.options == {"sslmode": "require"}
    assert "s3" not in repr(address)


def test_why_nobody_answers_is_told_on_one_line() -> None:
    with pytest.raises(SourceUnreachable, match=r"does not answer: .*refused$") as refused:
        connect_catalog(parse_address("postgresql://u@127.0.0.1:1/d"))
    assert "\t" not in refused.value.what


def test_unknown_option_is_refused_in_bucks_words(shop: Any) -> None:
    with pytest.raises(SourceUnreachable, match="does not answer") as refused:
        connect_catalog(parse_address(f"{shop.admin_url}?nonsense=1"))
    assert "plain" not in said(refused.value)


def test_server_stopped_in_between_leaves_the_lake_as_it_was(shop: Any) -> None:
    shop.run("insert into items (id, name) values (1, 'a')")
    shop.land()
    files = sorted(p.name for p in (shop.folder / "lake").rglob("*") if p.is_file())
    dead = shop.admin_url.replace(f":{shop.server.port}", ":1")
    with pytest.raises(SourceUnreachable):
        shop.land(dead)
    assert files == sorted(p.name for p in (shop.folder / "lake").rglob("*") if p.is_file())
    assert not list((shop.lake.work / "landing").iterdir())
