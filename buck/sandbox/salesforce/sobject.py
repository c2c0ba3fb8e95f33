"""An object of the org: its name, its fields, and what describe says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from buck.sandbox.salesforce.fields import SObjectField


@dataclass(frozen=True, slots=True)
class SObject:
    """One object: its name, the three characters its ids start with, its fields in order."""

    name: str
    prefix: str
    fields: tuple[SObjectField, ...]

    def field(self, name: str) -> SObjectField | None:
        """The field of that name in any case, or None."""
        wanted = name.lower()
        return next((f for f in self.fields if f.name.lower() == wanted), None)

    def relation(self, name: str) -> SObjectField | None:
        """The reference field that a relationship name such as `Account` goes through."""
        wanted = name.lower()
        return next((f for f in self.fields if (f.relationship or "").lower() == wanted), None)

    @property
    def is_custom(self) -> bool:
        """Whether somebody added the object to the org."""
        return self.name.endswith("__c")

    def summary(self, *, root: str) -> dict[str, Any]:
        """The object as an element of the global describe."""
        url = f"{root}/sobjects/{self.name}"
        return {
            "activateable": False,
            "createable": False,
            "custom": self.is_custom,
            "customSetting": False,
            "deletable": False,
            "deprecatedAndHidden": False,
            "feedEnabled": False,
            "keyPrefix": self.prefix,
            "label": self.name,
            "labelPlural": f"{self.name}s",
            "layoutable": True,
            "mergeable": False,
            "name": self.name,
            "queryable": True,
            "replicateable": self.field("IsDeleted") is not None,
            "retrieveable": True,
            "searchable": True,
            "triggerable": True,
            "undeletable": False,
            "updateable": False,
            "urls": {
                "sobject": url,
                "describe": f"{url}/describe",
                "rowTemplate": f"{url}/{{ID}}",
            },
        }

    def describe(self, *, root: str) -> dict[str, Any]:
        """The object's own describe: the summary and every field."""
        return {
            **self.summary(root=root),
            "childRelationships": [],
            "fields": [field.describe() for field in self.fields],
            "recordTypeInfos": [],
        }
