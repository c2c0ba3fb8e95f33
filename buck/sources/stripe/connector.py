"""The Stripe source: what a user's pipeline file calls."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from buck.errors import ConfigError
from buck.records.table import TableSpec
from buck.sources.load import current_load
from buck.sources.stripe.tables import ALL_TABLES, DEFAULT_TABLES, EVENTS

if TYPE_CHECKING:
    from dlt.sources import DltSource

LIVE_BASE = "https://api.stripe.com"
REQUESTS_PER_S = 15.0
"""Per endpoint, well below Stripe's own limit of 25."""
TOTAL_PER_S = {True: 80.0, False: 20.0}
"""All endpoints together by livemode, below Stripe's own limits of 100 and 25."""
WORKERS, MOST_WORKERS = 10, 16
"""A few more than the wire alone needs: some of them wait for this process instead."""


def source(
    *,
    api_key: str,
    api_base: str = LIVE_BASE,
    account: str | None = None,
    tables: Sequence[TableSpec | str] = DEFAULT_TABLES,
    lag_s: int = 120,
    lookback_s: int = 3_600,
    requests_per_s: float | None = None,
    total_per_s: float | None = None,
    patience_s: float = 90.0,
    workers: int = WORKERS,
) -> DltSource:
    """Stripe's objects as a dlt source whose resources yield Arrow tables, one resource per table.

    The first load of a table lists everything; later ones read Stripe's events as notifications
    and fetch what they name again, so a refund weeks later changes its charge. About once a day
    the last 35 days of payments are listed again, about once a week whole lists of customers,
    products, prices and coupons: what events did not tell is found then, and counted as drift.
    Loading the same stretch twice gives the same rows. Call it inside a load (`buck run`,
    `buck.land`).

    Args:
        api_key: A restricted key with read permissions; its mode decides live or test.
        api_base: Stripe, or something that speaks like it.
        account: A connected account to read instead of the key's own.
        tables: Which tables, as names or declarations; `DEFAULT_TABLES` unless told otherwise.
        lag_s: Events younger than this are left for the next load: they may not all be visible.
        lookback_s: How far before the last load events are read again.
        requests_per_s: The most in any second, per account and endpoint. By default 15 at Stripe,
            unlimited anywhere else.
        total_per_s: The most in any second, per account. By default 80 at Stripe with a live key
            and 20 with a test key, unlimited anywhere else.
        patience_s: How long one request is repeated before the load gives up.
        workers: Requests under way at once, at most 16; the limits above hold whatever it is.

    Raises:
        ConfigError: the key, an address or a table name is wrong, or there is no load.
    """
    import dlt

    from buck.sources.stripe.api import expected_livemode
    from buck.sources.stripe.readers import Readers
    from buck.sources.stripe.session import Session, Settings

    if urlsplit(api_base).hostname == urlsplit(LIVE_BASE).hostname:
        requests_per_s = requests_per_s or REQUESTS_PER_S
        total_per_s = total_per_s or TOTAL_PER_S[expected_livemode(api_key)]
    load = current_load()
    settings = Settings(
        api_base=api_base,
        account=account,
        lag_s=lag_s,
        lookback_s=lookback_s,
        requests_per_s=requests_per_s,
        total_per_s=total_per_s,
        patience_s=patience_s,
        workers=max(1, min(workers, MOST_WORKERS)),
    )
    session = Session(load, settings, api_key=api_key)
    chosen = _choose(tables)
    readers = Readers(session, [load.table(spec) for spec in chosen])
    resources = [
        dlt.resource(
            # A generator, not a function: a load is read once, and dlt injects nothing here.
            readers.read(spec.name),
            name=spec.name,
            write_disposition="append",
            max_table_nesting=0,
        )
        for spec in chosen
    ]
    return dlt.source(lambda: resources, name="stripe", section="stripe")()


def _choose(tables: Sequence[TableSpec | str]) -> list[TableSpec]:
    """The declarations in the order their rows are committed: `events` last."""
    declared = {spec.name: spec for spec in ALL_TABLES}
    chosen: dict[str, TableSpec] = {}
    for table in tables:
        name = table if isinstance(table, str) else table.name
        if name not in declared:
            near = get_close_matches(name, declared, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(declared)}"
            raise ConfigError(f"stripe has no table {name!r}", hint=hint)
        chosen[name] = declared[name]
    return sorted(chosen.values(), key=lambda spec: spec.name == EVENTS.name)
