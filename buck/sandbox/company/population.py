"""Who turns up: people and their firms, in the app's database and at Stripe."""

from __future__ import annotations

from buck.sandbox.company.billing import Billing
from buck.sandbox.company.calendar import (
    DAY_S,
    DEFAULT_DAYS,
    HOUR_S,
    MINUTE_S,
    day_of,
    day_start_s,
)
from buck.sandbox.company.change import Record
from buck.sandbox.company.crm import Crm
from buck.sandbox.company.customers import Customers
from buck.sandbox.company.names import CHANNELS, COUNTRIES, FIRMS, names_of
from buck.sandbox.company.world import Organisation, Person, World

_FOUNDERS = 0.6
"""The part of the company's size that signs up on day 0; the rest comes day by day, and goes on."""


class Population:
    """Lets people sign up, and a few leave again."""

    def __init__(self, world: World, customers: Customers, billing: Billing, crm: Crm) -> None:
        self._world = world
        self._customers = customers
        self._billing = billing
        self._crm = crm
        self._chance = world.dice.stream("population")
        self._owed = 0.0
        crm.on_convert = self._join_converted
        world.agenda.plan(day_start_s(0) + 5 * MINUTE_S, self._open_day)

    def _open_day(self, second: int) -> None:
        if day_of(second) == 0:
            arrivals, over_s = round(self._world.size * _FOUNDERS), 8 * HOUR_S
        else:
            self._owed += self._world.size * (1 - _FOUNDERS) / (DEFAULT_DAYS - 1)
            arrivals, over_s = int(self._owed), 22 * HOUR_S
            self._owed -= arrivals
        for _ in range(arrivals):
            self._world.agenda.plan(second + self._chance.randrange(over_s), self._sign_up)
        self._world.agenda.plan(second + DAY_S, self._open_day)

    def meet(self) -> Person:
        """A new person, whom no system knows yet, at a firm or on their own."""
        chance = self._chance
        firm = self._find_firm() if chance.random() < 0.6 else None
        country, currency, locale, _ = chance.choices(COUNTRIES, [c[3] for c in COUNTRIES])[0]
        if firm is not None:
            country, currency, locale = next(c[:3] for c in COUNTRIES if c[0] == firm.country)
        pool = names_of(country)
        (given, given_mail), (family, family_mail) = chance.choice(pool)[0], chance.choice(pool)[1]
        number = self._world.dice.serial("people")
        domain = firm.domain if firm else "mail.example"
        debit = {"eur": "sepa_debit", "usd": "us_bank_account"}.get(currency)
        return Person(
            key=f"person-{number}",
            name=f"{family} {given}" if country == "JP" else f"{given} {family}",
            given=given,
            family=family,
            email=f"{given_mail}.{family_mail}{number}@{domain}",
            country=country,
            currency=currency,
            locale=locale if chance.random() < 0.8 else None,
            method=debit if debit and chance.random() < 0.12 else "card",
            organisation=firm,
            order_rate=min(2.5, chance.lognormvariate(-1.3, 0.8)),
        )

    def _find_firm(self) -> Organisation:
        open_firms = [o for o in self._world.organisations if o.members < 6]
        if open_firms and self._chance.random() < 0.55:
            return self._chance.choice(open_firms)
        return self._found_firm()

    def _found_firm(self) -> Organisation:
        chance, number = self._chance, self._world.dice.serial("organisations")
        name = FIRMS[(number - 1) % len(FIRMS)]
        name = name if number <= len(FIRMS) else f"{name} {number}"
        # The first firm is a large one, so that even a tiny company has a large customer.
        employees = 4_200 if number == 1 else int(chance.lognormvariate(4.2, 1.6)) + 1
        segment = "SMB" if employees < 60 else "Mid-Market" if employees < 600 else "Enterprise"
        firm = Organisation(
            self._world.dice.uuid(),
            name,
            f"firm{number}.example",
            chance.choices(COUNTRIES, [c[3] for c in COUNTRIES])[0][0],
            employees,
            segment,
        )
        self._world.organisations.append(firm)
        return firm

    def _sign_up(self, second: int) -> None:
        self.join(second, self.meet())

    def _join_converted(self, second: int, person: Person) -> None:
        self.join(second, person)

    def join(self, second: int, person: Person) -> None:
        """Make a person a user of the app, and let the other systems hear of it."""
        chance, agenda = self._chance, self._world.agenda
        firm = person.organisation
        if firm is not None:
            firm.members += 1
            if firm.id not in self._world.journal.records("app", "organisations"):
                self._register_firm(second, firm)
        self._register_user(second, person)
        self._world.people.append(person)
        if chance.random() < 0.08:
            self._fade(second, person)
            return
        if firm is not None:
            agenda.plan(
                second + chance.randint(2, 90) * MINUTE_S, lambda now: self._crm.know(now, person)
            )
        if chance.random() < 0.75:
            agenda.plan(
                second + chance.randint(5, 600), lambda now: self._customers.pick(now, person)
            )
        if chance.random() < 0.14:
            agenda.plan(
                second + chance.randint(1, 15) * DAY_S,
                lambda now: self._customers.double(now, person),
            )
        if chance.random() < 0.6:
            agenda.plan(
                second + chance.randint(0, 4) * DAY_S + chance.randrange(3 * HOUR_S),
                lambda now: self._billing.subscribe(now, person),
            )

    def _register_firm(self, second: int, firm: Organisation) -> None:
        journal, chance = self._world.journal, self._chance
        row: Record = {
            "id": firm.id,
            "name": firm.name,
            "country_code": firm.country,
            "plan": "free",
            "created_at": journal.at(second),
        }
        journal.app(second, "organisations", row)
        if chance.random() < 0.7:
            plan = "enterprise" if firm.segment == "Enterprise" else "team"
            self._world.agenda.plan(
                second + chance.randint(1, 20) * DAY_S,
                lambda now: journal.patch_app(now, "organisations", firm.id, plan=plan),
            )

    def _register_user(self, second: int, person: Person) -> None:
        journal, chance = self._world.journal, self._chance
        person.user_id = self._world.dice.serial("users")
        typed = person.email.title() if chance.random() < 0.1 else person.email
        row: Record = {
            "id": person.user_id,
            "organisation_id": person.organisation.id if person.organisation else None,
            "email": typed,
            "full_name": person.name,
            "locale": person.locale,
            "marketing_channel": chance.choice(CHANNELS),
            "is_active": True,
            "roles": chance.choice(([], ["buyer"], ["buyer", "admin"], ["owner", "billing ‘€’"])),
            "preferences": {
                "theme": chance.choice(("dark", "light")),
                "digest": chance.choice((True, False, None)),
                "labels": {"größe": chance.randrange(5)},
            },
            "created_at": journal.at(second),
        }
        journal.app(second, "users", row)
        journal.tell(second, "identity", person.user_id, of=person.key, status="app_user")
        if typed != person.email:
            self._world.agenda.plan(
                second + chance.randint(1, 12) * DAY_S,
                lambda now: self._correct_email(now, row["id"], person),
            )

    def _correct_email(self, second: int, user_id: int, person: Person) -> None:
        # Who only looked may have been deleted by then.
        if str(user_id) in self._world.journal.records("app", "users"):
            self._world.journal.patch_app(second, "users", user_id, email=person.email)

    def _fade(self, second: int, person: Person) -> None:
        """Somebody who only looked: never buys, is switched off, and at last deleted."""
        journal, agenda, user_id = self._world.journal, self._world.agenda, person.user_id
        person.order_rate = 0.0
        agenda.plan(
            second + 3 * DAY_S + HOUR_S,
            lambda now: journal.patch_app(now, "users", user_id, is_active=False),
        )

        def delete(now: int) -> None:
            journal.delete(now, "app", "users", user_id)
            journal.tell(now, "identity_removed", str(user_id), of=person.key, status="app_user")
            self._world.people.remove(person)

        if self._chance.random() < 0.6:
            agenda.plan(second + self._chance.randint(5, 25) * DAY_S, delete)
