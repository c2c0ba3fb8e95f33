"""The Salesforce source: what a user's pipeline file calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buck.errors import ConfigError
from buck.sources.load import current_load
from buck.sources.salesforce.credentials import Credentials, read_private_key, refuse_password
from buck.sources.salesforce.tables import DEFAULT_OBJECTS

if TYPE_CHECKING:
    from dlt.sources import DltSource


def source(
    *,
    login_url: str,
    client_id: str,
    client_secret: str | None = None,
    private_key: str | None = None,
    private_key_file: str | Path | None = None,
    username: str | None = None,
    password: str | None = None,
    audience: str | None = None,
    objects: Sequence[str] = DEFAULT_OBJECTS,
    formula_fields: Sequence[str] = (),
    lag_s: int = 300,
    lookback_s: int = 900,
    small_rows: int = 2_000,
    chunk_rows: int = 250_000,
    api_budget: float = 0.7,
    max_deleted_share: float = 0.1,
    patience_s: float = 90.0,
    job_limit_s: float = 3_600.0,
    verify: Any = True,
) -> DltSource:
    """Salesforce objects as a dlt source whose resources yield Arrow tables, one per object.

    The first load reads every row, deleted ones of the recycle bin included, by Bulk API 2.0;
    later loads read what `SystemModstamp` says has changed. Records that left the recycle bin are
    asked for daily and searched for weekly; they become tombstones. Every object is described at
    every load: a new field arrives as a new column, for old records too, and a lost one stays as a
    column that is null. Formula fields land in a side table, `<object>__formula`, refreshed daily.
    Loading the same stretch twice gives the same rows. Call it inside a load (`buck run`,
    `buck.land`).

    Args:
        login_url: The org's My Domain address, like https://acme.my.salesforce.com.
        client_id: The connected app's consumer key.
        client_secret: The app's secret, for the client credentials flow.
        private_key: PEM of the app's RSA key, for the JWT bearer flow instead.
        private_key_file: The file holding that PEM.
        username: The user to act as, with a private key.
        password: Refused: Salesforce is retiring every login by password.
        audience: Whom a signed assertion is addressed to, where that is not `login_url`:
            https://login.salesforce.com, or https://test.salesforce.com for a sandbox.
        objects: API names of the objects to read.
        formula_fields: Further fields, as `Object.Field`, that change without the record's being
            changed although describe does not call them calculated.
        lag_s: Rows younger than this are left for the next load.
        lookback_s: How far before the last load's end rows are read again.
        small_rows: So many rows of a query are read by REST, which saves Bulk jobs.
        chunk_rows: Rows of one Bulk job, at most.
        api_budget: The share of the org's daily API requests at which reading stops. Objects that
            are still unread then are skipped, and the load is degraded.
        max_deleted_share: The share of an object's records that may be found gone at once; beyond
            it none becomes a tombstone, and the load is degraded.
        patience_s: How long one request is repeated before the load gives up.
        job_limit_s: How long one Bulk job is waited for.
        verify: As in httpx: an SSL context holding a private CA.

    Raises:
        ConfigError: credentials, the address or the objects are wrong, or there is no load.
    """
    load = current_load()
    chosen = _check_objects(objects)
    refuse_password(password)
    _check_share("api_budget", api_budget)
    _check_share("max_deleted_share", max_deleted_share)
    import dlt

    from buck.sources.http import Patience, PatientClient
    from buck.sources.salesforce.budget import ApiBudget
    from buck.sources.salesforce.bulk import Polling
    from buck.sources.salesforce.extraction import Settings
    from buck.sources.salesforce.reader import read_object
    from buck.sources.salesforce.session import OrgSession
    from buck.sources.salesforce.shapes import ShapeLog

    credentials = Credentials(
        client_id=client_id,
        client_secret=client_secret,
        private_key=read_private_key(private_key, private_key_file),
        username=username,
        audience=audience,
    )
    settings = Settings(
        lag=timedelta(seconds=lag_s),
        lookback=timedelta(seconds=lookback_s),
        small_rows=small_rows,
        chunk_rows=chunk_rows,
        max_deleted_share=max_deleted_share,
        extra_formulas=tuple(formula_fields),
        polling=Polling(limit_s=job_limit_s),
    )
    open_client = partial(
        PatientClient,
        "salesforce",
        base_url=login_url,
        patience=Patience(limit_s=patience_s),
        verify=verify,
    )
    session = OrgSession(open_client, credentials, budget=ApiBudget(api_budget))
    shapes = ShapeLog(load, objects=len(chosen))

    def read(name: str) -> Iterator[Any]:
        """An object's rows, marked with the table they belong to where that is not its own."""
        for table, rows in read_object(session, load, name, settings=settings, shapes=shapes):
            own = table == name.lower()
            yield rows if own else dlt.mark.with_table_name(rows, table)

    resources = [
        dlt.resource(
            # A generator, not a function: a load is read once, and dlt injects nothing here.
            read(name),
            name=name.lower(),
            write_disposition="append",
            max_table_nesting=0,
        )
        for name in chosen
    ]
    return dlt.source(lambda: resources, name="salesforce", section="salesforce")()


def _check_objects(objects: Sequence[str]) -> list[str]:
    chosen: dict[str, str] = {}
    for name in objects:
        if not name.isidentifier() or not name.isascii():
            raise ConfigError(
                f"{name!r} is not the API name of a salesforce object",
                hint="use names like Account or Invoice__c in `objects`",
            )
        chosen.setdefault(name.lower(), name)
    if not chosen:
        raise ConfigError("salesforce was given no objects", hint="leave `objects` out for all")
    return list(chosen.values())


def _check_share(name: str, share: float) -> None:
    if not 0 < share <= 1:
        raise ConfigError(
            f"salesforce's {name} is {share}, not above 0 and at most 1",
            hint=f"write {name}=0.7 for 70 %",
        )
