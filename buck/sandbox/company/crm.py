"""Sales: accounts, contacts, leads that convert, deals and campaigns in Salesforce."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from buck.sandbox.company.calendar import DAY_S, HOUR_S, MINUTE_S, day_start_s, to_date
from buck.sandbox.company.campaigns import Campaigns
from buck.sandbox.company.deals import Deals
from buck.sandbox.company.names import CITIES, COUNTRY_NAMES, INDUSTRIES
from buck.sandbox.company.salesforce_objects import (
    ADMIN_ID,
    make_account,
    make_contact,
    make_lead,
    make_user,
)
from buck.sandbox.company.world import Organisation, Person, World

_TEAM = (
    ("Ingrid", "Sørensen", "Head of Sales"),
    ("Tomás", "Herrera", "Account Executive"),
    ("Keiko", "Mori", "Account Executive"),
    ("Dwayne", "Archer", None),
)
_SEGMENTS = ("SMB", "Mid-Market", "Enterprise")


def _nobody(_: int, __: Person) -> None:
    """Stands in until somebody wants to hear of conversions."""


class Crm:
    """Keeps Salesforce: by hand, late, and sometimes twice a day."""

    def __init__(self, world: World, meet: Callable[[], Person] | None = None) -> None:
        self._world = world
        self._chance = world.dice.stream("crm")
        self._team: list[str] = []
        self._leads: list[tuple[str, Person]] = []
        self._campaigns = Campaigns(world)
        self._deals = Deals(world)
        self.meet = meet
        self.on_convert: Callable[[int, Person], None] = _nobody
        first = day_start_s(0)
        world.agenda.plan(first + 30, self._hire)
        world.agenda.plan(first + 9 * HOUR_S, self._open_day)

    def know(self, second: int, person: Person) -> None:
        """Have a person of a firm as a contact of its account; sales forgets a few."""
        firm, chance = person.organisation, self._chance
        if firm is None or person.contact_id is not None:
            return
        if firm.account_id is None:
            if chance.random() < 0.1:
                return
            self._open_account(second, firm)
            if chance.random() < 0.6:
                self._deals.open(second, firm, self._rep(), campaign=None)
        if chance.random() < 0.92:
            self._add_contact(second, person, source="Web")

    def _hire(self, second: int) -> None:
        journal, dice = self._world.journal, self._world.dice
        admin = make_user(ADMIN_ID, second, given="Data", family="Integration", title=None)
        journal.salesforce(second, "User", admin)
        for given, family, title in _TEAM:
            user = make_user(
                dice.salesforce_id("005"), second, given=given, family=family, title=title
            )
            self._team.append(journal.salesforce(second, "User", user)["Id"])

    def _rep(self) -> str:
        return self._chance.choice(self._team)

    def _open_account(self, second: int, firm: Organisation) -> None:
        chance, journal = self._chance, self._world.journal
        known = firm.id in journal.records("app", "organisations") and chance.random() < 0.85
        account = make_account(
            self._world.dice.salesforce_id("001"),
            second,
            owner=self._rep(),
            Name=firm.name,
            Type="Customer - Direct",
            Industry=chance.choice(INDUSTRIES),
            NumberOfEmployees=firm.employees if chance.random() < 0.9 else None,
            AnnualRevenue=(
                Decimal(firm.employees * chance.randint(40_000, 200_000) * 100 + 37) / 100
                if chance.random() < 0.75
                else None
            ),
            BillingCity=CITIES[firm.country],
            BillingCountry=COUNTRY_NAMES[firm.country],
            BillingCountryCode=firm.country,
            Website=f"https://{firm.domain}",
            Rating=chance.choice(("Hot", "Warm", None)),
            AccountSource=chance.choice(("Web", "Partner", None)),
            Segment__c=firm.segment,
            App_Organisation_Id__c=firm.id if known else None,
        )
        firm.account_id = journal.salesforce(second, "Account", account)["Id"]
        journal.tell(second, "segment", firm.account_id, of=firm.id, status=firm.segment)

    def _add_contact(self, second: int, person: Person, *, source: str) -> str:
        chance, journal, firm = self._chance, self._world.journal, person.organisation
        contact = make_contact(
            self._world.dice.salesforce_id("003"),
            second,
            owner=self._rep(),
            AccountId=firm.account_id if firm else None,
            FirstName=person.given if chance.random() < 0.95 else None,
            LastName=person.family,
            Name=person.name,
            Email=person.email.upper() if chance.random() < 0.15 else person.email,
            Title=chance.choice(("Buyer", "CFO", "Leiterin Einkauf", None)),
            Phone="+44 20 7946 0018" if chance.random() < 0.3 else None,
            LeadSource=source,
            MailingCity=CITIES[person.country],
            MailingCountryCode=person.country,
            Birthdate="1987-02-28" if chance.random() < 0.05 else None,
        )
        key: str = journal.salesforce(second, "Contact", contact)["Id"]
        person.contact_id = key
        journal.tell(second, "identity", key, of=person.key, status="salesforce_contact")
        return key

    def _open_day(self, second: int) -> None:
        chance, plan = self._chance, self._world.agenda.plan
        for _ in range(int(self._world.size / 80 + chance.random())):
            plan(second + chance.randrange(9 * HOUR_S), self._find_lead)
        if self._leads and chance.random() < 0.45:
            plan(second + chance.randrange(8 * HOUR_S), self._convert)
        if self._leads and chance.random() < 0.3:
            plan(second + chance.randrange(8 * HOUR_S), self._work_lead)
        if len(self._leads) > 3 and chance.random() < 0.2:
            plan(second + chance.randrange(8 * HOUR_S), self._drop_lead)
        if chance.random() < 0.55:
            self._plan_segment_changes(second)
        plan(second + DAY_S, self._open_day)

    def _plan_segment_changes(self, second: int) -> None:
        """One firm is put into another segment; half of the time the mind is changed by evening."""
        firms = [f for f in self._world.organisations if f.account_id is not None]
        if not firms:
            return
        chance, plan = self._chance, self._world.agenda.plan
        firm = chance.choice(firms)
        first = second + chance.randrange(3 * HOUR_S)
        plan(first, lambda now: self._move(now, firm))
        if chance.random() < 0.5:
            plan(first + chance.randint(1, 300) * MINUTE_S, lambda now: self._move(now, firm))

    def _move(self, second: int, firm: Organisation) -> None:
        if firm.account_id is None:
            return
        firm.segment = self._chance.choice([s for s in _SEGMENTS if s != firm.segment])
        self._world.journal.patch_salesforce(
            second, "Account", firm.account_id, Segment__c=firm.segment
        )
        self._world.journal.tell(
            second, "segment", firm.account_id, of=firm.id, status=firm.segment
        )

    def _find_lead(self, second: int) -> None:
        if self.meet is None:
            return
        chance, person = self._chance, self.meet()
        firm = person.organisation
        lead = make_lead(
            self._world.dice.salesforce_id("00Q"),
            second,
            owner=self._rep(),
            FirstName=person.given,
            LastName=person.family,
            Name=person.name,
            Company=firm.name if firm else "—",
            Email=person.email.title(),
            Title=chance.choice(("CTO", "Geschäftsführer", None)),
            Rating=chance.choice(("Hot", "Cold", None)),
            Industry=chance.choice(INDUSTRIES),
            LeadSource=chance.choice(("Web", "Trade Show", "Referral", None)),
            NumberOfEmployees=firm.employees if firm else None,
            Country=COUNTRY_NAMES[person.country],
            CountryCode=person.country,
        )
        key: str = self._world.journal.salesforce(second, "Lead", lead)["Id"]
        self._leads.append((key, person))
        self._world.journal.tell(second, "identity", key, of=person.key, status="salesforce_lead")
        self._campaigns.reach(second, key)

    def _pick_lead(self) -> tuple[str, Person]:
        return self._leads.pop(self._chance.randrange(len(self._leads)))

    def _convert(self, second: int) -> None:
        """A lead becomes a contact, with an account and a deal if there is a firm, and signs up."""
        if not self._leads:
            return
        key, person = self._pick_lead()
        firm, deal = person.organisation, None
        if firm is not None and firm.account_id is None:
            self._open_account(second, firm)
        contact = self._add_contact(second, person, source="Lead")
        if firm is not None:
            deal = self._deals.open(second, firm, self._rep(), campaign=self._campaigns.current)
        self._world.journal.patch_salesforce(
            second,
            "Lead",
            key,
            Status="Closed - Converted",
            IsConverted=True,
            ConvertedDate=to_date(second).isoformat(),
            ConvertedAccountId=firm.account_id if firm else None,
            ConvertedContactId=contact,
            ConvertedOpportunityId=deal,
        )
        self._world.agenda.plan(
            second + self._chance.randint(10, 3_000) * 60, lambda now: self.on_convert(now, person)
        )

    def _work_lead(self, second: int) -> None:
        if self._leads:
            key, _ = self._chance.choice(self._leads)
            self._world.journal.patch_salesforce(
                second, "Lead", key, Status="Working - Contacted", Phone=None
            )

    def _drop_lead(self, second: int) -> None:
        if len(self._leads) > 1:
            key, person = self._pick_lead()
            self._campaigns.forget(second, key)
            self._world.journal.delete(second, "salesforce", "Lead", key)
            self._world.journal.tell(
                second, "identity_removed", key, of=person.key, status="salesforce_lead"
            )
