"""Models that a variable asks for: staging of Stripe's other tables, the snowflaked products."""

from __future__ import annotations

from datetime import timedelta

from buck.sandbox.company import Company, day_start
from buck.sources.stripe.tables import ALL_TABLES, DEFAULT_TABLES
from tests.integration.transform.models.conftest import RawLake

AS_OF = day_start(2)
OPTIONAL = [t.name for t in ALL_TABLES if t not in DEFAULT_TABLES]
AT = AS_OF - timedelta(hours=1)


def test_models_that_are_asked_for_are_built_and_right(tmp_path):
    (tmp_path / "parsed").mkdir()
    asked = {"stripe_optional_tables": OPTIONAL, "snowflake_products": True}
    lake = RawLake(tmp_path, tmp_path / "parsed", variables=asked).start()
    lake.land(Company(seed=5, customers=4).changes(2), as_of=AS_OF)
    for name in OPTIONAL:
        if name not in {"discounts", "coupons"}:
            key = dict.fromkeys(next(t.key for t in ALL_TABLES if t.name == name), "one")
            record = {**key, "livemode": True, "created": 60, "date": 60}
            lake.append(("stripe", name), [("c", record, AT), ("u", record, AT)], as_of=AS_OF)
    coupon = {"id": "half", "percent_off": 50.0, "livemode": True, "created": 60}
    lake.append(("stripe", "coupons"), [("c", coupon, AT)], as_of=AS_OF)
    discount = {"id": "di_1", "source": {"type": "coupon", "coupon": "half"}, "start": 60}
    lake.append(("stripe", "discounts"), [("c", discount, AT), ("d", {"id": "x"}, AT)], as_of=AS_OF)

    staging = [f"stg_stripe__{n.replace('invoiceitems', 'invoice_items')}" for n in OPTIONAL]
    apart = ["dim_products_snowflaked", "dim_product_categories"]
    chosen = [*staging, *(f"+{mart}" for mart in ("dim_products", *apart))]
    lake.build(as_of=AS_OF, command="run", select=chosen)
    lake.build(as_of=AS_OF, command="test", select=apart)

    for model in staging:
        assert len(lake.rows(f"staging.{model}")) == 1, model
    assert lake.query(
        "select c.percent_off, d.started_at = '1970-01-01 00:01:00+00', d.ends_at is null"
        " from staging.stg_stripe__discounts d join staging.stg_stripe__coupons c using (coupon_id)"
    ) == [(50.0, True, True)]
    ((articles, plans, categories),) = lake.query(
        "select count(*) filter (p.source = 'app'), count(*) filter (c.category = 'subscription'),"
        " count(distinct c.category) from core.dim_products_snowflaked p"
        " join core.dim_product_categories c using (product_category_key)"
    )
    assert articles == 48
    assert plans > 3
    assert categories > 4
