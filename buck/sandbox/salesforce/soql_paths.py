"""Field paths of a query, such as `Account.Owner.Email`, resolved against the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from buck.sandbox.salesforce.catalog import Catalog
from buck.sandbox.salesforce.fields import SObjectField
from buck.sandbox.salesforce.refusals import invalid_field
from buck.sandbox.salesforce.sobject import SObject
from buck.sandbox.salesforce.store import Snapshot
from buck.sandbox.salesforce.values import Record, Typed, typed_value

_MAX_HOPS = 5


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A field, and the reference fields on the way to it."""

    hops: tuple[SObjectField, ...]
    field: SObjectField
    formula: FieldPath | None = None
    """What a formula field stands for, starting from the field's owner."""

    @property
    def label(self) -> str:
        """The path in the catalog's own spelling, as a CSV header has it."""
        return ".".join([*(hop.relationship or "" for hop in self.hops), self.field.name])

    def owner(self, record: Record, snapshot: Snapshot) -> Mapping[str, Any] | None:
        """The record that the field is read from, or None where a lookup on the way is empty."""
        current: Mapping[str, Any] | None = record
        for hop in self.hops:
            id_ = current.get(hop.name) if current else None
            current = snapshot.find_by_id(hop.reference_to, str(id_)) if id_ else None
            if current is None:
                return None
        return current

    def value(self, record: Record, snapshot: Snapshot) -> Typed:
        """The field's typed value, null where a lookup on the way is empty."""
        owner = self.owner(record, snapshot)
        if owner is None:
            return None
        if self.formula is not None:
            return self.formula.value(owner, snapshot)
        return typed_value(self.field, owner)


def resolve_path(catalog: Catalog, item: SObject, path: str) -> FieldPath:
    """What `path` names, starting from an object.

    Raises:
        ApiRefusalError: 400 INVALID_FIELD, with the object and the part that is unknown.
    """
    parts = path.split(".")
    if len(parts) > 1 and parts[0].lower() == item.name.lower() and not item.relation(parts[0]):
        parts = parts[1:]
    hops: list[SObjectField] = []
    current = item
    for part in parts[:-1]:
        hop = current.relation(part)
        if hop is None or len(hops) >= _MAX_HOPS or catalog.find(hop.reference_to[-1]) is None:
            raise invalid_field(
                f"Didn't understand relationship '{part}' in field path. If you are attempting to "
                "use a custom relationship, be sure to append the '__r' after the custom "
                "relationship name."
            )
        hops.append(hop)
        # A polymorphic lookup (Group or User) is read through the last, concrete target.
        current = catalog.get(hop.reference_to[-1])
    field = current.field(parts[-1])
    if field is None:
        raise invalid_field(
            f"No such column '{parts[-1]}' on entity '{current.name}'. If you are attempting to "
            "use a custom field, be sure to append the '__c' after the custom field name."
        )
    computed = resolve_path(catalog, current, field.formula) if field.formula else None
    return FieldPath(tuple(hops), field, computed)
