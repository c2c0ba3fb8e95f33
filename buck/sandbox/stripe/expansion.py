"""`expand[]`: ids replaced by the objects they name, as deep as Stripe goes."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from buck.sandbox.company import Record
from buck.sandbox.stripe.problems import Refusal
from buck.sandbox.stripe.resources import PREFIXES
from buck.sandbox.stripe.store import EMBEDDED_LIMIT, StripeStore

_DEEPEST = 4
_HIDDEN_LISTS = {
    ("charge", "refunds"): ("refunds", "charge"),
    ("invoice", "payments"): ("invoice_payments", "invoice"),
    ("customer", "subscriptions"): ("subscriptions", "customer"),
}
"""Lists that an object only shows when asked: (object, field) → (table, its link back)."""
_OPTIONAL = frozenset({"tax", "sources", "tax_ids", "cash_balance", "test_clock", "default_price"})


def expand(record: Record, paths: list[str], store: StripeStore, *, live: bool) -> Record:
    """A copy of an object with the named fields expanded; the object itself stays as it is.

    Raises:
        Refusal: A field that can't be expanded.
    """
    for path in paths:
        steps = path.split(".")
        if len(steps) > _DEEPEST:
            raise Refusal(
                HTTPStatus.BAD_REQUEST,
                f"You cannot expand more than {_DEEPEST} levels of a property. Property: {path}",
                code="property_too_deep",
                param="expand",
            )
        record = _expand(record, steps, path, _finder(store, live=live))
    return record


_Find = Callable[[str, str, str | None], Any]


def _finder(store: StripeStore, *, live: bool) -> _Find:
    def find(table: str, key: str, link: str | None) -> Any:
        shelf = store.shelf(table, live=live)
        if link is None:
            entry = shelf.by_id.get(key)
            return entry and entry.record
        return [e.record for e in reversed(shelf.entries) if e.record.get(link) == key]

    return find


def _expand(value: Any, steps: list[str], path: str, find: _Find) -> Any:
    if isinstance(value, list):
        return [_expand(element, steps, path, find) for element in value]
    if not isinstance(value, dict):
        return value
    step, *rest = steps
    hidden = _HIDDEN_LISTS.get((value.get("object", ""), step))
    if hidden is not None and step not in value:
        child: Any = _hidden_list(value, step, hidden, find)
    elif step in value:
        child = _resolve(value[step], find, is_last=not rest, path=path)
    elif step in _OPTIONAL or value.get("deleted"):
        return value
    else:
        raise _inexpandable(path)
    return {**value, step: _expand(child, rest, path, find) if rest else child}


def _resolve(child: Any, find: _Find, *, is_last: bool, path: str) -> Any:
    if isinstance(child, list):
        return [_resolve(element, find, is_last=is_last, path=path) for element in child]
    if not isinstance(child, str):
        is_object = isinstance(child, dict) and (not is_last or "object" in child)
        if child is not None and not is_object:
            raise _inexpandable(path)
        return child
    table = PREFIXES.get(child.partition("_")[0])
    found = find(table, child, None) if table and "_" in child else None
    # Ids of kinds that the sandbox does not serve, such as payment methods, stay ids.
    if found is None and is_last and "_" not in child:
        raise _inexpandable(path)
    return found or child


def _hidden_list(parent: Record, step: str, hidden: tuple[str, str], find: _Find) -> Record:
    table, link = hidden
    found = find(table, parent["id"], link)
    return {
        "object": "list",
        "data": found[:EMBEDDED_LIMIT],
        "has_more": len(found) > EMBEDDED_LIMIT,
        "url": f"/v1/{parent['object']}s/{parent['id']}/{step}",
    }


def _inexpandable(path: str) -> Refusal:
    return Refusal(
        HTTPStatus.BAD_REQUEST, f"This property cannot be expanded ({path}).", param="expand"
    )
