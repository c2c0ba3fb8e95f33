"""People as Stripe knows them: several customers for one person, addresses in any case."""

from __future__ import annotations

from buck.sandbox.company.calendar import DAY_S, HOUR_S
from buck.sandbox.company.stripe_catalogue import make_customer
from buck.sandbox.company.world import Person, World


class Customers:
    """Creates Stripe customers and chooses which one a payment goes to."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.dice.stream("customers")

    def pick(self, second: int, person: Person) -> str:
        """One of the person's customers, made on the spot if there is none."""
        if not person.stripe_ids:
            return self.create(second, person)
        return self._chance.choice(person.stripe_ids)

    def create(self, second: int, person: Person) -> str:
        """One more customer for a person.

        Those made by the app's own code name the user; those made by hand or by a checkout page
        only share the address, in whatever case it was typed.
        """
        chance, dice = self._chance, self._world.dice
        named = person.user_id is not None and chance.random() < 0.6
        email: str | None = person.email
        if chance.random() < 0.3:
            email = chance.choice((person.email.upper(), person.email.title()))
        elif named and chance.random() < 0.06:
            email = None
        customer = make_customer(
            dice.stripe_id("cus", length=14),
            second,
            email=email,
            name=person.name if chance.random() < 0.9 else None,
            country=person.country if chance.random() < 0.85 else None,
            currency=person.currency,
            locale=person.locale,
            metadata={"user_id": str(person.user_id)} if named else {},
            phone=f"+1555{chance.randrange(10**7):07d}" if chance.random() < 0.3 else None,
            invoice_prefix=dice.token(8).upper(),
            live=person.live,
        )
        key: str = customer["id"]
        self._world.journal.stripe(second, "customers", customer, livemode=person.live)
        person.stripe_ids.append(key)
        self._world.journal.tell(
            second, "identity", key, of=person.key, status="stripe_customer", live=person.live
        )
        return key

    def double(self, second: int, person: Person) -> None:
        """Make a person a second customer; now and then it is noticed and deleted unused."""
        key = self.create(second, person)
        if self._chance.random() < 0.3:
            person.stripe_ids.remove(key)
            self._world.agenda.plan(
                second + 2 * DAY_S + 3 * HOUR_S, lambda now: self._delete(now, key, person)
            )
        elif self._chance.random() < 0.5:
            self._world.agenda.plan(second + DAY_S + HOUR_S, lambda now: self._edit(now, key))

    def _edit(self, second: int, key: str) -> None:
        email = self._world.journal.record("stripe", "customers", key)["email"]
        self._world.journal.patch_stripe(
            second, "customers", key, email=email and email.lower(), description="merged by support"
        )

    def _delete(self, second: int, key: str, person: Person) -> None:
        self._world.journal.delete(second, "stripe", "customers", key)
        self._world.journal.tell(
            second, "identity_removed", key, of=person.key, status="stripe_customer"
        )
