"""Opportunities in Salesforce: products, stages, and the history that stages leave."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from buck.sandbox.company.calendar import DAY_S, HOUR_S, to_date, to_salesforce
from buck.sandbox.company.change import Record
from buck.sandbox.company.salesforce_objects import make_history, make_line_item, make_opportunity
from buck.sandbox.company.world import Organisation, World

_STAGES = (
    ("Prospecting", 10, "Pipeline"),
    ("Qualification", 25, "Pipeline"),
    ("Proposal/Price Quote", 60, "BestCase"),
    ("Negotiation/Review", 85, "Commit"),
)


class Deals:
    """Opens deals and moves them from stage to stage until they are won or lost."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.dice.stream("deals")

    def open(self, second: int, firm: Organisation, owner: str, *, campaign: str | None) -> str:
        """A new deal with one to three products."""
        dice, journal, chance = self._world.dice, self._world.journal, self._chance
        key, created_on = dice.salesforce_id("006"), to_date(second)
        opportunity = make_opportunity(
            key,
            second,
            owner=owner,
            AccountId=firm.account_id,
            Name=f"{firm.name} – {created_on:%B}",
            CampaignId=campaign,
            CloseDate=(created_on + timedelta(days=chance.randint(14, 60))).isoformat(),
            NextStep=chance.choice(("call back", "Angebot schicken", None)),
            LeadSource="Campaign" if campaign else None,
        )
        products = list(journal.records("salesforce", "Product2").values())
        lines = [
            make_line_item(
                dice.salesforce_id("00k"),
                second,
                opportunity=key,
                product=product,
                entry=dice.salesforce_id("01u"),
                quantity=chance.randint(1, 30),
                price=Decimal(chance.randint(1_500, 25_000)) / 100,
                position=position,
            )
            for position, product in enumerate(chance.sample(products, chance.randint(1, 3)), 1)
        ]
        amount = sum((line["TotalPrice"] for line in lines), Decimal(0))
        opportunity.update(
            Amount=amount,
            ExpectedRevenue=amount / 10,
            HasOpportunityLineItem=True,
            TotalOpportunityQuantity=sum((line["Quantity"] for line in lines), Decimal(0)),
        )
        record = journal.salesforce(second, "Opportunity", opportunity)
        for line in lines:
            journal.salesforce(second, "OpportunityLineItem", line)
        self._note(second, record, None)
        self._plan_step(second, key, stage=1)
        return key

    def _plan_step(self, second: int, key: str, *, stage: int) -> None:
        wait_s = self._chance.randint(1, 9) * DAY_S + self._chance.randrange(4 * HOUR_S)
        self._world.agenda.plan(second + wait_s, lambda now: self._step(now, key, stage))

    def _step(self, second: int, key: str, stage: int) -> None:
        before = self._world.journal.record("salesforce", "Opportunity", key)
        if stage == len(_STAGES) or self._chance.random() < 0.12:
            won = stage == len(_STAGES) and self._chance.random() < 0.6
            fields: Record = {
                "StageName": "Closed Won" if won else "Closed Lost",
                "Probability": Decimal(100 if won else 0),
                "ForecastCategory": "Closed" if won else "Omitted",
                "IsClosed": True,
                "IsWon": won,
                "CloseDate": to_date(second).isoformat(),
            }
        else:
            name, percent, category = _STAGES[stage]
            fields = {
                "StageName": name,
                "Probability": Decimal(percent),
                "ForecastCategory": category,
            }
            self._plan_step(second, key, stage=stage + 1)
        after = self._world.journal.patch_salesforce(
            second,
            "Opportunity",
            key,
            **fields,
            ForecastCategoryName=fields["ForecastCategory"].replace("BestCase", "Best Case"),
            ExpectedRevenue=before["Amount"] * fields["Probability"] / 100,
            LastStageChangeDate=to_salesforce(second),
        )
        self._note(second, after, before)

    def _note(self, second: int, record: Record, previous: Record | None) -> None:
        history = make_history(
            self._world.dice.salesforce_id("008"), second, opportunity=record, previous=previous
        )
        self._world.journal.salesforce(second, "OpportunityHistory", history)
        self._world.journal.tell(
            second,
            "deal",
            record["Id"],
            of=record["AccountId"],
            status=record["StageName"],
            # The org's only currency, in which Salesforce shows two decimals.
            currency="usd",
            amount=int(record["Amount"] * 100),
        )
