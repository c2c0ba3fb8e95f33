"""The data vault slice and dbt's own snapshot tell the same history as `dim_customers`."""

from __future__ import annotations

import pytest

from buck.sandbox.company import Company, day_start

FIRST, LATER = 38, 62
CHOSEN = ["+tag:vault", "+customers_snapshot"]
ASKED = [
    "tag:vault",
    "customers_snapshot",
    "assert_vault_rebuilds_customer_history",
    "assert_snapshot_agrees_with_history",
]


@pytest.fixture(scope="module")
def company():
    return Company(seed=5, customers=20)


@pytest.fixture(scope="module")
def built(build_lake, tmp_path_factory, company):
    """Vault and snapshot, built after some days and again later; all their tests are green."""
    lake = build_lake()
    lake.parsed = tmp_path_factory.mktemp("parsed_vault")
    lake.variables = {"data_vault": True, "customers_snapshot": True}
    changes = company.changes(LATER)
    early = [c for c in changes if c.at < day_start(FIRST)]
    lake.land_state(early, as_of=day_start(FIRST))
    no_tests = ["resource_type:test", "resource_type:unit_test"]
    lake.build(as_of=day_start(FIRST), select=CHOSEN, exclude=no_tests)
    lake.land(changes[len(early) :], as_of=day_start(LATER))
    lake.build(as_of=day_start(LATER), select=CHOSEN, exclude=no_tests)
    tested = lake.build(as_of=day_start(LATER), command="test", select=ASKED)
    assert {"assert_vault_rebuilds_customer_history", "assert_snapshot_agrees_with_history"} <= {
        node.name for node in tested.nodes
    }
    return lake


def test_satellites_rebuild_every_version_of_the_dimension(built):
    columns = (
        "customer_id, version_number, email, name, segment, company_name, industry, country_code,"
        " is_deleted, valid_from, valid_to"
    )
    rebuilt = built.query(f"select {columns} from vault.pit_customers order by all")
    assert rebuilt == built.query(f"select {columns} from core.dim_customers order by all")
    ((versions, people),) = built.query(
        "select count(*), count(distinct customer_id) from vault.pit_customers"
    )
    assert versions > people
    # A satellite holds only what changed in it: people's facts change less often than versions.
    ((person,),) = built.query("select count(*) from vault.sat_customers_person")
    ((company,),) = built.query("select count(*) from vault.sat_customers_company")
    assert people <= person < versions
    assert people <= company <= versions


def test_satellites_of_orders_and_payments_end_as_staging_shows_them(built):
    for satellite, hub, staging, key, columns in (
        ("orders", "order", "stg_app__orders", "order_id", "status, channel, currency"),
        (
            "payments",
            "payment",
            "stg_stripe__charges",
            "charge_id",
            "status, currency, amount_minor, is_disputed",
        ),
    ):
        newest = built.query(
            f"select {key}, {columns} from vault.sat_{satellite} inner join vault.hub_{satellite}"
            f" using ({hub}_hash) where not is_deleted qualify arrival_number ="
            f" max(arrival_number) over (partition by {hub}_hash) order by all"
        )
        ended = built.query(
            f"select {key} from vault.sat_{satellite} inner join vault.hub_{satellite}"
            f" using ({hub}_hash) qualify arrival_number = max(arrival_number)"
            f" over (partition by {hub}_hash) and is_deleted"
        )
        gone = {row[0] for row in ended}
        living = [row for row in newest if row[0] not in gone]
        assert living == built.query(f"select {key}, {columns} from staging.{staging} order by all")
        ((states, keys),) = built.query(
            f"select count(*), count(distinct {hub}_hash) from vault.sat_{satellite}"
        )
        assert states > keys


def test_links_lead_to_the_customer_that_the_marts_name(built):
    ((payments, wrong),) = built.query(
        "select count(*), count(*) filter (h.customer_id is distinct from i.customer_id)"
        " from vault.link_payments_customers l join vault.hub_payments p using (payment_hash)"
        " join vault.hub_customers h using (customer_hash)"
        " join staging.stg_stripe__charges c using (charge_id)"
        " left join intermediate.int_identities_linked i on i.source = 'stripe' and i.source_id ="
        " coalesce(c.stripe_customer_id, 'guest:' || coalesce(c.billing_email, c.charge_id))"
    )
    assert payments > 0
    assert wrong == 0
    ((orders,),) = built.query("select count(*) from vault.link_payments_orders")
    assert orders > 0


def test_the_snapshot_saw_at_each_build_what_the_log_says_was_so(built):
    for day in (FIRST, LATER):
        at = f"timestamptz '{day_start(day).isoformat()}'"
        ((seen, differing),) = built.query(
            "select count(*), count(*) filter (d.customer_id is null)"
            " from snapshots.customers_snapshot s left join core.dim_customers d"
            " on s.customer_id = d.customer_id and s.email is not distinct from d.email"
            " and s.segment is not distinct from d.segment and s.is_deleted = d.is_deleted"
            f" and d.valid_from <= {at} and d.valid_to > {at}"
            f" where s.dbt_valid_from <= {at} and (s.dbt_valid_to is null or s.dbt_valid_to > {at})"
        )
        assert seen > 0
        assert differing == 0, day


def test_the_snapshot_takes_its_time_from_the_run(built):
    times = {row[0] for row in built.query("select dbt_valid_from from snapshots.customers_snapshot")}
    assert times == {day_start(FIRST), day_start(LATER)}
    # It knows no more than what two builds saw; the log knows every change between them.
    ((snapshot, log),) = built.query(
        "select (select count(*) from snapshots.customers_snapshot),"
        " (select count(*) from core.dim_customers)"
    )
    assert snapshot < log
