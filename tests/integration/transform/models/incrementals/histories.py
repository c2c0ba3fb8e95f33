"""Made-up histories: what one household's records went through in all systems, version by version.

A history stands for itself: its ids hold `h§x`, where `§` is its number in the lake. So histories
of any origin can stand side by side under new numbers, and a row of a mart tells whose it is.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from buck.sandbox.company import day_start

BATCHES = 10
DAYS = 40
EPOCH_S = int(day_start(0).timestamp())
CURRENCIES = ("usd", "eur", "jpy", "kwd")
NUMERIC = {("app", "users"), ("app", "orders"), ("app", "order_items"), ("app", "products")}


@dataclass(frozen=True)
class Version:
    """One version of one record, and the batch in which it arrives."""

    batch: int
    table: tuple[str, str]
    op: str
    day: float
    record: dict[str, Any]

    @property
    def at(self) -> datetime:
        """When it became true."""
        return day_start(0) + timedelta(days=self.day)

    def rendered(self, number: int) -> dict[str, Any]:
        """The record as history `number`'s."""
        text = json.dumps(self.record, ensure_ascii=False).replace("§", str(number))
        record = dict(json.loads(text))
        for name, value in record.items():
            if value is not None and (name in TIMES or self._is_number(name)):
                record[name] = datetime.fromisoformat(value) if name in TIMES else int(value)
        return record

    def _is_number(self, name: str) -> bool:
        return self.table in NUMERIC and (name == "id" or name.endswith("_id")) and name in NUMBERS


TIMES = {"created_at", "updated_at", "placed_at", "systemmodstamp", "occurred_at"}
NUMBERS = {"id", "user_id", "order_id", "product_id"}

History = tuple[Version, ...]


@dataclass
class Life:
    """Writes one history, in the order in which things became true."""

    chance: random.Random
    day: float = 0.0
    written: list[tuple[tuple[str, str], str, float, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.day = self.chance.uniform(0, 5)
        self.people = [f"§{n}" for n in range(self.chance.randint(1, 3))]
        self.customers = {p: [f"cus_h§x_{p}_{i}" for i in range(self.chance.randint(1, 2))]
                          for p in self.people}  # fmt: skip
        self.charges: list[str] = []
        for step in (self.found, self.pay, self.order, self.pay, self.change, self.pay, self.leave):
            self.day += self.chance.uniform(0, 6)
            step()

    def write(self, system: str, table: str, op: str = "u", **record: Any) -> None:
        self.written.append(((system, table), op, self.day, record))

    def flip(self, share: float) -> bool:
        return self.chance.random() < share

    def unix(self) -> int:
        return EPOCH_S + int(self.day * 86_400)

    def stamp(self) -> str:
        return (day_start(0) + timedelta(days=self.day)).isoformat()

    # --- who -------------------------------------------------------------------------------------

    def mail(self, person: str) -> str:
        return f"p{person}.h§x@example.org"

    def found(self) -> None:
        for person in self.people:
            self.write_user(person, self.mail(person))
            for key in self.customers[person]:
                self.write_customer(person, key, linked=self.flip(0.3))
            if self.flip(0.5):
                self.write_segment()
                self.write(
                    "salesforce", "contact", id=f"003h§x{person}", accountid="001h§x",
                    email=self.mail(person), name=f"Contact {person}", isdeleted=False,
                    systemmodstamp=self.stamp(),
                )  # fmt: skip

    def write_user(self, person: str, mail: str) -> None:
        self.write(
            "app", "users", id=person, email=mail, full_name=f"P{person}",
            organisation_id="org_h§x", created_at=day_start(0).isoformat(), updated_at=None,
        )  # fmt: skip

    def write_customer(self, person: str, key: str, *, linked: bool) -> None:
        mail = self.mail(person) if self.flip(0.6) else f"{key}@example.net"
        self.write(
            "stripe", "customers", id=key, created=EPOCH_S, livemode=True, name=key,
            email=mail.upper(), metadata={"user_id": person} if linked else {},
        )  # fmt: skip

    def write_segment(self) -> None:
        for _ in range(self.chance.randint(1, 2)):
            self.day += 0.01
            self.write(
                "salesforce", "account", id="001h§x", isdeleted=False, name="001h§x",
                segment__c=self.chance.choice(["SMB", "Mid-Market", "Enterprise"]),
                app_organisation_id__c="org_h§x", systemmodstamp=self.stamp(),
            )  # fmt: skip

    def change(self) -> None:
        for person in self.people:
            mails = [self.mail(person), f"new{person}.h§x@example.org"]
            self.write_user(person, self.chance.choice(mails))
            for key in self.customers[person]:
                self.write_customer(person, key, linked=True)
        if self.flip(0.5):
            self.write_segment()

    def leave(self) -> None:
        for person in self.people:
            if self.flip(0.2):
                self.write("app", "users", "d", id=person)
            if self.flip(0.2):
                self.write("stripe", "customers", "d", id=self.customers[person][0])

    # --- money -----------------------------------------------------------------------------------

    def pay(self) -> None:
        chance, charge = self.chance, f"ch_h§x_{len(self.written)}"
        self.charges.append(charge)
        person = chance.choice(self.people)
        record: dict[str, Any] = {
            "id": charge,
            "created": self.unix(),
            "livemode": True,
            "customer": chance.choice([*self.customers[person], None, "cus_unknown_h§x"]),
            "currency": chance.choice(CURRENCIES),
            "amount": chance.randint(1, 10**6),
            "payment_intent": f"pi_{charge}",
            "status": "pending",
            "disputed": False,
            "billing_details": {"email": self.mail(person)} if self.flip(0.5) else None,
        }
        self.write("stripe", "charges", **record)
        if self.flip(0.05):
            record["livemode"] = False
        record["status"] = chance.choice(["succeeded", "succeeded", "failed"])
        self.write("stripe", "charges", **record)
        if self.flip(0.4):
            self.write(
                "stripe", "invoice_payments", id=f"inpay_{charge}", livemode=True,
                invoice=f"in_{charge}", payment={"payment_intent": f"pi_{charge}"}, created=1,
            )  # fmt: skip
            self.bill(f"in_{charge}", record)
        self.move(charge, record)
        if self.flip(0.5):
            self.refund(charge, record)
        if self.flip(0.1):
            self.dispute(charge, record)
        if self.flip(0.05):
            self.write("stripe", "charges", "d", id=charge)

    def move(self, source: str, record: dict[str, Any]) -> None:
        """What the balance says of it, corrected once now and then."""
        for _ in range(self.chance.randint(0, 2)):
            self.write(
                "stripe", "balance_transactions", id=f"txn_{source}", created=self.unix(),
                amount=record["amount"], fee=self.chance.randint(0, 99), net=record["amount"],
                currency=record["currency"], type="charge", source=source, available_on=self.unix(),
            )  # fmt: skip

    def bill(self, invoice: str, paid: dict[str, Any]) -> None:
        """An invoice that is paid or not, and its lines, of which one may change or go."""
        record: dict[str, Any] = {
            "id": invoice, "created": self.unix(), "livemode": not self.flip(0.05),
            "customer": paid["customer"], "currency": paid["currency"], "total": paid["amount"],
            "status": "draft",
        }  # fmt: skip
        self.write("stripe", "invoices", **record)
        for number in range(self.chance.randint(1, 2)):
            line: dict[str, Any] = {
                "id": f"il_{invoice}_{number}", "invoice": invoice, "livemode": True,
                "currency": paid["currency"], "amount": paid["amount"], "quantity": 1,
                "pricing": {"price_details": {"product": "prod_h§x"}},
            }  # fmt: skip
            self.write("stripe", "invoice_line_items", **line)
            if self.flip(0.2):
                self.write("stripe", "invoice_line_items", **(line | {"quantity": 3}))
            if self.flip(0.1):
                self.write("stripe", "invoice_line_items", "d", id=line["id"], invoice=invoice)
        self.day += self.chance.uniform(0, 3)
        if self.flip(0.7):
            self.write("stripe", "invoices", **(record | {"status": "paid"}))
        elif self.flip(0.2):
            self.write("stripe", "invoices", "d", id=invoice)
        if self.flip(0.3):
            self.sell()

    def sell(self) -> None:
        """Stripe's product; now and then the app turns out to have an article of it."""
        self.write("stripe", "products", id="prod_h§x", name="h§x", active=True, livemode=True)
        if self.flip(0.5):
            self.write(
                "app", "products", id="§0", name="h§x", currency=self.chance.choice(CURRENCIES),
                stripe_product_id="prod_h§x", created_at=self.stamp(),
            )  # fmt: skip

    def dispute(self, charge: str, paid: dict[str, Any]) -> None:
        key = f"dp_{charge}"
        record = {
            "id": key, "created": self.unix(), "livemode": True, "charge": charge,
            "amount": paid["amount"], "currency": paid["currency"], "status": "needs_response",
        }  # fmt: skip
        self.write("stripe", "disputes", **record)
        self.move(key, paid)
        self.day += self.chance.uniform(0, 9)
        self.write("stripe", "disputes", **(record | {"status": self.chance.choice(["won", "lost"])}))

    def refund(self, charge: str, paid: dict[str, Any]) -> None:
        key, amount = f"re_{charge}", paid["amount"]
        record: dict[str, Any] = {}
        for status in ("pending", self.chance.choice(["succeeded", "failed"])):
            self.day += self.chance.uniform(0, 20)
            part = self.chance.choice([amount, self.chance.randint(1, amount)])
            record = {
                "id": key, "created": self.unix(), "charge": charge, "amount": part,
                "currency": paid["currency"], "status": status,
            }  # fmt: skip
            self.write("stripe", "refunds", **record)
        self.move(key, paid)
        if self.flip(0.1):
            # It turns out to belong to another charge.
            record |= {"charge": self.chance.choice(self.charges), "amount": 1}
            self.write("stripe", "refunds", **record)
        if self.flip(0.1):
            self.write("stripe", "refunds", "d", id=key)

    # --- orders ----------------------------------------------------------------------------------

    def order(self) -> None:
        chance = self.chance
        for number in range(chance.randint(0, 2)):
            key = f"§{number}"
            order: dict[str, Any] = {
                "id": key, "user_id": chance.choice(self.people), "status": "placed",
                "currency": chance.choice(CURRENCIES), "channel": "web", "note": "h§x",
                "placed_at": self.stamp(), "updated_at": self.stamp(),
                "stripe_payment_intent_id": f"pi_h§x_{number}",
            }  # fmt: skip
            self.write("app", "orders", **order)
            for line in range(chance.randint(0, 3)):
                item: dict[str, Any] = {
                    "id": f"{key}{line}", "order_id": key, "product_id": f"§{chance.randint(0, 1)}",
                    "quantity": chance.randint(1, 5), "unit_price": "9.990", "discount": "0.000",
                    "updated_at": self.stamp(),
                }  # fmt: skip
                self.write("app", "order_items", **item)
                if self.flip(0.3):
                    self.write("app", "order_items", **(item | {"quantity": 9}))
                if self.flip(0.1):
                    self.write("app", "order_items", "d", id=item["id"])
            self.day += chance.uniform(0, 4)
            if self.flip(0.5):
                self.write("app", "orders", **(order | {"status": "cancelled"}))
            if self.flip(0.1):
                self.write("app", "orders", "d", id=key)


def make_history(chance: random.Random) -> History:
    """A history whose versions arrive on time or late, out of order, some of them twice."""
    arriving: list[Version] = []
    for table, op, day, record in Life(chance).written:
        due = int(day / DAYS * BATCHES) + chance.choice([0, 0, 0, 1, 4])
        batch = min(max(due, 0), BATCHES - 1)
        version = Version(batch, table, op, round(day, 4), record)
        arriving.append(version)
        if chance.random() < 0.1:
            again = min(batch + chance.randint(0, 2), BATCHES - 1)
            arriving.append(Version(again, table, op, version.day, record))
    chance.shuffle(arriving)
    return tuple(arriving)


def batches_of(
    histories: Sequence[History], chance: random.Random, count: int = BATCHES
) -> list[list[tuple[int, Version]]]:
    """All histories dealt to batches, each with its number; the order within a batch is random."""
    batches: list[list[tuple[int, Version]]] = [[] for _ in range(count)]
    for number, history in enumerate(histories):
        for version in history:
            batches[version.batch * count // BATCHES].append((number, version))
    for batch in batches:
        # Versions of one history keep their order, so that a history is right or wrong by itself.
        queues: dict[int, list[Version]] = {}
        for number, version in batch:
            queues.setdefault(number, []).append(version)
        order = [number for number, _ in batch]
        chance.shuffle(order)
        batch[:] = [(number, queues[number].pop(0)) for number in order]
    return batches


def to_json(history: Iterable[Version]) -> list[dict[str, Any]]:
    """As a case keeps it."""
    return [
        {"batch": v.batch, "table": ".".join(v.table), "op": v.op, "day": v.day, "record": v.record}
        for v in history
    ]


def from_json(found: Iterable[dict[str, Any]]) -> History:
    """The history that a case kept."""
    return tuple(
        Version(v["batch"], tuple(v["table"].split(".", 1)), v["op"], v["day"], v["record"])
        for v in found
    )
