"""Whatever arrives in whatever order: incremental marts equal a full rebuild in every column."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from buck.sandbox.company import day_start

HISTORIES, BATCHES = 200, 10
AS_OF = day_start(40)
TABLES = (
    "stg_stripe__charges",
    "int_identities_versioned",
    "int_identities_linked",
    "int_customers_versioned",
    "dim_customers",
    "fct_payments",
    "fct_refunds",
    "agg_monthly_revenue",
)
CURRENCIES = ("usd", "eur", "jpy", "kwd")
MARTS = ("core.dim_customers", "finance.fct_payments", "finance.agg_monthly_revenue")

# What fct_payments would hold if it were built from nothing now: the model without its filter.
DIFFERENCES = """
with computed as (
    select md5(charge_id) as payment_key, * rename (observed_at as buck_updated_at)
    from intermediate.int_payments_enriched
),
built as (select * from finance.fct_payments),
fresh as (from built where false union all by name from computed)
select 'missing or old' as finding, * from (from fresh except all from built)
union all
select 'left over' as finding, * from (from built except all from fresh)
"""


class Account:
    """One person's records in three systems, written as versions in the order of their life."""

    def __init__(self, number: int, chance: random.Random):
        self.number, self.chance = number, chance
        self.versions: list[tuple[tuple[str, str], str, dict, float]] = []
        self.day = chance.uniform(0, 5)
        self.mail = f"person{number}@example.org"
        self.charges: list[str] = []
        self.customers = [f"cus_{number}_{i}" for i in range(chance.randint(1, 2))]
        for step in (self.sign_up, self.meet_sales, self.pay, self.pay, self.change, self.leave):
            self.day += chance.uniform(0, 6)
            step()

    def write(self, system, table, op="u", **record):
        self.versions.append(((system, table), op, record, self.day))

    def sign_up(self):
        self.write_user(self.mail)
        for key in self.customers:
            self.write_customer(key, linked=self.chance.random() < 0.3)

    def write_user(self, mail):
        self.write(
            "app", "users", id=self.number, email=mail, full_name=f"P{self.number}",
            organisation_id=f"org{self.number // 5}", created_at=day_start(0), updated_at=None,
        )  # fmt: skip

    def write_customer(self, key, *, linked):
        mail = self.mail if self.chance.random() < 0.6 else f"{key}@example.net"
        self.write(
            "stripe", "customers", id=key, created=1_767_225_600, livemode=True, name=key,
            email=mail.upper(), metadata={"user_id": str(self.number)} if linked else {},
        )  # fmt: skip

    def meet_sales(self):
        if self.chance.random() < 0.5:
            account = f"001{self.number // 5}"
            self.write_segment(account)
            self.write(
                "salesforce", "contact", id=f"003{self.number}", accountid=account,
                email=self.mail, name=f"Contact {self.number}", isdeleted=False,
                systemmodstamp=day_start(0) + timedelta(days=self.day),
            )  # fmt: skip

    def write_segment(self, account):
        for _ in range(self.chance.randint(1, 2)):
            self.day += 0.01
            self.write(
                "salesforce", "account", id=account, isdeleted=False, name=account,
                segment__c=self.chance.choice(["SMB", "Mid-Market", "Enterprise"]),
                app_organisation_id__c=f"org{self.number // 5}",
                systemmodstamp=day_start(0) + timedelta(days=self.day),
            )  # fmt: skip

    def pay(self):
        chance, charge = self.chance, f"ch_{self.number}_{len(self.versions)}"
        self.charges.append(charge)
        payer = chance.choice([*self.customers, None, f"cus_unknown_{self.number}"])
        record = {
            "id": charge,
            "created": 1_767_225_600 + int(self.day * 86_400),
            "livemode": True,
            "customer": payer,
            "currency": chance.choice(CURRENCIES),
            "amount": chance.randint(1, 10**6),
            "payment_intent": f"pi_{charge}",
            "status": "pending",
            "disputed": False,
            "billing_details": {"email": self.mail} if chance.random() < 0.5 else None,
        }
        self.write("stripe", "charges", **record)
        if chance.random() < 0.05:
            record["livemode"] = False
        record["status"] = chance.choice(["succeeded", "succeeded", "failed"])
        self.write("stripe", "charges", **record)
        if chance.random() < 0.3:
            self.write(
                "stripe", "invoice_payments", id=f"inpay_{charge}", livemode=True,
                invoice=f"in_{charge}", payment={"payment_intent": f"pi_{charge}"}, created=1,
            )  # fmt: skip
        if chance.random() < 0.5:
            self.refund(charge, record["amount"])
        if chance.random() < 0.05:
            self.write("stripe", "charges", "d", id=charge)

    def refund(self, charge, amount):
        key = f"re_{charge}"
        for status in ("pending", self.chance.choice(["succeeded", "failed"])):
            self.day += self.chance.uniform(0, 20)
            record = {"id": key, "created": 1_767_225_600 + int(self.day * 86_400)}
            part = self.chance.choice([amount, self.chance.randint(1, amount)])
            self.write("stripe", "refunds", **record, charge=charge, amount=part, status=status)
        if self.chance.random() < 0.1:
            # It turns out to belong to another charge.
            other = self.chance.choice(self.charges)
            self.write("stripe", "refunds", **record, charge=other, amount=1, status="succeeded")
        if self.chance.random() < 0.1:
            self.write("stripe", "refunds", "d", id=key)

    def change(self):
        self.write_user(self.chance.choice([self.mail, f"new{self.number}@example.org"]))
        for key in self.customers:
            self.write_customer(key, linked=True)

    def leave(self):
        if self.chance.random() < 0.2:
            self.write("app", "users", "d", id=self.number)
        if self.chance.random() < 0.2:
            self.write("stripe", "customers", "d", id=self.customers[0])


def deal(seed):
    """The versions of all accounts dealt to batches: late, early, out of order, some twice."""
    chance = random.Random(seed)
    batches = [[] for _ in range(BATCHES)]
    for number in range(HISTORIES):
        for version in Account(number, chance).versions:
            due = int(version[3] / 40 * BATCHES)
            late = chance.choice([0, 0, 0, 1, 4])
            batch = min(max(due + late, 0), BATCHES - 1)
            batches[batch].append(version)
            if chance.random() < 0.1:
                batches[min(batch + chance.randint(0, 2), BATCHES - 1)].append(version)
    for batch in batches:
        chance.shuffle(batch)
    return batches


@pytest.mark.parametrize("seed", [1])
def test_incremental_equals_full_refresh_after_every_batch(build_lake, seed):
    lake = build_lake()
    lake.build(as_of=AS_OF, command="seed")
    lake.build(as_of=AS_OF, command="run")
    grown = []
    for batch in deal(seed):
        by_table = {}
        for table, op, record, day in batch:
            at = day_start(0) + timedelta(seconds=int(day * 86_400))
            by_table.setdefault(table, []).append((op, record, at))
        for table, versions in by_table.items():
            lake.append(table, versions, as_of=AS_OF)
        lake.build(as_of=AS_OF, command="run", select=TABLES)
        assert lake.query(DIFFERENCES) == []
        grown.append(lake.query("select count(*) from finance.fct_payments")[0][0])
    assert 0 < grown[0] < grown[4] < grown[-1]
    assert lake.query("select count(*) from finance.fct_payments where is_refunded")[0][0] > 0

    incremental = {table: lake.rows(table) for table in MARTS}
    lake.build(as_of=AS_OF, command="run", select=TABLES, full_refresh=True)
    for table in MARTS:
        assert lake.rows(table) == incremental[table]


def test_nothing_new_rewrites_nothing(build_lake):
    lake = build_lake()
    for table, op, record, _ in Account(3, random.Random(3)).versions:
        lake.append(table, [(op, record, day_start(1))], as_of=AS_OF)
    lake.build(as_of=AS_OF, command="seed")
    lake.build(as_of=AS_OF, command="run")
    before = lake.rows("finance.fct_payments")
    # A row that a build computes again would lose this mark.
    with lake.connect() as con:
        con.execute("update finance.fct_payments set failure_code = 'mark'")
    lake.build(as_of=AS_OF + timedelta(days=1), command="run", select=TABLES)
    ((rows, marked),) = lake.query(
        "select count(*), count(*) filter (failure_code = 'mark') from finance.fct_payments"
    )
    assert rows == marked == len(before) > 0
