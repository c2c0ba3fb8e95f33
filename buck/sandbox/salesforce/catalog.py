"""The org's objects, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from buck.sandbox.salesforce.fields import SObjectField
from buck.sandbox.salesforce.refusals import ApiRefusalError
from buck.sandbox.salesforce.sobject import SObject
from buck.sandbox.salesforce.standard_objects import STANDARD_OBJECTS


class Catalog:
    """The org's objects; fields and objects can be added and hidden while the org runs."""

    def __init__(self, objects: tuple[SObject, ...] = STANDARD_OBJECTS) -> None:
        self._objects = {item.name.lower(): item for item in objects}

    def __iter__(self) -> Iterator[SObject]:
        return iter(list(self._objects.values()))

    def find(self, name: str) -> SObject | None:
        """The object of that name in any case, or None."""
        return self._objects.get(name.lower())

    def get(self, name: str) -> SObject:
        """The object of that name, for a query.

        Raises:
            ApiRefusalError: 400 INVALID_TYPE.
        """
        found = self.find(name)
        if found is None:
            message = f"sObject type '{name}' is not supported."
            raise ApiRefusalError(400, "INVALID_TYPE", message)
        return found

    def add_object(self, item: SObject) -> None:
        """Add an object, or put another in place of one of the same name."""
        self._objects[item.name.lower()] = item

    def add_field(self, object_name: str, field: SObjectField) -> None:
        """Add a field as an administrator would; existing records have null there."""
        item = self.get(object_name)
        self.add_object(replace(item, fields=(*item.fields, field)))

    def hide_field(self, object_name: str, name: str) -> None:
        """Take a field away from the integration user, as field-level security does."""
        item = self.get(object_name)
        kept = tuple(f for f in item.fields if f.name.lower() != name.lower())
        self.add_object(replace(item, fields=kept))
