"""Every object the server sends, against the annotations that the `stripe` package ships."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
import types
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import pytest
import stripe
from stripe import ListObject, StripeObject


class _Names(dict[str, Any]):
    """Names as a type checker sees them: most imports of the package are for it alone."""

    def __init__(self, cls: type) -> None:
        super().__init__(vars(cls))
        self._imports = _imports_of(cls.__module__)

    def __missing__(self, name: str) -> Any:
        module, original = self._imports[name]
        return getattr(importlib.import_module(module), original)


@cache
def _imports_of(module: str) -> dict[str, tuple[str, str]]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


@cache
def hints_of(cls: Any) -> dict[str, Any]:
    """A class's own annotations with every name in them resolved."""
    module = dict(vars(sys.modules[cls.__module__]))
    own = type("_", (), {"__annotations__": inspect.get_annotations(cls)})
    hints = get_type_hints(own, module, _Names(cls))
    return {name: hint for name, hint in hints.items() if get_origin(hint) is not ClassVar}


def is_optional(hint: Any) -> bool:
    """Whether null, and with it absence, is allowed."""
    return type(None) in get_args(hint)


def problems(
    value: Any, cls: type, *, where: str = "", known: frozenset[str] = frozenset()
) -> list[str]:
    """What is wrong with a JSON object as one of the class; empty when nothing is.

    Args:
        value: The decoded JSON object.
        cls: The class of the `stripe` package.
        where: The path so far, for the messages.
        known: Keys that the API sends although the class does not name them.
    """
    where = where or cls.__name__
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no object"]
    hints = hints_of(cls)
    found = [
        f"{where}.{name} is missing"
        for name, hint in hints.items()
        if name not in value and not is_optional(hint)
    ]
    for name, inner in value.items():
        path = f"{where}.{name}"
        if name not in hints:
            if path not in known:
                found.append(f"{path} is not in the package's types")
        else:
            found += check(inner, hints[name], path, known)
    return found


def check(value: Any, hint: Any, path: str, known: frozenset[str]) -> list[str]:
    """What is wrong with one value."""
    origin = get_origin(hint)
    if hint is Any or isinstance(hint, TypeVar):
        return []
    if origin in {Union, types.UnionType}:
        tries = [check(value, option, path, known) for option in get_args(hint)]
        return min(tries, key=lambda t: (len(t), t))
    if hint is type(None):
        return [] if value is None else [f"{path}: {value!r} is not null"]
    if origin is Literal:
        return [] if value in get_args(hint) else [f"{path}: {value!r} is none of {get_args(hint)}"]
    if origin is list:
        if not isinstance(value, list):
            return [f"{path}: {value!r} is no list"]
        inner = get_args(hint)[0]
        return [p for i, v in enumerate(value) for p in check(v, inner, f"{path}[{i}]", known)]
    if origin is ListObject:
        if not isinstance(value, dict) or value.get("object") != "list":
            return [f"{path}: {value!r} is no list object"]
        inner = get_args(hint)[0]
        missing = [f"{path}.{k} is missing" for k in ("data", "has_more", "url") if k not in value]
        data = enumerate(value["data"])
        return missing + [p for i, v in data for p in check(v, inner, f"{path}[{i}]", known)]
    return _check_plain(value, origin or hint, path, known)


def _check_plain(value: Any, cls: Any, path: str, known: frozenset[str]) -> list[str]:
    if cls is Decimal:
        try:
            return (
                []
                if isinstance(value, str) and Decimal(value) is not None
                else [f"{path}: {value!r}"]
            )
        except InvalidOperation:
            return [f"{path}: {value!r} is no decimal"]
    if cls in {int, float, str, bool}:
        accepted: tuple[type, ...] = (int, float) if cls is float else (cls,)
        good = isinstance(value, accepted) and (cls is bool or not isinstance(value, bool))
        return [] if good else [f"{path}: {value!r} is no {cls.__name__}"]
    if isinstance(cls, type) and issubclass(cls, StripeObject):
        kind: Any = cls
        if not hints_of(kind):
            return [] if isinstance(value, dict) else [f"{path}: {value!r} is no object"]
        return problems(value, cls, where=path, known=known)
    return [f"{path}: the checker does not know {cls!r}"]


CLASSES: dict[str, type[StripeObject]] = {
    "balance_transactions": stripe.BalanceTransaction,
    "charges": stripe.Charge,
    "customers": stripe.Customer,
    "disputes": stripe.Dispute,
    "events": stripe.Event,
    "invoice_payments": stripe.InvoicePayment,
    "invoices": stripe.Invoice,
    "payment_intents": stripe.PaymentIntent,
    "payouts": stripe.Payout,
    "prices": stripe.Price,
    "products": stripe.Product,
    "refunds": stripe.Refund,
    "subscriptions": stripe.Subscription,
}


@pytest.mark.parametrize("path", sorted(CLASSES))
def test_listed_objects_match_the_packages_types(get: Any, path: str) -> None:
    page = get(f"/v1/{path}", params={"limit": 100}).json()
    assert page["data"]
    wrong = [p for record in page["data"] for p in problems(record, CLASSES[path])]
    assert wrong == []


def test_charges_of_every_outcome_match(store: Any) -> None:
    kinds: dict[tuple[Any, ...], Any] = {}
    for entry in store.shelf("charges", live=True).entries:
        charge = entry.record
        details = charge["payment_method_details"]["type"]
        kinds[charge["status"], details, charge["disputed"], charge["refunded"]] = charge
    assert len(kinds) >= 6
    assert [p for charge in kinds.values() for p in problems(charge, stripe.Charge)] == []


def test_single_and_expanded_objects_match(get: Any) -> None:
    charge = get("/v1/charges", params={"limit": 1}).json()["data"][0]
    full = get(
        f"/v1/charges/{charge['id']}",
        params={"expand[]": ["customer", "payment_intent", "refunds", "balance_transaction"]},
    ).json()
    assert isinstance(full["payment_intent"], dict)
    assert problems(full, stripe.Charge) == []


def test_lines_items_account_and_deleted_objects_match(get: Any, changes: Any) -> None:
    invoice = get("/v1/invoices", params={"limit": 1}).json()["data"][0]
    for line in get(f"/v1/invoices/{invoice['id']}/lines").json()["data"]:
        assert problems(line, stripe.InvoiceLineItem) == []
    subscription = invoice["parent"]["subscription_details"]["subscription"]
    items = get("/v1/subscription_items", params={"subscription": subscription}).json()["data"]
    assert items
    assert [p for item in items for p in problems(item, stripe.SubscriptionItem)] == []
    assert problems(get("/v1/account").json(), stripe.Account) == []
    gone = next(c for c in changes if c.table == "customers" and c.op == "delete")
    assert get(f"/v1/customers/{gone.key}").json() == {
        "id": gone.key,
        "object": "customer",
        "deleted": True,
    }


def test_checker_sees_what_is_wrong() -> None:
    """A checker that can't fail proves nothing."""
    assert "Refund.amount is missing" in problems({}, stripe.Refund)
    movement = {"object": "balance_transaction", "amount": "12", "surprise": 1}
    found = problems(movement, stripe.BalanceTransaction)
    assert "BalanceTransaction.amount: '12' is no int" in found
    assert "BalanceTransaction.surprise is not in the package's types" in found
    line = {"lines": {"object": "list", "data": [{"amount": True}], "has_more": False, "url": ""}}
    assert any("lines[0].amount: True" in p for p in problems(line, stripe.Invoice))
