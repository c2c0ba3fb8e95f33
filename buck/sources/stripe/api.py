"""Stripe's API as this source uses it: lists, single objects, and the server's clock."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from buck.errors import ConfigError, SourceChanged, SourceDenied
from buck.sources.http import Answer, AnswerUnusable, BucketRack, Patience, PatientClient

API_VERSION = "2026-10-28.endive"
"""Pinned: another version is other columns, so moving it is a migration."""

PAGE_SIZE = 100

Record = dict[str, Any]


class TableRefused(Exception):
    """Stripe refuses one list; the message says why and what would help."""

    def __init__(
        self, reason: str, *, status: int = 0, param: str | None = None, missing: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.param = param
        """The query parameter that was wrong, like a cursor whose object is gone."""
        self.missing = missing
        """Whether the object that the list belongs to is gone."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, newest first."""

    records: list[Record]
    has_more: bool


class StripeApi:
    """Requests with the key and the pinned version; safe to share between threads."""

    def __init__(
        self,
        client: PatientClient,
        *,
        livemode: bool,
        requests: Counter[str] | None = None,
    ) -> None:
        self._client = client
        self._livemode = livemode
        self._requests = Counter[str]() if requests is None else requests
        self._is_accepted = False

    def server_now_s(self) -> int | None:
        """Stripe's clock in unix seconds, from a first small request."""
        self._ask("/v1/events", endpoint="/v1/events", params={"limit": 1}, check=_read_list)
        at = self._client.served_at
        return None if at is None else int(at.timestamp())

    def list_page(
        self, path: str, params: Mapping[str, str | int], *, endpoint: str | None = None
    ) -> Page:
        """One page of the list at `path`; `endpoint` is whose rate limit counts, if not the path's.

        Raises:
            TableRefused: no permission for this list, or Stripe does not know it.
            SourceDenied: the key itself is refused, and never was accepted.
            SourceChanged: an object of the other mode (live or test) came.
            SourceUnreachable: no usable answer until patience ran out.
        """
        full = {"limit": PAGE_SIZE, **params}
        pages: list[Page] = []  # parsed once, while the answer can still be asked for again
        answer = self._ask(
            path,
            endpoint=endpoint or path,
            params=full,
            check=lambda answer: pages.append(_read_list(answer)),
        )
        if answer.status != 200:
            raise self._refusal(answer, path)
        page = pages[-1]
        for record in page.records:
            self._assert_mode(record, path)
        return page

    def retrieve(
        self,
        path: str,
        id_: str,
        params: Mapping[str, str | int] | None = None,
        *,
        is_told_deleted: bool = False,
    ) -> Record | None:
        """One object as it is now, or None where Stripe has none of that id.

        A deleted object that Stripe still remembers says `deleted: true`. Errors as `list_page`.

        Args:
            path: The list that the object belongs to.
            id_: The object's id.
            params: Query parameters.
            is_told_deleted: An event said so; any 404 then means that it is gone, not only one
                that says that nothing has this id.
        """
        whose = f"{path}/:id"
        answer = self._ask(f"{path}/{id_}", endpoint=whose, params=params or {}, check=_read_object)
        is_missing = is_told_deleted or _error(answer).get("code") == "resource_missing"
        if answer.status == 404 and is_missing:
            return None
        return self._read_one(answer, path)

    def retrieve_own(self, path: str) -> Record:
        """The one object at `path`. Errors as `list_page`."""
        answer = self._ask(path, endpoint=path, params={}, check=_read_object)
        return self._read_one(answer, path)

    def _read_one(self, answer: Answer, path: str) -> Record:
        if answer.status != 200:
            raise self._refusal(answer, path)
        record = _read_object(answer)
        self._assert_mode(record, path)
        return record

    def _ask(
        self,
        path: str,
        *,
        endpoint: str,
        params: Mapping[str, str | int],
        check: Callable[[Answer], object],
    ) -> Answer:
        def ask() -> Answer:
            self._requests[endpoint] += 1
            return self._client.send("GET", path, endpoint=endpoint, params=params, check=check)

        answer = ask()
        # A key that was just rolled can be refused once by a server that has not heard of it.
        answer = ask() if answer.status == 401 else answer
        self._is_accepted |= answer.status != 401
        return answer

    def _assert_mode(self, record: Record, path: str) -> None:
        # Some objects (refunds, balance transactions) carry no livemode; the others must agree.
        if record.get("livemode", self._livemode) is not self._livemode:
            mode = "live" if self._livemode else "test"
            raise SourceChanged(
                f"stripe sent {record.get('object')} {record.get('id')} of {path} with livemode"
                f" {record.get('livemode')} to a {mode} key",
                hint="use the key of one mode only; live and test data belong in different lakes",
            )

    def denied(self, path: str) -> SourceDenied:
        """That Stripe refuses the key itself, as the error to raise."""
        return SourceDenied(
            f"stripe at {self._client.base_url} refused the API key (401 on {path})",
            hint="set STRIPE_API_KEY to a valid restricted key with read permissions",
        )

    def _refusal(self, answer: Answer, path: str) -> Exception:
        error = _error(answer)
        if answer.status == 401 and not self._is_accepted:
            return self.denied(path)
        message = str(error.get("message") or f"status {answer.status}")
        if answer.status in (401, 403):
            named = re.search(r"\brak_\w+", message)
            wanted = named[0] if named else f"read access to {path}"
            return TableRefused(
                f"the API key lacks the permission {wanted} ({answer.status} on {path})",
                status=answer.status,
            )
        param = error.get("param")
        return TableRefused(
            f"stripe refused {path} ({answer.status}): {_mask_keys(message)}",
            status=answer.status,
            param=str(param) if param else None,
            missing=answer.status == 404 and error.get("code") == "resource_missing",
        )


def expected_livemode(api_key: str) -> bool:
    """Whether the key is for live data.

    Raises:
        ConfigError: the key is not one of Stripe's secret or restricted keys.
    """
    found = re.match(r"(?:sk|rk)_(?:org_)?(live|test)_", api_key)
    if found is None:
        raise ConfigError(
            f"the Stripe key starts with {api_key[:3]!r}, not with rk_live_, rk_test_, sk_live_"
            " or sk_test_",
            hint="set STRIPE_API_KEY to a restricted key with read permissions",
        )
    return found[1] == "live"


def open_client(
    *,
    api_key: str,
    api_base: str,
    account: str | None,
    rack: BucketRack,
    patience: Patience,
    workers: int,
    **clocks: Any,
) -> PatientClient:
    """A client that speaks the pinned version with the key."""
    headers = {"Authorization": f"Bearer {api_key}", "Stripe-Version": API_VERSION}
    if account is not None:
        headers["Stripe-Account"] = account
    return PatientClient(
        "stripe",
        base_url=api_base,
        headers=headers,
        patience=patience,
        rack=rack,
        connections=workers,
        # 409 is Stripe's lock timeout: another request held the object.
        also_retry=frozenset({409}),
        **clocks,
    )


def _read_list(answer: Answer) -> Page:
    body = answer.json()
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list) or not isinstance(body.get("has_more"), bool):
        raise AnswerUnusable("a body that is not a list of Stripe's")
    if not all(isinstance(r, dict) and isinstance(r.get("id"), str) for r in data):
        raise AnswerUnusable("a list with objects that have no id")
    if body["has_more"] and not data:
        raise AnswerUnusable("an empty page that claims to have more")
    return Page(data, body["has_more"])


def _read_object(answer: Answer) -> Record:
    body = answer.json()
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        raise AnswerUnusable("a body that is not an object of Stripe's")
    return body


def _error(answer: Answer) -> Record:
    try:
        body = answer.json()
    except AnswerUnusable:
        return {}
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _mask_keys(message: str) -> str:
    return re.sub(r"\b([sr]k_(?:org_)?(?:live|test)_)\S+", r"\1***", message)
