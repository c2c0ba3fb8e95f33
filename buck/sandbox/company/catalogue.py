"""What the company sells: plans by subscription and goods by order, in every currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from buck.sandbox.company.calendar import DAY_S, HOUR_S, day_start_s
from buck.sandbox.company.change import Record
from buck.sandbox.company.money import CURRENCIES
from buck.sandbox.company.salesforce_objects import make_product2
from buck.sandbox.company.stripe_catalogue import make_price, make_product
from buck.sandbox.company.world import World

PLANS = (("starter", 1900), ("team", 4900), ("enterprise", 14900))
"""Plan and monthly price per seat in US cents."""
ADD_ONS = (
    "Audit log", "Single sign-on", "Extra storage", "Sandboxes", "Priority support", "Data export",
    "API calls", "Custom roles", "Webhooks", "Reports", "Archive", "Regions", "Backups", "Training",
)  # fmt: skip
_ADD_ON_CENTS = 700
_Article = tuple[str, str, str, int, int]
_GOODS: tuple[_Article, ...] = (
    ("MUG", "Enamel mug", "kitchen", 1850, 610),
    ("TEE", "T-shirt “Tidewater”", "clothing", 2900, 980),
    ("CAP", "Cap", "clothing", 2400, 700),
    ("NBK", "Notebook, dotted", "paper", 1500, 420),
    ("BAG", "Sail-cloth bag", "bags", 8900, 3900),
    ("LMP", "Desk lamp", "home", 12900, 6100),
    ("KEY", "Keyboard", "desk", 15900, 8800),
    ("PEN", "Pen set ✒️", "paper", 3300, 1200),
)


@dataclass(frozen=True, slots=True)
class Good:
    """One product of the shop, in one currency."""

    id: int
    minor_price: int
    price: Decimal


class Catalogue:
    """Puts the range on sale on day 0, changes some prices later, drops a product now and then."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.dice.stream("catalogue")
        self.goods: dict[str, list[Good]] = {}
        self.prices: dict[tuple[str, str], Record] = {}
        """Stripe prices by (plan or add-on, currency)."""
        self.test_prices: dict[tuple[str, str], Record] = {}
        self.products2: list[Record] = []
        """Salesforce's Product2 records of the plans and goods."""
        world.agenda.plan(day_start_s(0) + 60, self._open)

    def _open(self, second: int) -> None:
        for name, cents in (*PLANS, *((name, _ADD_ON_CENTS) for name in ADD_ONS)):
            self._offer_plan(second, name, cents, live=True)
        self._offer_plan(second, "starter", 1900, live=False)
        for article in _GOODS:
            self._offer_good(second, article)
        for number, name in enumerate(
            ("Poster (old)", "Sticker sheet", "Calendar 2025", "Tea tin")
        ):
            self._discontinue(second, name, day=9 + 14 * number)
        self._world.agenda.plan(second + 13 * DAY_S + 8 * HOUR_S, self._reprice)

    def _offer_plan(self, second: int, name: str, cents: int, *, live: bool) -> None:
        dice, journal = self._world.dice, self._world.journal
        product = make_product(
            dice.stripe_id("prod", length=14),
            second,
            name=name.title(),
            type_="service",
            metadata={"plan": name},
            live=live,
        )
        journal.stripe(second, "products", product, livemode=live)
        for currency in CURRENCIES.values():
            price = make_price(
                dice.stripe_id("price"),
                second,
                product=product["id"],
                currency=currency.code,
                amount=currency.price(cents),
                nickname=name.lower().replace(" ", "_"),
                live=live,
            )
            journal.stripe(second, "prices", price, livemode=live)
            (self.prices if live else self.test_prices)[name, currency.code] = price
        if live and cents != _ADD_ON_CENTS:
            self._offer_product2(second, name.title(), f"PLAN-{name.upper()}", "Subscription")

    def _offer_good(self, second: int, article: _Article) -> None:
        sku, name, category, cents, cost_cents = article
        dice, journal = self._world.dice, self._world.journal
        product = make_product(
            dice.stripe_id("prod", length=14),
            second,
            name=name,
            type_="good",
            metadata={"sku": sku},
            live=True,
        )
        journal.stripe(second, "products", product)
        for currency in CURRENCIES.values():
            minor = currency.price(cents)
            row: Record = {
                "id": dice.serial("products"),
                "sku": f"{sku}-{currency.code.upper()}",
                "name": name,
                "category": category,
                "unit_price": currency.decimal(minor),
                "unit_cost": currency.decimal(currency.price(cost_cents)),
                "currency": currency.code,
                # Some rows of the shop were never linked to Stripe.
                "stripe_product_id": product["id"] if self._chance.random() < 0.8 else None,
                "attributes": {"colour": self._chance.choice(("blue", "grün", None)), "tags": []},
                "created_at": journal.at(second),
            }
            journal.app(second, "products", row)
            self.goods.setdefault(currency.code, []).append(
                Good(row["id"], minor, row["unit_price"])
            )
        self._offer_product2(second, name, sku, "Goods")

    def _offer_product2(self, second: int, name: str, code: str, family: str) -> None:
        record = make_product2(
            self._world.dice.salesforce_id("01t"), second, name=name, code=code, family=family
        )
        self.products2.append(self._world.journal.salesforce(second, "Product2", record))

    def _discontinue(self, second: int, name: str, *, day: int) -> None:
        dice, journal, agenda = self._world.dice, self._world.journal, self._world.agenda
        product = make_product(
            dice.stripe_id("prod", length=14),
            second,
            name=name,
            type_="good",
            metadata={},
            live=True,
        )
        key = product["id"]
        journal.stripe(second, "products", product)
        gone = second + day * DAY_S + 9 * HOUR_S
        agenda.plan(
            gone - DAY_S,
            lambda now: journal.patch_stripe(now, "products", key, active=False, updated=now),
        )
        agenda.plan(gone, lambda now: journal.delete(now, "stripe", "products", key))

    def _reprice(self, second: int) -> None:
        """Every fortnight the shop changes one good's price in one currency."""
        currency = self._chance.choice(list(CURRENCIES.values()))
        goods = self.goods[currency.code]
        position = self._chance.randrange(len(goods))
        minor = currency.round_down(goods[position].minor_price * 11 // 10)
        good = Good(goods[position].id, minor, currency.decimal(minor))
        goods[position] = good
        self._world.journal.patch_app(second, "products", good.id, unit_price=good.price)
        self._world.agenda.plan(second + 14 * DAY_S, self._reprice)
