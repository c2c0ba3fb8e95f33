"""What describe says about an object, as the columns to select and the raw tables to land in."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from buck.records.table import Column, ColumnType, TableSpec
from buck.sources.salesforce.tables import (
    DELETE_REASON,
    FORMULA_SUFFIX,
    SOURCE,
    SUBJECTS,
    find_table,
    is_personal,
)

CURSORS: tuple[str, ...] = ("SystemModstamp", "LastModifiedDate", "CreatedDate", "LoginTime")
"""Fields that tell what changed, best first."""

_COLUMN_TYPES: dict[str, ColumnType] = {
    "tns:ID": "text",
    "xsd:string": "text",
    "xsd:anyType": "text",
    "xsd:time": "text",
    "xsd:boolean": "boolean",
    "xsd:int": "bigint",
    "xsd:long": "bigint",
    "xsd:double": "decimal",
    "xsd:decimal": "decimal",
    "xsd:date": "date",
    "xsd:dateTime": "timestamptz",
}
"""By soapType. Whatever is missing here (base64Binary, urn:address, urn:location and other
structures) is not selected: a compound's parts are fields of their own."""

_MAX_DIGITS = 38
_NEVER_FORMULA = frozenset({"id", "isdeleted", *(name.lower() for name in CURSORS)})


@dataclass(frozen=True, slots=True)
class ObjectShape:
    """An object as this run reads it."""

    name: str
    fields: tuple[str, ...]
    """API names to select for the object's own table, in describe's order."""
    spec: TableSpec
    cursor: str | None
    """API name of the field that tells what changed."""
    has_recycle_bin: bool
    formulas: tuple[str, ...] = ()
    """API names of the fields whose values change without the record's being changed."""
    formula_spec: TableSpec | None = None
    """The side table of the formulas, where there are any."""
    tells_deleted: bool = False
    """Whether the object can be asked for what was deleted (getDeleted)."""
    filterable: frozenset[str] = frozenset()
    """API names that a query may compare."""
    described: tuple[Mapping[str, Any], ...] = ()
    """Every field as described, the ones that are not selected as well."""

    @property
    def selected(self) -> tuple[str, ...]:
        """API names of everything that is read of a record."""
        return tuple(dict.fromkeys((*self.fields, *self.formulas)))

    @property
    def reading_spec(self) -> TableSpec:
        """Every selected field with its type, whichever table it lands in."""
        if self.formula_spec is None:
            return self.spec
        base = self.spec
        own = (c for c in self.formula_spec.columns if base.column(c.name) is None)
        return replace(base, columns=(*base.columns, *own))

    def fingerprint(self) -> int:
        """63 bits over every field and its properties; another value means another shape."""
        rows = sorted(orjson.dumps(snapshot_row(self.name, f)) for f in self.described)
        digest = hashlib.blake2b(b"\n".join(rows), digest_size=8).digest()
        return int.from_bytes(digest, "big") >> 1


def read_shape(
    described: Mapping[str, Any], *, extra_formulas: Collection[str] = ()
) -> ObjectShape:
    """The shape that an object's describe means.

    Declared columns (see `tables.py`) come first and stay, with the type that describe gives
    them; a declared field that the org does not show is null. Other fields follow. Formula fields
    (`calculated`) go into a side table, because they change without their record's changing; one
    that is declared for the object's own table lands in both.

    Args:
        described: The answer to a describe of the object.
        extra_formulas: Fields, as `Object.Field`, that behave like formulas without being called
            so.
    """
    name = str(described["name"])
    table = name.lower()
    declared_formulas = {each.lower() for each in extra_formulas}
    declared = find_table(table)
    found: dict[str, Column] = {}
    formulas: dict[str, Column] = {}
    for field in described["fields"]:
        api_name, each = str(field["name"]), column(field, table=table)
        if each is None:
            continue
        is_formula = bool(field.get("calculated")) or f"{table}.{each.name}" in declared_formulas
        is_formula = is_formula and each.name not in _NEVER_FORMULA
        if is_formula:
            formulas[api_name] = each
        if not is_formula or (declared is not None and declared.column(each.name)):
            found[api_name] = each
    filterable = frozenset(str(f["name"]) for f in described["fields"] if f.get("filterable"))
    cursor = next((c for c in CURSORS if c in found and c in filterable), None)
    subject = SUBJECTS.get(table)
    spec = TableSpec(
        source=SOURCE,
        name=table,
        key=("id",),
        columns=(*_in_order(declared, found.values()), DELETE_REASON),
        cursor=cursor.lower() if cursor else None,
        subject=subject,
        description=declared.description if declared else f"Salesforce {name}.",
    )
    has_bin = "IsDeleted" in found
    return ObjectShape(
        name,
        tuple(found),
        spec,
        cursor,
        has_bin,
        formulas=tuple(formulas),
        formula_spec=_formula_spec(spec, formulas.values()) if formulas else None,
        tells_deleted=has_bin and bool(described.get("replicateable", True)),
        filterable=filterable,
        described=tuple(described["fields"]),
    )


def column(field: Mapping[str, Any], *, table: str) -> Column | None:
    """The raw column of a described field, or None for one that is not selected."""
    kind = _COLUMN_TYPES.get(str(field.get("soapType")))
    if kind is None:
        return None
    name = str(field["name"]).lower()
    personal = is_personal(table, name) or field.get("type") in ("email", "phone")
    digits, scale = int(field.get("precision") or 0), int(field.get("scale") or 0)
    exact = kind == "decimal" and 0 < digits <= _MAX_DIGITS and scale <= digits
    return Column(name, kind, personal=personal, precision=(digits, scale) if exact else None)


def in_lakes_order(spec: TableSpec, held: Sequence[str]) -> TableSpec:
    """The spec with its columns in the order the lake holds them, new ones at the end.

    A row's hash depends on that order: without it, a field that an administrator adds in the middle
    would make every record that is read again look changed.
    """
    places = {name: place for place, name in enumerate(held)}
    last = len(places)
    reason = [c for c in spec.columns if c == DELETE_REASON]
    own = [c for c in spec.columns if c != DELETE_REASON]
    own.sort(key=lambda c: places.get(c.name, last))
    return replace(spec, columns=(*own, *reason))


def snapshot_row(object_name: str, field: Mapping[str, Any]) -> dict[str, Any]:
    """A described field as a row of the describe snapshot."""
    return {
        "object_name": object_name,
        "field_name": str(field["name"]),
        "type": str(field.get("type", "")),
        "soap_type": str(field.get("soapType", "")),
        "field_precision": int(field.get("precision") or 0),
        "field_scale": int(field.get("scale") or 0),
        "is_calculated": bool(field.get("calculated")),
        "is_nillable": bool(field.get("nillable")),
        "is_permissionable": bool(field.get("permissionable")),
        "is_filterable": bool(field.get("filterable")),
        "is_landed": str(field.get("soapType")) in _COLUMN_TYPES,
    }


def _in_order(declared: TableSpec | None, found: Iterable[Column]) -> tuple[Column, ...]:
    by_name = {each.name: each for each in found}
    own = [c for c in declared.columns if c != DELETE_REASON] if declared else []
    columns = tuple(by_name.pop(c.name, c) for c in own)
    return (*columns, *by_name.values())


def _formula_spec(spec: TableSpec, formulas: Iterable[Column]) -> TableSpec:
    name = f"{spec.name}{FORMULA_SUFFIX}"
    declared = find_table(name)
    key = Column("id", "text")
    return TableSpec(
        source=SOURCE,
        name=name,
        key=("id",),
        columns=_in_order(declared, (key, *formulas)),
        subject=spec.subject if spec.subject == "id" else None,
        description=declared.description if declared else f"Formula fields of {spec.name}.",
    )
