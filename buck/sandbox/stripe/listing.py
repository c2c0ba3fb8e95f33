"""One page of a list: filters, windows of `created`, and cursors, as Stripe understands them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from zlib import crc32

from buck.sandbox.company import Record
from buck.sandbox.stripe.problems import Refusal, missing
from buck.sandbox.stripe.resources import Resource, field_of, shows_status
from buck.sandbox.stripe.store import Entry

_MOST = 100
_WINDOW = ("gt", "gte", "lt", "lte")
_MOST_TYPES = 20


@dataclass(slots=True)
class ListQuery:
    """What a list request asks for."""

    limit: int = 10
    starting_after: str | None = None
    ending_before: str | None = None
    at_least: int | None = None
    below: int | None = None
    """Seconds: `created` in [at_least, below)."""
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    expand: list[str] = field(default_factory=list)


def parse_query(pairs: list[tuple[str, str]], resource: Resource) -> ListQuery:
    """Read a list request's parameters.

    Raises:
        Refusal: An unknown parameter or a value that Stripe would not take.
    """
    query = ListQuery()
    for name, value in pairs:
        base, _, inner = name.partition("[")
        key = inner.partition("]")[0]
        if base == "expand":
            query.expand.append(value)
        elif name == "limit":
            query.limit = _read_limit(value)
        elif name in {"starting_after", "ending_before"}:
            setattr(query, name, value)
        elif base == "created" and resource.by_created and (key in _WINDOW or name == "created"):
            _narrow(query, key, _read_int(value, name))
        elif not _take_filter(query, resource, name, value):
            raise Refusal(
                HTTPStatus.BAD_REQUEST,
                f"Received unknown parameter: {base}",
                code="parameter_unknown",
                param=base,
            )
    _check(query, resource)
    return query


def _take_filter(query: ListQuery, resource: Resource, name: str, value: str) -> bool:
    base = name.partition("[")[0]
    if base in resource.choices and base != name:
        query.choices.setdefault(base, []).append(value)
    elif name in resource.filters or (name in resource.flags and value in {"true", "false"}):
        query.values[name] = value
    elif resource.path == "invoice_payments" and name == "payment[payment_intent]":
        query.values["payment_intent"] = value
    else:
        return resource.path == "invoice_payments" and name == "payment[type]"
    return True


def _check(query: ListQuery, resource: Resource) -> None:
    if query.starting_after and query.ending_before:
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            "You cannot parameterize both `starting_after` and `ending_before`.",
        )
    if resource.required is not None and resource.required not in query.values:
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            f"Missing required param: {resource.required}.",
            code="parameter_missing",
            param=resource.required,
        )
    if len(query.choices.get("types", ())) > _MOST_TYPES:
        raise Refusal(HTTPStatus.BAD_REQUEST, "You may only specify up to 20 types.", param="types")


def _read_int(value: str, name: str) -> int:
    try:
        return int(value)
    except ValueError as exc:
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            f"Invalid integer: {value}",
            code="parameter_invalid_integer",
            param=name,
        ) from exc


def _read_limit(value: str) -> int:
    limit = _read_int(value, "limit")
    if not 1 <= limit <= _MOST:
        side = "greater than or equal to 1" if limit < 1 else f"less than or equal to {_MOST}"
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            f"This value must be {side} (it currently is '{limit}').",
            param="limit",
        )
    return limit


def _narrow(query: ListQuery, bound: str, second: int) -> None:
    if bound in {"gte", "gt", ""}:
        floor = second + (bound == "gt")
        query.at_least = floor if query.at_least is None else max(query.at_least, floor)
    if bound in {"lt", "lte", ""}:
        ceiling = second + (bound != "lt")
        query.below = ceiling if query.below is None else min(query.below, ceiling)


def make_filter(
    query: ListQuery, resource: Resource, *, paid_out: frozenset[str]
) -> Callable[[Record], bool]:
    """Whether a list shows an object, its age apart."""
    values = {name: value for name, value in query.values.items() if name != "status"}
    by_payout = values.pop("payout", None) if resource.path == "balance_transactions" else None
    status = query.values.get("status")
    tells_status = "status" in resource.filters

    def fits(record: Record) -> bool:
        for name, value in values.items():
            found = field_of(resource, name, record)
            if (value == "true") != found if name in resource.flags else value != found:
                return False
        for name, options in query.choices.items():
            singular = {"ids": "id", "types": "type", "lookup_keys": "lookup_key"}[name]
            if record.get(singular) not in options:
                return False
        if by_payout is not None and record["id"] not in paid_out:
            return False
        return not tells_status or shows_status(resource, status, record)

    return fits


def take_page(
    entries: Sequence[Entry], query: ListQuery, fits: Callable[[Record], bool], kind: str
) -> tuple[list[Entry], bool]:
    """The page of a query, newest first, and whether there is more beyond it.

    Args:
        entries: All objects, oldest first.
        query: What was asked for.
        fits: Whether an object belongs to the list at all.
        kind: The object's name, for the message about an unknown cursor.
    """
    cursor = query.starting_after or query.ending_before
    position = _find(entries, cursor, kind, query) if cursor else len(entries)

    def walk() -> Iterator[Entry]:
        forward = query.ending_before is not None
        steps = range(position + 1, len(entries)) if forward else range(position - 1, -1, -1)
        for step in steps:
            entry = entries[step]
            if query.at_least is not None and entry.created < query.at_least:
                continue
            if query.below is not None and entry.created >= query.below:
                continue
            if not entry.deleted and fits(entry.record):
                yield entry

    page: list[Entry] = []
    for entry in walk():
        if len(page) == query.limit:
            return _newest_first(page, query), True
        page.append(entry)
    return _newest_first(page, query), False


def _newest_first(page: list[Entry], query: ListQuery) -> list[Entry]:
    return page[::-1] if query.ending_before is not None else page


def _find(entries: Sequence[Entry], cursor: str, kind: str, query: ListQuery) -> int:
    for position in range(len(entries) - 1, -1, -1):
        if entries[position].id == cursor:
            return position
    name = "starting_after" if query.starting_after else "ending_before"
    raise missing(kind, cursor, param=name)


def as_seen_late(entries: Sequence[Entry], *, late_s: int, now: int) -> list[Entry]:
    """The objects visible by now when each shows up to `late_s` late, in the order they showed up.

    How late one is depends on its id alone, so that asking again gives the same answer.
    """

    def shown(entry: Entry) -> int:
        return entry.created + crc32(entry.id.encode()) % (late_s + 1)

    visible = [entry for entry in entries if shown(entry) <= now]
    return sorted(visible, key=lambda e: (shown(e), e.seq))
