"""A Stripe account whose objects a test puts there itself, and a real lake beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from buck.engine import connect
from buck.lake.lake import Lake
from buck.lake.landing import full_schema
from buck.pipelines.module import load_module
from buck.pipelines.run import run_source
from buck.records.load import LoadReport, TableReport
from buck.sandbox.company import Change
from buck.sandbox.company.calendar import day_start
from buck.sandbox.http import Clock
from buck.sandbox.stripe import StripeServer, StripeStore
from buck.sources.stripe.tables import ALL_TABLES

KEY = "rk_live_sandbox00"
FILE = """
from buck.sources import stripe

TABLES = [t for t in stripe.ALL_TABLES if t.name in {tables!r}]


def source():
    return stripe.source(api_key={key!r}, api_base={base!r}, tables=TABLES, **{options!r})
"""

Row = dict[str, Any]


class Shop:
    """Objects come and go at the shop's own time; `land` reads what Stripe would tell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = StripeStore()
        self.clock = Clock(day_start(0))
        self.server = StripeServer(self.store, clock=self.clock, control_token="control")
        self.url = self.server.start()
        self.lake = Lake(str(folder / "lake"), folder / "work")
        self.loads = 0
        self.on_request: Callable[[str], None] = lambda _: None
        answer = self.server.http._answer

        def watched(request: Any) -> Any:
            self.on_request(f"{request.path}?{request.query_text}")
            return answer(request)

        self.server.http._answer = watched

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def now_s(self) -> int:
        return int(self.now.timestamp())

    def wait(self, *, days: float = 0, seconds: float = 0) -> None:
        self.clock.set(self.now + timedelta(days=days, seconds=seconds))

    def put(self, table: str, record: Row, *, covers: tuple[str, ...] = ()) -> Row:
        """The object as it is from now on."""
        known = self.store.shelf(table, live=record.get("livemode", True)).by_id
        op = "update" if record["id"] in known else "insert"
        live = record.get("livemode", True)
        change = Change(self.now, "stripe", table, op, record["id"], record, live, covers)  # type: ignore[arg-type]
        self.store.apply([change])
        return record

    def remove(self, table: str, id_: str) -> None:
        record = self.store.shelf(table, live=True).by_id[id_].record
        self.store.apply([Change(self.now, "stripe", table, "delete", id_, record)])

    def charge(self, number: int, **fields: Any) -> Row:
        return self.put("charges", {
            "id": f"ch_{number:05d}", "object": "charge", "created": self.now_s, "livemode": True,
            "amount": 1_000 + number, "amount_refunded": 0, "currency": "jpy", "status":
            "succeeded", "refunded": False, "metadata": {}, "payment_intent": None, **fields,
        })  # fmt: skip

    def invoice(self, number: int, *, lines: int, **fields: Any) -> Row:
        id_ = f"in_{number}"
        data = [
            {"id": f"il_{number}_{n}", "object": "line_item", "amount": n, "livemode": True}
            for n in range(lines)
        ]
        return self.put("invoices", {
            "id": id_, "object": "invoice", "created": self.now_s, "livemode": True, "status":
            "draft", "attempt_count": 0, "discounts": [],
            "lines": {"object": "list", "data": data, "has_more": False}, **fields,
        })  # fmt: skip

    def customer(self, number: int, **fields: Any) -> Row:
        return self.put("customers", {
            "id": f"cus_{number}", "object": "customer", "created": self.now_s, "livemode": True,
            "email": f"{number}@example.com", "balance": 0, "discount": None, **fields,
        })  # fmt: skip

    def land(self, *tables: str, is_whole: bool = False, **options: Any) -> LoadReport:
        self.loads += 1
        return land(
            self.lake,
            self.folder,
            tables,
            key=KEY,
            base=self.url,
            load_id=f"load{self.loads}",
            as_of=self.now,
            is_whole=is_whole,
            **options,
        )

    def versions(self, name: str) -> list[Row]:
        return read_versions(self.lake, name)

    def current(self, name: str) -> dict[Any, Row]:
        return newest(name, self.versions(name))


def table_of(report: LoadReport, name: str) -> TableReport:
    return next(t for t in report.tables if t.table == f"stripe.{name}")


def land(
    lake: Lake,
    folder: Path,
    tables: tuple[str, ...],
    *,
    key: str,
    base: str,
    load_id: str,
    as_of: datetime,
    is_whole: bool = False,
    **options: Any,
) -> LoadReport:
    """Land chosen tables through a file of a user's own."""
    options = {"patience_s": 60.0, **options}
    file = folder / "stripe_pipeline.py"
    file.write_text(FILE.format(tables=tables, key=key, base=base, options=options))
    landing = lake.landing("stripe", load_id, facts={})
    try:
        return run_source(
            load_module(folder, "stripe"),
            landing,
            load_id=load_id,
            as_of=as_of,
            options={},
            merge_schema=full_schema,
            is_whole=is_whole,
        )
    finally:
        landing.close()


def read_versions(lake: Lake, name: str) -> list[Row]:
    """Every row of a raw table, in order of arrival."""
    log = lake.raw("stripe", name)
    state = log.state()
    if not state.exists:
        return []
    con = connect(work=lake.work)
    try:
        rows = con.execute(f"select * from ({log.scan_sql(state)}) order by _buck_seq")
        return rows.to_arrow_table().to_pylist()
    finally:
        con.close()


def newest(name: str, versions: list[Row]) -> dict[Any, Row]:
    """The newest version of each key that is not deleted."""
    key = next(t.key for t in ALL_TABLES if t.name == name)
    rows = {tuple(r[k] for k in key): r for r in versions}
    return {k[0] if len(k) == 1 else k: r for k, r in rows.items() if r["_buck_op"] != "d"}
