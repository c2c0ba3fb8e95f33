"""Every kind of object that Stripe has lands, with its children, and follows its changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.sources.stripe.shop import Row, Shop

DAY_S = 86_400


def plain(table: str, id_: str, object_: str, shop: Shop, **fields: Any) -> Row:
    record = {"id": id_, "object": object_, "created": shop.now_s, "livemode": True, **fields}
    return shop.put(table, record)


@pytest.mark.parametrize(
    ("table", "object_", "before", "after"),
    [
        ("promotion_codes", "promotion_code", {"active": True}, {"active": False}),
        ("subscription_schedules", "subscription_schedule", {"status": "active"},
         {"status": "released"}),
        ("transfers", "transfer", {"amount": 9, "amount_reversed": 0}, {"amount_reversed": 4}),
        ("credit_notes", "credit_note", {"status": "issued", "lines": {"data": []}},
         {"status": "void"}),
        ("tax_rates", "tax_rate", {"active": True}, {"active": False}),
    ],
)  # fmt: skip
def test_object_lands_and_follows_its_changes(
    shop: Shop, table: str, object_: str, before: Row, after: Row
) -> None:
    first = plain(table, "x_1", object_, shop, **before)
    shop.wait(days=1)
    shop.land(table)
    shop.put(table, {**first, **after})
    plain(table, "x_2", object_, shop, **before)
    shop.wait(days=1)
    shop.land(table)
    landed = shop.current(table)
    assert set(landed) == {"x_1", "x_2"}
    assert {k: landed["x_1"][k] for k in after} == after
    assert len(shop.versions(table)) == 3
    shop.wait(seconds=600)
    assert shop.land(table).rows_landed == 0


def test_invoice_item_used_up_and_one_deleted(shop: Shop) -> None:
    for number in (1, 2):
        record = {"id": f"ii_{number}", "object": "invoiceitem", "date": shop.now_s,
                  "livemode": True, "amount": number, "discounts": []}  # fmt: skip
        shop.put("invoiceitems", record)
    shop.wait(days=1)
    shop.land("invoiceitems")
    shop.remove("invoiceitems", "ii_1")
    shop.wait(days=1)
    shop.land("invoiceitems")
    assert set(shop.current("invoiceitems")) == {"ii_2"}


def test_all_lines_of_a_credit_note_land(shop: Shop) -> None:
    lines = [{"id": f"cnli_{n}", "object": "credit_note_line_item", "amount": n} for n in range(23)]
    note = {"status": "issued", "lines": {"object": "list", "data": lines, "has_more": False}}
    shop.wait(days=1)
    shop.land("credit_notes", "credit_note_line_items")
    plain("credit_notes", "cn_1", "credit_note", shop, **note)
    shop.wait(days=1)
    shop.land("credit_notes", "credit_note_line_items")
    landed = shop.current("credit_note_line_items")
    assert {key: row["amount"] for key, row in landed.items()} == {
        ("cn_1", f"cnli_{n}"): n for n in range(23)
    }
    assert "lines" not in shop.current("credit_notes")["cn_1"]


def payout(shop: Shop, number: int, *, automatic: bool, covers: int) -> Row:
    movements = []
    for n in range(covers):
        movement = {"id": f"txn_{number}_{n}", "object": "balance_transaction", "amount": 10,
                    "created": shop.now_s, "currency": "jpy", "fee": 1, "net": 9,
                    "status": "available", "type": "charge"}  # fmt: skip
        movements.append(shop.put("balance_transactions", movement)["id"])
    record = {"id": f"po_{number}", "object": "payout", "created": shop.now_s, "livemode": True,
              "automatic": automatic, "amount": 9 * covers, "status": "in_transit"}  # fmt: skip
    return shop.put("payouts", record, covers=tuple(movements))


def test_payout_names_what_it_paid_out(shop: Shop) -> None:
    tables = ("payouts", "payout_balance_transactions", "balance_transactions")
    payout(shop, 1, automatic=True, covers=130)
    payout(shop, 2, automatic=False, covers=0)
    shop.wait(days=1)
    shop.land(*tables)
    third = payout(shop, 3, automatic=True, covers=2)
    shop.wait(days=1)
    shop.land(*tables)
    landed = shop.current("payout_balance_transactions")
    assert {(p, t) for p, t in landed} == {
        *(("po_1", f"txn_1_{n}") for n in range(130)),
        ("po_3", "txn_3_0"),
        ("po_3", "txn_3_1"),
    }
    assert sum(row["net"] for (p, _), row in landed.items() if p == "po_1") == 9 * 130
    asked: list[str] = []
    shop.on_request = lambda target: asked.append(target) if "payout=" in target else None
    shop.put("payouts", {**third, "status": "paid"}, covers=("txn_3_0", "txn_3_1"))
    shop.wait(days=1)
    shop.land(*tables)
    assert [target.partition("payout=")[2][:4] for target in asked] == ["po_3"]


def discount(shop: Shop, number: int, **owner: Any) -> Row:
    record = {"id": f"di_{number}", "object": "discount", "start": shop.now_s,
              "source": {"coupon": "SAVE", "type": "coupon"}, **owner}  # fmt: skip
    return shop.put("discounts", record)


def test_discounts_come_with_the_objects_that_carry_them(shop: Shop) -> None:
    tables = ("customers", "invoices", "subscriptions", "discounts")
    first = discount(shop, 1, customer="cus_1")
    discount(shop, 2, customer="cus_2", invoice="in_1")
    shop.customer(1, discount=first)
    shop.customer(2)
    shop.invoice(1, lines=1, discounts=["di_2"])
    shop.wait(days=1)
    shop.land(*tables)
    assert set(shop.current("discounts")) == {"di_1", "di_2"}
    assert shop.current("discounts")["di_2"]["invoice"] == "in_1"
    assert shop.current("invoices")["in_1"]["discounts"] == '["di_2"]'
    shop.remove("discounts", "di_1")
    shop.customer(1, created=shop.now_s - DAY_S)
    shop.put("subscriptions", {
        "id": "sub_1", "object": "subscription", "created": shop.now_s, "livemode": True,
        "status": "active", "discounts": [discount(shop, 3, subscription="sub_1")["id"]],
        "items": {"object": "list", "data": [], "has_more": False},
    })  # fmt: skip
    shop.wait(days=1)
    shop.land(*tables)
    assert set(shop.current("discounts")) == {"di_2", "di_3"}
    assert shop.current("subscriptions")["sub_1"]["discounts"] == '["di_3"]'
    shop.remove("discounts", "di_2")
    shop.wait(days=1)
    shop.land(*tables)
    shop.invoice(1, lines=1, discounts=["di_2"], status="open", created=shop.now_s - 3 * DAY_S)
    shop.wait(days=1)
    shop.land(*tables)
    # The old invoice still names the discount that ended; it does not bring it back.
    assert set(shop.current("discounts")) == {"di_3"}


def test_own_account_and_connected_ones_are_replaced_each_time(shop: Shop) -> None:
    for number in (1, 2):
        plain("accounts", f"acct_{number}", "account", shop, email=f"{number}@example.com")
    shop.wait(days=1)
    shop.land("accounts")
    assert set(shop.current("accounts")) == {"acct_1", "acct_2", shop.store.account_id}
    shop.remove("accounts", "acct_2")
    shop.wait(seconds=600)
    shop.land("accounts")
    assert set(shop.current("accounts")) == {"acct_1", shop.store.account_id}
