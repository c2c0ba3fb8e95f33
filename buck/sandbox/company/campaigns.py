"""Marketing campaigns in Salesforce and the leads they reach."""

from __future__ import annotations

from datetime import timedelta

from buck.sandbox.company.calendar import DAY_S, HOUR_S, day_of, day_start_s, to_at, to_date
from buck.sandbox.company.salesforce_objects import (
    ADMIN_ID,
    make_campaign,
    make_campaign_member,
)
from buck.sandbox.company.world import World

_EVERY_DAYS = 10
_KINDS = (("Spring mailing", "Email"), ("Messe Köln", "Trade Show"), ("Webinar ☕", "Webinar"))


class Campaigns:
    """Starts a campaign every ten days; each reaches the leads found while it runs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.dice.stream("campaigns")
        self._members: dict[str, str] = {}
        self.current: str | None = None
        world.agenda.plan(day_start_s(0) + 7 * HOUR_S, self._start)

    def _start(self, second: int) -> None:
        journal, number = self._world.journal, day_of(second) // _EVERY_DAYS
        if self.current is not None:
            journal.patch_salesforce(
                second, "Campaign", self.current, Status="Completed", IsActive=False
            )
        name, kind = _KINDS[number % len(_KINDS)]
        starts_on = to_date(second)
        campaign = make_campaign(
            self._world.dice.salesforce_id("701"),
            second,
            owner=ADMIN_ID,
            name=f"{name} {number + 1}",
            type_=kind,
            starts_on=starts_on.isoformat(),
            ends_on=(starts_on + timedelta(days=_EVERY_DAYS)).isoformat(),
        )
        self.current = journal.salesforce(second, "Campaign", campaign)["Id"]
        self._world.agenda.plan(second + _EVERY_DAYS * DAY_S, self._start)

    def reach(self, second: int, lead: str) -> None:
        """Perhaps make a lead a member of the running campaign, and perhaps it answers."""
        if self.current is None or self._chance.random() < 0.3:
            return
        journal, campaign = self._world.journal, self.current
        member = make_campaign_member(
            self._world.dice.salesforce_id("00v"), second, campaign=campaign, lead=lead
        )
        self._members[lead] = journal.salesforce(second, "CampaignMember", member)["Id"]
        count = journal.record("salesforce", "Campaign", campaign)["NumberOfLeads"]
        journal.patch_salesforce(second, "Campaign", campaign, NumberOfLeads=count + 1)
        if self._chance.random() < 0.4:
            self._world.agenda.plan(
                second + self._chance.randint(1, 40) * HOUR_S, lambda now: self._answer(now, lead)
            )

    def forget(self, second: int, lead: str) -> None:
        """A lead is about to be deleted, and its membership goes with it."""
        member = self._members.pop(lead, None)
        if member is not None:
            self._world.journal.delete(second, "salesforce", "CampaignMember", member)

    def _answer(self, second: int, lead: str) -> None:
        member = self._members.get(lead)
        if member is not None:
            self._world.journal.patch_salesforce(
                second,
                "CampaignMember",
                member,
                Status="Responded",
                HasResponded=True,
                FirstRespondedDate=to_at(second).date().isoformat(),
            )
