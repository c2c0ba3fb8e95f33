"""Where each raw table comes from: Stripe's lists, and what about each is special."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from buck.records.table import TableSpec
from buck.sources.stripe import tables

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Sweep:
    """A list read again now and then, for changes that no event told of."""

    every_s: int
    """How long after the last sweep the next one is due."""
    reach_s: int | None
    """How far back it lists by creation; None for the whole list, which also shows what is gone."""


_MONEY = Sweep(every_s=_DAY_S, reach_s=35 * _DAY_S)
_CATALOGUE = Sweep(every_s=7 * _DAY_S, reach_s=None)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A list of Stripe's, landed as one raw table."""

    spec: TableSpec
    path: str
    object: str
    """What Stripe writes in `object`; events are routed by it."""
    created: str = "created"
    """The field that the list's `created` filter means."""
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    left_out: frozenset[str] = frozenset()
    """Fields that do not land: nested lists with a table of their own, secrets, counters."""
    relist_s: int = 0
    """How far back every load lists again, for changes that Stripe tells in no event."""
    unsettled: str | None = None
    """The status of objects that will change without an event. Where there is one, lists reach
    back to the oldest such object instead of `relist_s`."""
    has_events: bool = True
    sweep: Sweep | None = None
    is_replaced: bool = False
    """Whether every load reads the whole list: short ones, whose changes no event tells."""
    discounts: str | None = None
    """The field that holds the object's discounts."""
    expand: tuple[str, ...] = ()
    """Fields that Stripe gives as ids unless asked for the objects themselves."""
    own_path: str | None = None
    """Where the list's own account is, which the list leaves out."""

    def list_params(self) -> dict[str, str | int]:
        """What every page of the list is asked with."""
        expand = {f"expand[{n}]": f"data.{field}" for n, field in enumerate(self.expand)}
        return {**self.params, **expand}

    def object_params(self) -> dict[str, str | int]:
        """What a single object is asked with."""
        return {f"expand[{n}]": field for n, field in enumerate(self.expand)}


@dataclass(frozen=True, slots=True)
class ChildEndpoint:
    """A list inside each object of another list, landed as one raw table."""

    spec: TableSpec
    parent: Endpoint
    embedded: str
    """The parent's field that holds the first few of the list."""
    path: str
    """The complete list; `{id}` stands for the parent's id."""
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Column by field, where only some fields land; empty where all do."""
    only_if: str | None = None
    """The parent's flag without which it has no such list."""
    is_fixed: bool = False
    """Whether the list changes only with an event about its parent."""

    @property
    def parent_column(self) -> str:
        """The child's column that holds its parent's id."""
        return self.spec.key[0]

    @property
    def id_column(self) -> str:
        """The child's column that holds its own id."""
        return self.spec.key[1]


_CUSTOMERS = Endpoint(
    tables.CUSTOMERS,
    "/v1/customers",
    "customer",
    left_out=frozenset({"sources", "subscriptions", "tax_ids"}),
    sweep=_CATALOGUE,
    discounts="discount",
)
_INVOICES = Endpoint(
    tables.INVOICES,
    "/v1/invoices",
    "invoice",
    left_out=frozenset({"lines", "payments", "confirmation_secret"}),
    discounts="discounts",
)
_SUBSCRIPTIONS = Endpoint(
    tables.SUBSCRIPTIONS,
    "/v1/subscriptions",
    "subscription",
    params=MappingProxyType({"status": "all"}),
    left_out=frozenset({"items"}),
    discounts="discounts",
)
_CREDIT_NOTES = Endpoint(
    tables.CREDIT_NOTES, "/v1/credit_notes", "credit_note", left_out=frozenset({"lines"})
)
_PAYOUTS = Endpoint(tables.PAYOUTS, "/v1/payouts", "payout", sweep=_MONEY)

ENDPOINTS: Mapping[str, Endpoint] = {
    endpoint.spec.name: endpoint
    for endpoint in (
        _CUSTOMERS,
        Endpoint(tables.PRODUCTS, "/v1/products", "product", sweep=_CATALOGUE),
        Endpoint(
            tables.PRICES,
            "/v1/prices",
            "price",
            left_out=frozenset({"tiers"}),
            sweep=_CATALOGUE,
        ),
        _SUBSCRIPTIONS,
        _INVOICES,
        Endpoint(
            tables.PAYMENT_INTENTS,
            "/v1/payment_intents",
            "payment_intent",
            left_out=frozenset({"client_secret"}),
            sweep=_MONEY,
        ),
        Endpoint(
            tables.CHARGES,
            "/v1/charges",
            "charge",
            left_out=frozenset({"refunds"}),
            sweep=_MONEY,
        ),
        Endpoint(tables.REFUNDS, "/v1/refunds", "refund", sweep=_MONEY),
        Endpoint(tables.DISPUTES, "/v1/disputes", "dispute", sweep=_MONEY),
        Endpoint(
            tables.BALANCE_TRANSACTIONS,
            "/v1/balance_transactions",
            "balance_transaction",
            relist_s=31 * _DAY_S,
            unsettled="pending",
            has_events=False,
            sweep=_MONEY,
        ),
        _PAYOUTS,
        Endpoint(tables.COUPONS, "/v1/coupons", "coupon", sweep=_CATALOGUE),
        Endpoint(tables.PROMOTION_CODES, "/v1/promotion_codes", "promotion_code", sweep=_CATALOGUE),
        _CREDIT_NOTES,
        Endpoint(tables.INVOICEITEMS, "/v1/invoiceitems", "invoiceitem", created="date"),
        # Only payment is told as an event, not that one was made or given up.
        Endpoint(
            tables.INVOICE_PAYMENTS,
            "/v1/invoice_payments",
            "invoice_payment",
            relist_s=31 * _DAY_S,
        ),
        Endpoint(
            tables.SUBSCRIPTION_SCHEDULES, "/v1/subscription_schedules", "subscription_schedule"
        ),
        Endpoint(
            tables.TRANSFERS,
            "/v1/transfers",
            "transfer",
            left_out=frozenset({"reversals"}),
            sweep=_MONEY,
        ),
        Endpoint(tables.TAX_RATES, "/v1/tax_rates", "tax_rate", has_events=False, is_replaced=True),
        Endpoint(
            tables.ACCOUNTS,
            "/v1/accounts",
            "account",
            has_events=False,
            is_replaced=True,
            own_path="/v1/account",
        ),
    )
}

CHILD_ENDPOINTS: Mapping[str, ChildEndpoint] = {
    child.spec.name: child
    for child in (
        ChildEndpoint(
            tables.INVOICE_LINE_ITEMS, _INVOICES, embedded="lines", path="/v1/invoices/{id}/lines"
        ),
        ChildEndpoint(
            tables.CREDIT_NOTE_LINE_ITEMS,
            _CREDIT_NOTES,
            embedded="lines",
            path="/v1/credit_notes/{id}/lines",
        ),
        ChildEndpoint(
            tables.SUBSCRIPTION_ITEMS,
            _SUBSCRIPTIONS,
            embedded="items",
            path="/v1/subscription_items",
            params=MappingProxyType({"subscription": "{id}"}),
        ),
        ChildEndpoint(
            tables.PAYOUT_BALANCE_TRANSACTIONS,
            _PAYOUTS,
            embedded="",
            path="/v1/balance_transactions",
            params=MappingProxyType({"payout": "{id}"}),
            columns=MappingProxyType(
                {"id": "balance_transaction"}
                | {n: n for n in ("amount", "currency", "fee", "net", "reporting_category")}
                | {n: n for n in ("source", "type")}
            ),
            only_if="automatic",
            is_fixed=True,
        ),
    )
}

DISCOUNT_PARENTS: tuple[Endpoint, ...] = (_CUSTOMERS, _SUBSCRIPTIONS, _INVOICES)
"""The objects that carry discounts, which Stripe lists nowhere else."""

EVENT_LIST = Endpoint(
    tables.EVENTS, "/v1/events", "event", left_out=frozenset({"pending_webhooks"})
)
"""`pending_webhooks` counts down; without it an event never changes."""

ALSO_CHANGED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "refund": (("charge", "charge"),),
    "dispute": (("charge", "charge"),),
    "credit_note": (("invoice", "invoice"),),
    "discount": (
        ("customer", "customer"),
        ("subscription", "subscription"),
        ("invoice", "invoice"),
    ),
    "invoice_payment": (("invoice", "invoice"),),
}
"""Objects that an event of another object changes too, as (object, the field with its id)."""
