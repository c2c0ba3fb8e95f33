"""What the tables of one load share: connections, threads, the clock, and what was read once."""

from __future__ import annotations

import gc
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TypeVar

from buck.errors import ConfigError, SourceUnreachable
from buck.sources.http import BucketRack, Patience
from buck.sources.load import Load
from buck.sources.stripe.api import StripeApi, expected_livemode, open_client
from buck.sources.stripe.spool import Spool

T = TypeVar("T")
R = TypeVar("R")

_USUAL = gc.get_threshold()
_RARELY = (200_000, 50, 100)
"""Thresholds of the cycle collector: looking for cycles in JSON took a sixth of a load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a source reads; the key is never shown."""

    api_base: str
    account: str | None
    lag_s: int
    lookback_s: int
    requests_per_s: float | None
    total_per_s: float | None
    patience_s: float
    workers: int


class Session:
    """Open while a reader is inside `with session:`; readers may come and go in any order.

    A session holds no connection and no thread before the first reader enters or after the last
    one left, so a source that is built and never read leaves nothing behind.
    """

    def __init__(self, load: Load, settings: Settings, *, api_key: str) -> None:
        self.load = load
        self.settings = settings
        self.requests: Counter[str] = Counter()
        """How often each endpoint was asked, repetitions apart."""
        self._key = api_key
        self._livemode = expected_livemode(api_key)
        self._users = 0
        self._closers: list[Callable[[], object]] = []
        self._api: StripeApi | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._stopped = threading.Event()
        self._now_s: int | None = None
        self._spools: dict[str, Spool] = {}
        # Kept over the session's openings: the limit is the account's, not a connection's.
        whose = f"{settings.api_base} {settings.account} {api_key}"
        self._rack = BucketRack(
            settings.requests_per_s,
            total_per_s=settings.total_per_s,
            sleep=self.pause,
            account=sha256(whose.encode()).hexdigest(),
        )

    def __enter__(self) -> Session:
        if self._users == 0:
            self._open()
        self._users += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._users -= 1
        if self._users == 0:
            self._close()

    @property
    def api(self) -> StripeApi:
        """The API, within `with session:` only."""
        if self._api is None:
            raise ConfigError("stripe was read outside its session")
        return self._api

    @property
    def pool(self) -> Executor:
        """The threads, within `with session:` only."""
        if self._pool is None:
            raise ConfigError("stripe was read outside its session")
        return self._pool

    @property
    def now_s(self) -> int:
        """Stripe's clock when this load began, before anything was listed."""
        if self._now_s is None:
            now_s = self.api.server_now_s()
            self._now_s = int(self.load.as_of.timestamp()) if now_s is None else now_s
        return self._now_s

    @property
    def settled_s(self) -> int:
        """Until when events can be relied on to be visible; the mark this load reaches."""
        return self.now_s - self.settings.lag_s

    def spool(self, name: str, values: Callable[[], Iterable[object]]) -> Spool:
        """The spool of that name, filled from `values` by whoever asks first."""
        spool = self._spools.setdefault(name, Spool(self.load.scratch / f"stripe_{name}.jsonl"))
        if not spool.filled:
            spool.fill(values())
        return spool

    def map(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """`work` on every item in parallel, results in order, few of them ahead of the reader."""
        waiting = iter(items)
        futures = deque(
            self.pool.submit(work, item) for item in islice(waiting, 2 * self.settings.workers)
        )
        try:
            while futures:
                result = futures.popleft().result()
                futures.extend(self.pool.submit(work, item) for item in islice(waiting, 1))
                yield result
        finally:
            for future in futures:
                future.cancel()

    def pause(self, duration_s: float) -> None:
        """Sleep, unless the load ends.

        Raises:
            SourceUnreachable: the load was given up meanwhile.
        """
        # Nobody waits out a retry for a load that was given up.
        if self._stopped.wait(duration_s):
            raise SourceUnreachable("stripe was not waited for: the load ended")

    def _open(self) -> None:
        settings = self.settings
        self._stopped.clear()
        client = open_client(
            api_key=self._key,
            api_base=settings.api_base,
            account=settings.account,
            rack=self._rack,
            patience=Patience(limit_s=settings.patience_s),
            workers=settings.workers,
            sleep=self.pause,
        )
        self._pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="stripe")
        self._api = StripeApi(client, livemode=self._livemode, requests=self.requests)
        self._closers = [
            self._stopped.set,
            self._pool.shutdown,
            client.close,
            # Not what it was a moment ago: another load may have been under way.
            lambda: gc.set_threshold(*_USUAL),
        ]
        gc.set_threshold(*_RARELY)

    def _close(self) -> None:
        for close in self._closers:
            close()
        self._closers, self._api, self._pool = [], None, None
