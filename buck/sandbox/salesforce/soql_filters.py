"""WHERE conditions as functions of a record, with SOQL's own rules of comparison.

Text compares without regard to case; '' and null are the same; `!=` and NOT IN match null fields;
an Id equals its 15 and its 18 character form; < and > never match null.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from buck.sandbox.salesforce.catalog import Catalog
from buck.sandbox.salesforce.fields import COMPOUND_TYPES, NUMERIC_TYPES, SObjectField
from buck.sandbox.salesforce.refusals import ApiRefusalError, invalid_field, malformed
from buck.sandbox.salesforce.sobject import SObject
from buck.sandbox.salesforce.soql_paths import FieldPath, resolve_path
from buck.sandbox.salesforce.soql_syntax import (
    Comparison,
    Condition,
    Either,
    Every,
    Membership,
    Not,
    Value,
)
from buck.sandbox.salesforce.soql_tokens import like_pattern, unescape
from buck.sandbox.salesforce.store import Snapshot
from buck.sandbox.salesforce.values import Record, Typed, parse_instant

Predicate = Callable[[Record], bool]

_ID_TYPES = frozenset({"id", "reference"})
_ID_LENGTHS = (15, 18)


def build_filter(where: Condition | None, item: SObject, *, snapshot: Snapshot) -> Predicate:
    """The predicate that a condition means for an object's records.

    Raises:
        ApiRefusalError: INVALID_FIELD or INVALID_QUERY_FILTER_OPERATOR where types do not fit.
    """
    if where is None:
        return lambda record: True
    return _Builder(snapshot, item).build(where)


class _Builder:
    def __init__(self, snapshot: Snapshot, item: SObject) -> None:
        self.snapshot = snapshot
        self.item = item
        self.catalog: Catalog = snapshot.catalog

    def build(self, condition: Condition) -> Predicate:
        match condition:
            case Not(operand):
                inner = self.build(operand)
                return lambda record: not inner(record)
            case Every(operands):
                every = [self.build(each) for each in operands]
                return lambda record: all(each(record) for each in every)
            case Either(operands):
                either = [self.build(each) for each in operands]
                return lambda record: any(each(record) for each in either)
            case Membership(path, values, negated):
                return self.membership(path, values, negated=negated)
            case Comparison(path, op, value):
                return self.comparison(path, op, value)

    def path(self, path: str) -> FieldPath:
        found = resolve_path(self.catalog, self.item, path)
        if not found.field.filterable or found.field.type in COMPOUND_TYPES:
            raise invalid_field(f"field '{found.field.name}' can not be filtered in a query call")
        return found

    def membership(self, path: str, values: tuple[Value, ...], *, negated: bool) -> Predicate:
        found, snapshot = self.path(path), self.snapshot
        wanted = {_comparable(found.field, literal(found.field, each)) for each in values}

        def is_member(record: Record) -> bool:
            return (_comparable(found.field, found.value(record, snapshot)) in wanted) != negated

        return is_member

    def comparison(self, path: str, op: str, value: Value) -> Predicate:
        found, snapshot = self.path(path), self.snapshot
        field = found.field
        if op == "LIKE":
            return self.like(found, value)
        wanted = _comparable(field, literal(field, value))
        if op in ("=", "!="):
            return lambda record: (
                (_comparable(field, found.value(record, snapshot)) == wanted) == (op == "=")
            )
        if field.type == "boolean" or wanted is None:
            raise _bad_operator(field)

        def is_ordered(record: Record) -> bool:
            have = _comparable(field, found.value(record, snapshot))
            return have is not None and _in_order(have, op, wanted)

        return is_ordered

    def like(self, found: FieldPath, value: Value) -> Predicate:
        field, snapshot = found.field, self.snapshot
        if field.type in _ID_TYPES | NUMERIC_TYPES | {"boolean", "date", "datetime", "time"}:
            raise _bad_operator(field)
        pattern = like_pattern(value.text)

        def is_like(record: Record) -> bool:
            text = found.value(record, snapshot)
            return text is not None and pattern.fullmatch(str(text)) is not None

        return is_like


def literal(field: SObjectField, value: Value) -> Typed:
    """A literal's value for a field.

    Raises:
        ApiRefusalError: INVALID_FIELD where the literal is of another type than the field.
    """
    if value.kind == "null":
        return None
    match field.type, value.kind:
        case ("boolean", "boolean"):
            return value.text == "true"
        case ("datetime", "datetime"):
            return _parse(parse_instant, value)
        case ("date", "date"):
            return _parse(date.fromisoformat, value)
        case (kind, "number") if kind in NUMERIC_TYPES:
            return Decimal(value.text)
        case ("boolean" | "datetime" | "date" | "time", _):
            raise _wrong_type(field, field.type, quoted=False)
        case (kind, _) if kind in NUMERIC_TYPES:
            raise _wrong_type(field, "double", quoted=False)
        case (kind, "string"):
            text = unescape(value.text)
            if kind in _ID_TYPES and not (text.isalnum() and len(text) in _ID_LENGTHS):
                raise ApiRefusalError(
                    400, "INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}"
                )
            return text
        case _:
            raise _wrong_type(field, "string", quoted=True)


def _parse(parse: Callable[[str], Typed], value: Value) -> Typed:
    try:
        return parse(value.text)
    except ValueError:
        raise malformed(f"line 1:1 no viable alternative at character '{value.text}'") from None


def _comparable(field: SObjectField, value: Typed) -> Any:
    if value is None or value == "":
        return None
    if field.type in _ID_TYPES:
        return str(value)[:15]
    return value.casefold() if isinstance(value, str) else value


def _in_order(have: Any, op: str, wanted: Any) -> bool:
    match op:
        case "<":
            return bool(have < wanted)
        case "<=":
            return bool(have <= wanted)
        case ">":
            return bool(have > wanted)
        case _:
            return bool(have >= wanted)


def _bad_operator(field: SObjectField) -> ApiRefusalError:
    message = f"invalid operator on {field.type} field '{field.name}'"
    return ApiRefusalError(400, "INVALID_QUERY_FILTER_OPERATOR", message)


def _wrong_type(field: SObjectField, kind: str, *, quoted: bool) -> ApiRefusalError:
    how = "should" if quoted else "should not"
    name = "dateTime" if kind == "datetime" else kind
    return invalid_field(
        f"value of filter criterion for field '{field.name}' must be of type {name} and "
        f"{how} be enclosed in quotes"
    )
