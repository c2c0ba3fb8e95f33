"""G5 on Stripe's protocol: one object that does not fit its table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from buck.records.load import LoadRules


def test_g5_poisoned_charge_is_held_and_everything_else_lands(
    make_world: Callable[..., Any],
) -> None:
    world = make_world()
    world.advance(20)
    shelf = world.store.shelf("charges", live=True)
    poisoned = shelf.entries[3]
    real = poisoned.record["amount"]
    poisoned.record["amount"] = "a lot"
    rules = LoadRules(contract="quarantine")
    report = world.land("charges", "events", rules=rules)
    charges = next(t for t in report.tables if t.table == "stripe.charges")
    assert charges.rows_quarantined == 1
    assert not report.is_degraded
    assert set(world.stored("charges")) - set(world.landed("charges")) == {(poisoned.id,)}
    (held,) = world.lake.quarantine.read()
    assert orjson.loads(held.key) == {"id": poisoned.id}
    assert orjson.loads(held.raw)["amount"] == "a lot"
    mark = world.lake.raw("stripe", "charges").state().position["events_until"]
    assert mark > 0, "the mark passes over it"
    poisoned.record["amount"] = real
    world.advance(21)
    world.land("charges", "events", rules=rules)
    assert world.lake.quarantine.read() == [held]
