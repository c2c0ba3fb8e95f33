"""A field of an object, as describe tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SOAP_TYPES: dict[str, str] = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "string": "xsd:string",
    "picklist": "xsd:string",
    "multipicklist": "xsd:string",
    "textarea": "xsd:string",
    "email": "xsd:string",
    "phone": "xsd:string",
    "url": "xsd:string",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "time": "xsd:time",
    "address": "urn:address",
    "location": "urn:location",
    "base64": "xsd:base64Binary",
}

NUMERIC_TYPES = frozenset({"int", "double", "currency", "percent"})
COMPOUND_TYPES = frozenset({"address", "location"})


@dataclass(frozen=True, slots=True)
class SObjectField:
    """One field; what describe says beyond this follows from the type."""

    name: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    nillable: bool = True
    calculated: bool = False
    filterable: bool = True
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    default: str | None = None
    """What a record has that says nothing itself."""
    formula: str | None = None
    """A path such as `Account.Segment__c` that the value is read from whenever it is asked for."""

    @property
    def is_custom(self) -> bool:
        """Whether somebody added the field to the org."""
        return self.name.endswith("__c")

    def describe(self) -> dict[str, Any]:
        """The field as an element of `fields` in an object's describe."""
        is_audit = self.name in _SYSTEM_FIELDS
        return {
            "aggregatable": self.filterable,
            "autoNumber": False,
            "byteLength": self.length * 3,
            "calculated": self.calculated,
            "caseSensitive": False,
            "compoundFieldName": None,
            "createable": not (self.calculated or is_audit),
            "custom": self.is_custom,
            "defaultedOnCreate": not self.nillable and is_audit,
            "deprecatedAndHidden": False,
            "digits": self.precision if self.type == "int" else 0,
            "externalId": False,
            "filterable": self.filterable,
            "groupable": self.filterable and self.type not in ("datetime", "currency", "double"),
            "idLookup": self.type == "id",
            "label": self.name.removesuffix("__c").replace("_", " "),
            "length": self.length,
            "name": self.name,
            "nameField": self.name == "Name",
            "namePointing": len(self.reference_to) > 1,
            "nillable": self.nillable,
            "permissionable": not is_audit and self.nillable,
            "picklistValues": [],
            "precision": 0 if self.type == "int" else self.precision,
            "referenceTo": list(self.reference_to),
            "relationshipName": self.relationship,
            "scale": self.scale,
            "soapType": SOAP_TYPES[self.type],
            "sortable": self.filterable,
            "type": self.type,
            "unique": False,
            "updateable": not (self.calculated or is_audit),
        }


_SYSTEM_FIELDS = frozenset(
    {
        "Id",
        "IsDeleted",
        "MasterRecordId",
        "CreatedDate",
        "CreatedById",
        "LastModifiedDate",
        "LastModifiedById",
        "SystemModstamp",
    }
)


def text(name: str, length: int = 255, *, kind: str = "string") -> SObjectField:
    """A string-like field; long text areas cannot be filtered, as in Salesforce."""
    return SObjectField(name, kind, length=length, filterable=length <= 255 or kind != "textarea")


def flag(name: str) -> SObjectField:
    """A checkbox, never null."""
    return SObjectField(name, "boolean", nillable=False)


def money(name: str) -> SObjectField:
    """A currency amount of 18 digits, two of them after the point."""
    return SObjectField(name, "currency", precision=18, scale=2)


def formula(name: str, path: str, *, kind: str = "string") -> SObjectField:
    """A formula that gives another record's field; no stamp moves when that one changes."""
    return SObjectField(name, kind, length=1300, calculated=True, formula=path)


def number(name: str, precision: int, scale: int, *, kind: str = "double") -> SObjectField:
    """A number or percentage, exact to `scale`."""
    return SObjectField(name, kind, precision=precision, scale=scale)


def whole(name: str, digits: int = 8) -> SObjectField:
    """An integer."""
    return SObjectField(name, "int", precision=digits)


def day(name: str) -> SObjectField:
    """A date."""
    return SObjectField(name, "date")


def moment(name: str) -> SObjectField:
    """A point in time."""
    return SObjectField(name, "datetime", nillable=False)


def reference(name: str, *targets: str, nillable: bool = True) -> SObjectField:
    """A lookup; `AccountId` is reached as `Account.Name`, `My__c` as `My__r.Name`."""
    relation = name.replace("__c", "__r") if name.endswith("__c") else name.removesuffix("Id")
    return SObjectField(
        name,
        "reference",
        length=18,
        nillable=nillable,
        reference_to=targets,
        # Product2Id's relationship is Product2; both follow the same rule.
        relationship=relation,
    )


def compound(name: str, kind: str = "address") -> SObjectField:
    """An address or a location: a structure whose parts are fields of their own."""
    return SObjectField(name, kind, filterable=kind != "base64")
