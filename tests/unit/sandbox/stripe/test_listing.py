"""Pages of lists, where the cases are hard to come by on a real history."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buck.sandbox.stripe.listing import ListQuery, as_seen_late, parse_query, take_page
from buck.sandbox.stripe.problems import Refusal
from buck.sandbox.stripe.resources import RESOURCES
from buck.sandbox.stripe.store import Entry, Shelf

CHARGES = RESOURCES["charges"]


def shelf_of(seconds: list[int]) -> Shelf:
    shelf = Shelf()
    for number, second in enumerate(seconds):
        shelf.put({"id": f"ch_{number}", "created": second}, seq=number)
    return shelf


def walk(entries: list[Entry], limit: int) -> list[str]:
    found: list[str] = []
    while True:
        query = ListQuery(limit=limit, starting_after=found[-1] if found else None)
        page, has_more = take_page(entries, query, lambda _: True, "charge")
        found += [entry.id for entry in page]
        if not has_more:
            return found


@given(st.lists(st.integers(0, 5), max_size=60), st.integers(1, 10))
def test_paging_gives_each_object_once_newest_first(seconds: list[int], limit: int) -> None:
    shelf = shelf_of(seconds)
    walked = walk(shelf.entries, limit)
    assert sorted(walked) == sorted(f"ch_{n}" for n in range(len(seconds)))
    created = [shelf.by_id[key].created for key in walked]
    assert created == sorted(created, reverse=True)


def test_five_hundred_objects_of_one_second_cross_pages() -> None:
    assert len(set(walk(shelf_of([7] * 500).entries, 100))) == 500


def test_ending_before_gives_the_page_just_newer() -> None:
    entries = shelf_of([1, 2, 3, 4, 5]).entries
    query = ListQuery(limit=2, ending_before="ch_0")
    page, has_more = take_page(entries, query, lambda _: True, "charge")
    assert ([e.id for e in page], has_more) == (["ch_2", "ch_1"], True)


def test_a_deleted_object_is_hidden_but_still_a_cursor() -> None:
    shelf = shelf_of([1, 2, 3])
    shelf.by_id["ch_1"].deleted = True
    page, _ = take_page(shelf.entries, ListQuery(), lambda _: True, "charge")
    assert [e.id for e in page] == ["ch_2", "ch_0"]
    after = ListQuery(starting_after="ch_1")
    page, _ = take_page(shelf.entries, after, lambda _: True, "charge")
    assert [e.id for e in page] == ["ch_0"]


def test_an_older_object_that_comes_later_takes_its_place() -> None:
    shelf = shelf_of([10, 30])
    shelf.put({"id": "ch_late", "created": 20}, seq=9)
    assert [e.id for e in shelf.entries] == ["ch_0", "ch_late", "ch_1"]
    assert shelf.since(20) == 1


@given(st.integers(0, 300))
def test_late_objects_all_show_up_in_the_end(now: int) -> None:
    entries = shelf_of(list(range(0, 200, 2))).entries
    seen = {e.id for e in as_seen_late(entries, late_s=90, now=now)}
    assert {e.id for e in entries if e.created + 90 <= now} <= seen
    assert all(e.created <= now for e in entries if e.id in seen)
    assert seen <= {e.id for e in as_seen_late(entries, late_s=90, now=now + 1)}


def test_windows_narrow_each_other() -> None:
    query = parse_query(
        [("created[gte]", "10"), ("created[gt]", "10"), ("created[lt]", "20"), ("limit", "3")],
        CHARGES,
    )
    assert (query.at_least, query.below, query.limit) == (11, 20, 3)
    exact = parse_query([("created", "15")], CHARGES)
    assert (exact.at_least, exact.below) == (15, 16)


@pytest.mark.parametrize(
    "pair",
    [
        ("created[before]", "1"),
        ("customer[]", "cus_1"),
        ("status", "failed"),
        ("limit", "ten"),
        ("Limit", "1"),
    ],
)
def test_parameters_stripe_does_not_know_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_query([pair], CHARGES)
    assert refusal.value.status == 400
    assert b"invalid_request_error" in refusal.value.body
