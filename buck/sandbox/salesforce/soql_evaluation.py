"""A parsed query run over the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from buck.sandbox.salesforce.fields import COMPOUND_TYPES
from buck.sandbox.salesforce.refusals import invalid_field
from buck.sandbox.salesforce.sobject import SObject
from buck.sandbox.salesforce.soql_filters import build_filter
from buck.sandbox.salesforce.soql_grammar import parse_soql
from buck.sandbox.salesforce.soql_paths import FieldPath, resolve_path
from buck.sandbox.salesforce.soql_syntax import Ordering
from buck.sandbox.salesforce.store import Snapshot
from buck.sandbox.salesforce.values import Record, csv_value, json_value


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a query found at the moment it ran: later changes do not reach it.

    `records` is empty for `SELECT COUNT()`, whose answer is `total` alone.
    """

    item: SObject
    columns: tuple[FieldPath, ...]
    records: tuple[Record, ...]
    total: int
    snapshot: Snapshot

    def header(self) -> list[str]:
        """The columns' labels, in the query's order."""
        return [column.label for column in self.columns]

    def csv_rows(self, *, first: int, count: int) -> list[list[str]]:
        """Rows `first` … `first + count - 1` as Bulk CSV values."""
        return [
            [csv_value(column.value(record, self.snapshot)) for column in self.columns]
            for record in self.records[first : first + count]
        ]

    def json_rows(self, *, first: int, count: int, root: str) -> list[dict[str, Any]]:
        """The same rows as REST writes them: nested by relationship, with `attributes`."""
        page = self.records[first : first + count]
        return [self._json_row(record, root=root) for record in page]

    def _json_row(self, record: Record, *, root: str) -> dict[str, Any]:
        row: dict[str, Any] = {"attributes": _attributes(self.item.name, record, root=root)}
        for column in self.columns:
            if column.field.type in COMPOUND_TYPES:
                row[column.field.name] = record.get(column.field.name)
                continue
            target = row
            for depth, hop in enumerate(column.hops):
                name = hop.relationship or ""
                owner = FieldPath(column.hops[:depth], hop)
                parent = FieldPath(column.hops[: depth + 1], hop).owner(record, self.snapshot)
                if owner.value(record, self.snapshot) is None or parent is None:
                    target[name] = None
                    break
                kind = hop.reference_to[-1]
                fresh = {"attributes": _attributes(kind, parent, root=root)}
                target = target.setdefault(name, fresh)
            else:
                target[column.field.name] = json_value(column.value(record, self.snapshot))
        return row


def run_soql(text: str, snapshot: Snapshot, *, deleted: bool) -> QueryResult:
    """Parse, check and run a query; `deleted` takes in the recycle bin, as queryAll does.

    Raises:
        ApiRefusalError: 400 MALFORMED_QUERY, INVALID_FIELD, INVALID_TYPE, …
    """
    query = parse_soql(text)
    item = snapshot.catalog.get(query.object_name)
    columns = tuple(resolve_path(snapshot.catalog, item, path) for path in query.fields)
    matches = build_filter(query.where, item, snapshot=snapshot)
    order = [(_sortable(snapshot, item, term), term) for term in query.order]
    found = [record for record in snapshot.rows(item.name, deleted=deleted) if matches(record)]
    for column, term in reversed(order):
        found = _sorted(found, column, term, snapshot=snapshot)
    found = found[query.offset :]
    if query.limit is not None:
        found = found[: query.limit]
    kept = () if query.is_count else tuple(found)
    return QueryResult(item, columns, kept, len(found), snapshot)


def _sortable(snapshot: Snapshot, item: SObject, term: Ordering) -> FieldPath:
    found = resolve_path(snapshot.catalog, item, term.path)
    if not found.field.filterable or found.field.type in COMPOUND_TYPES:
        raise invalid_field(f"field '{found.field.name}' can not be sorted in a query call")
    return found


def _sorted(
    records: list[Record] | list[dict[str, Any]],
    column: FieldPath,
    term: Ordering,
    *,
    snapshot: Snapshot,
) -> list[Any]:
    def key(record: Record) -> Any:
        value = column.value(record, snapshot)
        is_id = column.field.type in ("id", "reference")
        return value.casefold() if isinstance(value, str) and not is_id else value

    keyed = [(key(record), record) for record in records]
    empty = [record for value, record in keyed if value is None]
    full = [pair for pair in keyed if pair[0] is not None]
    full.sort(key=lambda pair: pair[0], reverse=term.descending)
    ranked = [record for _, record in full]
    return [*ranked, *empty] if term.nulls_last else [*empty, *ranked]


def _attributes(kind: str, record: Record, *, root: str) -> dict[str, str]:
    return {"type": kind, "url": f"{root}/sobjects/{kind}/{record.get('Id')}"}
