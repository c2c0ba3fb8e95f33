"""Whatever happens in an org, and whenever it is read: the lake ends up with what the org has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

from buck.records.table import TableSpec
from buck.sandbox.company.change import Change
from buck.sandbox.http import Faults, Request
from buck.sandbox.salesforce import SalesforceStore, make_app
from buck.sandbox.salesforce.fields import formula
from buck.sandbox.salesforce.org import KNOBS, SalesforceOrg
from buck.sandbox.salesforce.soql_evaluation import run_soql
from buck.sandbox.salesforce.store import Snapshot
from buck.sources.http import Answer
from buck.sources.load import Load, TableLoad
from buck.sources.salesforce.bulk import Polling
from buck.sources.salesforce.credentials import Credentials
from buck.sources.salesforce.extraction import Settings
from buck.sources.salesforce.reader import read_object
from buck.sources.salesforce.session import OrgSession
from buck.sources.salesforce.shapes import ShapeLog

START = datetime(2026, 1, 1, tzinfo=UTC)
OBJECTS = {"Account": "001", "Opportunity": "006"}

Event = tuple[str, str, int, int]
"""What happens, to which object's which record, how many seconds after the event before it."""

HAPPENINGS = ("save", "save", "delete", "purge", "vanish", "hide", "show", "load", "load", "sweep")
TRACELESS = {"vanish", "hide", "show"}
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(HAPPENINGS),
        st.sampled_from(sorted(OBJECTS)),
        st.integers(0, 1),
        # Within a second, within the lag, within the lookback, and up to weeks.
        st.sampled_from([0, 1, 200, 400, 1_000, 40_000, 100_000, 1_400_000]),
    ),
    max_size=20,
)


@dataclass
class Wire:
    """The org's answers without a socket in between; a client as the source uses it."""

    org: SalesforceOrg
    now: Callable[[], datetime]
    base_url: str = "http://org.example"
    served_at: datetime | None = None

    def send(self, method: str, path: str, **given: Any) -> Answer:
        address = urlsplit(path)
        body = orjson.dumps(given["json"]) if given.get("json") is not None else b""
        if given.get("form"):
            body = urlencode(given["form"]).encode()
        query = urlencode(given.get("params") or {})
        headers = {k.lower(): v for k, v in (given.get("headers") or {}).items()}
        request = Request(method, address.path, query, headers, body)
        reply = self.org.answer(request, own_url=self.base_url)
        self.served_at = self.now().replace(microsecond=0)
        answer = Answer(reply.status, {**reply.headers}, reply.body)
        if given.get("check") and 200 <= answer.status < 300:
            given["check"](answer)
        return answer

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Lake:
    """Rows and marks, committed table by table as the real lake does."""

    folder: Path
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    marks: dict[str, dict[str, int]] = field(default_factory=dict)
    commits: dict[str, int] = field(default_factory=dict)

    def open_table(self, spec: TableSpec) -> TableLoad:
        import pyarrow as pa

        def read_keys() -> pa.Table:
            newest = {tuple(r[k] for k in spec.key): r for r in self.rows.get(spec.name, [])}
            alive = [key for key, row in newest.items() if row["_buck_op"] != "d"]
            columns = {name: [key[n] for key in alive] for n, name in enumerate(spec.key)}
            return pa.table(columns, schema=pa.schema([(n, pa.string()) for n in spec.key]))

        held = self.rows.get(spec.name, [])
        return TableLoad(
            spec=spec,
            load_id="load",
            as_of=START,
            sequence=self.commits.get(spec.name, 0) + 1,
            position=self.marks.get(spec.name, {}),
            read_keys=read_keys,
            columns=tuple(held[0]) if held else (),
        )

    def current(self, name: str) -> dict[str, dict[str, Any]]:
        def order(row: dict[str, Any]) -> tuple[datetime, int]:
            at = row["_buck_source_ts"] or row.get("systemmodstamp") or START
            return at, row["_buck_seq"]

        newest = {row["id"]: row for row in sorted(self.rows.get(name, []), key=order)}
        return {id_: row for id_, row in newest.items() if row["_buck_op"] != "d"}


class World:
    """An org with a few records, and a lake that it is read into from time to time."""

    def __init__(self, folder: Path, *, is_late: bool, options: Settings) -> None:
        self.now = START + timedelta(days=20)
        self.store = SalesforceStore()
        self.store.catalog.add_field("Opportunity", formula("Trade__c", "Account.Name"))
        self.faults = Faults(KNOBS)
        if is_late:
            self.faults.add({"late": 240})
        app = make_app()
        org = SalesforceOrg(self.store, now=lambda: self.now, apps=[app], faults=self.faults)
        credentials = Credentials(app.client_id, client_secret=app.client_secret)
        wire: Any = Wire(org, lambda: self.now)
        self.session = OrgSession(lambda: wire, credentials)
        self.lake = Lake(folder)
        self.options = options
        self.saves = 0
        self.hidden: dict[str, Any] = {}

    def snapshot(self) -> Snapshot:
        return self.store.snapshot(self.now)

    def happen(self, event: Event) -> None:
        what, name, number, after_s = event
        self.now += timedelta(seconds=after_s)
        id_ = f"{OBJECTS[name]}{number:012d}AAA"
        held = self.snapshot().row(name, id_) is not None
        match what:
            case "save":
                self._save(name, id_, op="update")
            case "delete" if held:
                self._save(name, id_, op="delete")
            case "purge" if held:
                self.store.purge(name, id_, at=self.now)
            case "vanish":
                self.store.forget(name, id_)
            case "hide" if held and id_ not in self.hidden:
                self.hidden[id_] = self.store.forget(name, id_)
            case "show" if not held and id_ in self.hidden:
                self.store.restore(name, self.hidden.pop(id_))
            case "load":
                self.load()
            case "sweep":
                self.now += timedelta(days=8)
                self.load()
            case _:
                pass

    def _save(self, name: str, id_: str, *, op: Any) -> None:
        self.saves += 1
        stamp = self.now.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        record = {"Id": id_, "Name": f"save {self.saves}", "IsDeleted": False}
        record |= {"AccountId": f"001{id_[3:]}", "SystemModstamp": stamp, "CreatedDate": stamp}
        self.store.apply([Change(self.now, "salesforce", name, op, id_, record)])

    def load(self) -> None:
        load = Load("salesforce", "load", START, self.lake.folder, self.lake.open_table)
        shapes = ShapeLog(load, objects=len(OBJECTS))
        fresh: dict[str, list[dict[str, Any]]] = {}
        for name in OBJECTS:
            for table, rows in read_object(
                self.session, load, name, settings=self.options, shapes=shapes
            ):
                fresh.setdefault(table, []).extend(rows.to_pylist())
        assert load.skipped == {}
        for name, opened in load.tables.items():
            self.lake.rows.setdefault(name, []).extend(fresh.get(name, []))
            self.lake.marks[name] = {**self.lake.marks.get(name, {}), **opened.marks}
            self.lake.commits[name] = self.lake.commits.get(name, 0) + 1

    def expected(self, name: str) -> dict[str, tuple[Any, ...]]:
        rows = self.snapshot().rows(name, deleted=False)
        return {row["Id"]: (row["Name"],) for row in rows}


@settings(max_examples=100, deadline=None)
@example(
    events=[
        ("save", "Account", 0, 0),
        ("sweep", "Account", 0, 0),
        ("hide", "Account", 0, 0),
        ("sweep", "Account", 0, 0),
        ("show", "Account", 0, 0),
    ],
    is_late=False,
    in_bulk=False,
)
@example(
    events=[
        ("save", "Account", 0, 0),
        ("save", "Account", 1, 0),
        ("load", "Account", 0, 1_000),
        ("purge", "Account", 0, 1_000),
    ],
    is_late=False,
    in_bulk=True,
)
@given(events=EVENTS, is_late=st.booleans(), in_bulk=st.booleans())
def test_the_lake_ends_with_what_the_org_has(tmp_path_factory, events, is_late, in_bulk):
    rows = {"small_rows": 1, "chunk_rows": 2} if in_bulk else {}
    quick = Polling(sleep=lambda _: None)
    options = Settings(polling=quick, max_deleted_share=1.0, **rows)
    world = World(tmp_path_factory.getbasetemp(), is_late=is_late, options=options)
    for event in events:
        world.happen(event)
    # Later than every lag, and than the turn of every sweep that is needed.
    is_traceless = any(what in TRACELESS for what, *_ in events)
    world.now += timedelta(days=8 if is_traceless else 2)
    world.load()
    for name in OBJECTS:
        landed = {id_: (row["name"],) for id_, row in world.lake.current(name.lower()).items()}
        assert landed == world.expected(name)
    asked = run_soql("SELECT Id, Trade__c FROM Opportunity", world.snapshot(), deleted=False)
    formulas = world.lake.current("opportunity__formula")
    for id_, trade in asked.csv_rows(first=0, count=asked.total):
        assert formulas[id_]["trade__c"] == (trade or None)
    before = {name: len(rows) for name, rows in world.lake.rows.items()}
    world.load()
    assert {name: len(rows) for name, rows in world.lake.rows.items()} == before
