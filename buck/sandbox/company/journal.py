"""The growing list of changes and facts, and every record as it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from buck.sandbox.company.calendar import to_at, to_salesforce
from buck.sandbox.company.change import Change, Fact, FactKind, Op, Record, System

_NO_MODIFIED_DATE = frozenset({"OpportunityHistory"})


class Journal:
    """Writes history. Records handed in belong to the journal and are never modified."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.facts: list[Fact] = []
        self._records: dict[tuple[System, str], dict[str, Record]] = {}
        self._livemode: dict[str, bool] = {}
        self._second = -1
        self._at = to_at(0)

    def record(self, system: System, table: str, key: str) -> Record:
        """The record as it stands now."""
        return self._records[system, table][key]

    def records(self, system: System, table: str) -> dict[str, Record]:
        """All records of a table as they stand now, in order of insertion; not to be modified."""
        return self._records.setdefault((system, table), {})

    def stripe(
        self,
        second: int,
        table: str,
        record: Record,
        *,
        livemode: bool = True,
        covers: tuple[str, ...] = (),
    ) -> Record:
        """Write a complete Stripe object, new or changed."""
        key: str = record["id"]
        live = self._livemode.setdefault(key, livemode)
        self._write(second, "stripe", table, key, record, livemode=live, covers=covers)
        return record

    def patch_stripe(self, second: int, table: str, key: str, **fields: Any) -> Record:
        """Change some fields of a Stripe object."""
        return self.stripe(second, table, {**self.record("stripe", table, key), **fields})

    def salesforce(self, second: int, table: str, record: Record) -> Record:
        """Write a Salesforce record, new or changed, with its modification stamps."""
        stamp = to_salesforce(second)
        stamped = {**record, "SystemModstamp": stamp}
        if table not in _NO_MODIFIED_DATE:
            stamped["LastModifiedDate"] = stamp
        self._write(second, "salesforce", table, stamped["Id"], stamped)
        return stamped

    def patch_salesforce(self, second: int, table: str, key: str, **fields: Any) -> Record:
        """Change some fields of a Salesforce record."""
        return self.salesforce(second, table, {**self.record("salesforce", table, key), **fields})

    def app(self, second: int, table: str, record: Record) -> Record:
        """Write a row of the app's database, new or changed, with its `updated_at`."""
        if table != "usage_events":
            record = {**record, "updated_at": self.at(second)}
        self._write(second, "app", table, str(record["id"]), record)
        return record

    def patch_app(self, second: int, table: str, key: object, **fields: Any) -> Record:
        """Change some columns of a row of the app's database."""
        return self.app(second, table, {**self.record("app", table, str(key)), **fields})

    def delete(self, second: int, system: System, table: str, key: object) -> None:
        """Delete a record; the change carries the record as it was before."""
        record = self._records[system, table].pop(str(key))
        live = self._livemode.get(str(key), True)
        self.changes.append(
            Change(self.at(second), system, table, "delete", str(key), record, live)
        )

    def tell(self, second: int, kind: FactKind, id: object, **fields: Any) -> None:
        """Write down a fact."""
        self.facts.append(Fact(self.at(second), kind, str(id), **fields))

    def at(self, second: int) -> datetime:
        """The second as a datetime; the last one is kept, since many changes share it."""
        if second != self._second:
            self._second, self._at = second, to_at(second)
        return self._at

    def _write(
        self,
        second: int,
        system: System,
        table: str,
        key: str,
        record: Record,
        *,
        livemode: bool = True,
        covers: tuple[str, ...] = (),
    ) -> None:
        records = self._records.setdefault((system, table), {})
        op: Op = "update" if key in records else "insert"
        records[key] = record
        self.changes.append(
            Change(self.at(second), system, table, op, key, record, livemode, covers)
        )
