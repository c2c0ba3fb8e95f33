"""Windows of a Stripe list cover it exactly, however its objects lie in time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from buck.sandbox.stripe.listing import ListQuery, take_page
from buck.sandbox.stripe.store import Entry
from buck.sources.stripe.api import Page, TableRefused
from buck.sources.stripe.endpoints import ENDPOINTS
from buck.sources.stripe.listing import list_windows

CHARGES = ENDPOINTS["charges"]
SECONDS = st.integers(0, 5_000)
# Crowded seconds, lonely ones, and long silences.
CREATED = st.lists(st.one_of(SECONDS, st.integers(100, 104), st.just(2_500)), max_size=120)
BOUNDS = st.tuples(SECONDS, SECONDS).map(lambda bounds: (min(bounds), max(bounds) + 1))


class Api:
    """Stripe's pages as the sandbox makes them, small ones, without a wire in between."""

    def __init__(self, created: list[int], *, page_size: int, deleted_after: int) -> None:
        self.entries = [
            Entry(f"ch_{n}", second, n, {"id": f"ch_{n}", "created": second})
            for n, second in enumerate(sorted(created))
        ]
        self.page_size = page_size
        self.deleted_after = deleted_after
        self.windows: list[tuple[int, int]] = []
        self.lock = Lock()

    def list_page(self, _: str, params: dict[str, Any]) -> Page:
        with self.lock:
            since_s, until_s = params.get("created[gte]", 0), params["created[lt]"]
            after = params.get("starting_after")
            if after is None:
                self.windows.append((since_s, until_s))
            elif self.deleted_after > 0:
                self.deleted_after -= 1
                if self.deleted_after == 0:
                    self.entries = [e for e in self.entries if e.id != after]
                    raise TableRefused("no such charge", param="starting_after")
            query = ListQuery(
                limit=self.page_size, starting_after=after, at_least=since_s, below=until_s
            )
            page, has_more = take_page(self.entries, query, lambda _: True, "charge")
            return Page([entry.record for entry in page], has_more)


def read(api: Any, bounds: tuple[int, int], workers: int) -> list[str]:
    since_s, until_s = bounds
    with ThreadPoolExecutor(workers) as pool:
        pages = list_windows(
            api, CHARGES, since_s=since_s, until_s=until_s, pool=pool, workers=workers
        )
        return [record["id"] for page in pages for record in page]


@settings(max_examples=150, deadline=None)
@given(created=CREATED, bounds=BOUNDS, workers=st.integers(1, 8), page_size=st.integers(1, 7))
def test_every_object_of_the_window_comes_exactly_once(
    created: list[int], bounds: tuple[int, int], workers: int, page_size: int
) -> None:
    api = Api(created, page_size=page_size, deleted_after=0)
    wanted = [e.id for e in api.entries if bounds[0] <= e.created < bounds[1]]
    assert sorted(read(api, bounds, workers)) == sorted(wanted)


@settings(max_examples=100, deadline=None)
@given(created=CREATED, bounds=BOUNDS, workers=st.integers(2, 8), page_size=st.integers(1, 7))
def test_windows_are_half_open_and_nested_in_what_was_asked(
    created: list[int], bounds: tuple[int, int], workers: int, page_size: int
) -> None:
    api = Api(created, page_size=page_size, deleted_after=0)
    read(api, bounds, workers)
    assert api.windows[0] == bounds
    assert all(bounds[0] <= since < until <= bounds[1] for since, until in api.windows)
    # Each split starts a window at the old lower bound or in the middle, never twice the same.
    assert len(set(api.windows)) == len(api.windows)


@settings(max_examples=100, deadline=None)
@given(
    created=CREATED,
    workers=st.integers(1, 8),
    page_size=st.integers(1, 7),
    deleted_after=st.integers(1, 6),
)
def test_cursor_deleted_on_the_way_loses_nothing_else(
    created: list[int], workers: int, page_size: int, deleted_after: int
) -> None:
    api = Api(created, page_size=page_size, deleted_after=deleted_after)
    before = {e.id for e in api.entries}
    found = set(read(api, (0, 10_000), workers))
    left = {e.id for e in api.entries}
    assert left <= found <= before
