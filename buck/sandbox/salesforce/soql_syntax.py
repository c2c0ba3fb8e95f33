"""What a SOQL query consists of, once parsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LiteralKind = Literal["string", "number", "date", "datetime", "boolean", "null"]


@dataclass(frozen=True, slots=True)
class Value:
    """A literal as written; what it means depends on the field it is compared with."""

    kind: LiteralKind
    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field op value`; `op` is one of = != < <= > >= LIKE."""

    path: str
    op: str
    value: Value


@dataclass(frozen=True, slots=True)
class Membership:
    """`field [NOT] IN (values)`."""

    path: str
    values: tuple[Value, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Not:
    """`NOT condition`."""

    operand: Condition


@dataclass(frozen=True, slots=True)
class Every:
    """Conditions joined by AND."""

    operands: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Conditions joined by OR."""

    operands: tuple[Condition, ...]


Condition = Comparison | Membership | Not | Every | Either


@dataclass(frozen=True, slots=True)
class Ordering:
    """One ORDER BY term; nulls come first unless it says otherwise, also when descending."""

    path: str
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; `fields` is empty for `SELECT COUNT()`."""

    object_name: str
    fields: tuple[str, ...]
    where: Condition | None = None
    order: tuple[Ordering, ...] = ()
    limit: int | None = None
    offset: int = 0

    @property
    def is_count(self) -> bool:
        """Whether the query asks only how many rows match."""
        return not self.fields
