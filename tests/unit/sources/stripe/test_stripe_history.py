"""Whatever happens at Stripe between and during loads, the lake ends up equal to it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.sources.stripe.conftest import Lake

_numbers = itertools.count()
STEPS = st.tuples(
    st.sampled_from(["change", "change", "delete"]),
    st.integers(1, 4),  # whose
    st.integers(0, 119),  # seconds until the event is visible
    st.sampled_from([0, 1, 40, 119, 121, 3_000, 50_000]),  # seconds until a load
    st.booleans(),  # whether there is one
)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, min_size=1, max_size=8))
def test_lake_equals_stripe_after_any_history(
    server: Any, tmp_path: Path, steps: list[Any]
) -> None:
    folder = tmp_path / str(next(_numbers))
    folder.mkdir()
    lake = Lake(folder, server.base)
    server.objects, server.events, server.hidden = {"/v1/customers": {}}, [], set()
    people, visible_s = server.objects["/v1/customers"], {}

    def load() -> None:
        server.hidden = {id_ for id_, at_s in visible_s.items() if at_s > server.now_s}
        lake.load("customers", "events", patience_s=1.0)

    load()
    for value, (kind, key, late_s, wait_s, loads) in enumerate(steps):
        record = people.get(f"cus_{key}")
        created = server.now_s if record is None else record["created"]
        person = {"id": f"cus_{key}", "object": "customer", "created": created,
                  "livemode": True, "balance": value}  # fmt: skip
        if kind == "change":
            type_ = "customer.created" if record is None else "customer.updated"
            server.put("/v1/customers", person, event=type_, at=server.now_s)
            visible_s[server.events[-1]["id"]] = server.now_s + late_s
        elif record is not None:
            del people[person["id"]]
            server.tell("customer.deleted", person, at=server.now_s)
            visible_s[server.events[-1]["id"]] = server.now_s + late_s
        server.now_s += wait_s
        if loads:
            load()
    server.now_s += 300
    load()
    held = {id_: row["balance"] for id_, row in lake.current("customers").items()}
    assert held == {id_: person["balance"] for id_, person in people.items()}
    assert set(lake.current("events")) == {e["id"] for e in server.events}
    rows = sum(len(found) for found in lake.rows.values())
    load()
    assert sum(len(found) for found in lake.rows.values()) == rows
