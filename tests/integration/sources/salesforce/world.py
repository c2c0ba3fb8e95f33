"""An org of a test's own behind its real protocol, and a real lake that it lands in."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from buck.engine import connect
from buck.lake.lake import Lake
from buck.lake.landing import full_schema
from buck.pipelines import load_module, run_source
from buck.records.load import LoadReport, LoadRules
from buck.sandbox.company.change import Change
from buck.sandbox.http import Clock
from buck.sandbox.salesforce import SalesforceServer, SalesforceStore

NOW = datetime(2026, 2, 1, tzinfo=UTC)
PREFIXES = {"Account": "001", "Contact": "003", "Lead": "00Q", "Opportunity": "006"}
PIPELINE = """
from buck.sources import salesforce

OPTIONS = {}

def source():
    return salesforce.source(**OPTIONS)
"""

Row = dict[str, Any]


def make_id(table: str, number: int) -> str:
    return f"{PREFIXES.get(table, 'a00')}{number:012d}AAA"


class Org:
    """A Salesforce org at a moment, and the lake beside it."""

    def __init__(self, folder: Path, *, source: str = "salesforce") -> None:
        self.folder = folder
        self.source = source
        self.store = SalesforceStore()
        self.clock = Clock(NOW)
        self.server = SalesforceServer(self.store, clock=self.clock, control_token="control")
        self.url = self.server.start()
        self.lake = Lake(str(folder / "lake"), folder / "work")
        (folder / f"{source}_pipeline.py").write_text(PIPELINE)
        self.created: dict[str, str] = {}
        self.loads = 0

    # -- what happens in the org ---------------------------------------------------------------

    def put(
        self, table: str, number: int, *, at: datetime | None = None, op: str = "update", **f: Any
    ) -> str:
        """A new version of a record; gives its Id."""
        at = at or self.clock.now() - timedelta(hours=1)
        id_ = make_id(table, number)
        stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        audit = {"CreatedDate": self.created.setdefault(id_, stamp), "SystemModstamp": stamp}
        record = {"Id": id_, "IsDeleted": False, **audit, **f}
        self.store.apply([Change(at, "salesforce", table, op, id_, record)])
        return id_

    def delete(self, table: str, number: int, *, at: datetime | None = None, **f: Any) -> str:
        """Put a record into the recycle bin."""
        return self.put(table, number, at=at, op="delete", **f)

    def purge(self, table: str, number: int) -> None:
        """Delete a record for good."""
        self.store.purge(table, make_id(table, number), at=self.clock.now() - timedelta(hours=1))

    def pass_time(self, **time: float) -> None:
        self.clock.set(self.clock.now() + timedelta(**time))

    # -- what lands ----------------------------------------------------------------------------

    def land(
        self,
        *objects: str,
        is_whole: bool = False,
        rules: LoadRules | None = None,
        confirmed: frozenset[str] = frozenset(),
        **options: Any,
    ) -> LoadReport:
        """One load of the given objects (all unless told), through dlt and into the lake."""
        self.loads += 1
        app = self.server.apps[0]
        given: dict[str, Any] = {
            "login_url": self.url,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            **({"objects": list(objects)} if objects else {}),
            **options,
        }
        load_id = f"load{self.loads}"
        landing = self.lake.landing(self.source, load_id, facts={})
        module = load_module(self.folder, self.source)
        sys.modules[module.source.__module__].OPTIONS.update(given)  # type: ignore[attr-defined]
        try:
            return run_source(
                module,
                landing,
                load_id=load_id,
                as_of=self.clock.now(),
                options={},
                merge_schema=full_schema,
                is_whole=is_whole,
                rules=rules or LoadRules(),
                confirmed=confirmed,
            )
        finally:
            landing.close()

    def raw(self, name: str) -> list[Row]:
        """Every version of a table, in order of arrival."""
        log = self.lake.raw(self.source, name)
        state = log.state()
        if not state.exists:
            return []
        con = connect(work=self.lake.work)
        try:
            rows = con.execute(f"select * from ({log.scan_sql(state)}) order by _buck_seq")
            return list(rows.to_arrow_table().to_pylist())
        finally:
            con.close()

    def current(self, name: str) -> dict[str, Row]:
        """The newest version of each record as staging sees it, tombstones left out."""
        versions = sorted(self.raw(name), key=version_order)
        newest = {row["id"]: row for row in versions}
        return {id_: row for id_, row in newest.items() if row["_buck_op"] != "d"}

    def mark(self, name: str, mark: str) -> int | None:
        return self.lake.raw(self.source, name).state().position.get(mark)

    def asked(self, part: str) -> int:
        """How many requests had this in their path."""
        return sum(n for path, n in self.server.requests.items() if part in path)


def version_order(row: Mapping[str, Any]) -> tuple[datetime, int]:
    """The order that `salesforce_version_order` of the models has."""
    at = row["_buck_source_ts"] or row.get("systemmodstamp") or row["_buck_observed_at"]
    return at, row["_buck_seq"]
