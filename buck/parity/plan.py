"""Which columns of two tables can be compared, and how each side reads them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buck.parity.canonical import Shape, common_family, image_sql, text_sql
from buck.parity.relation import Relation
from buck.records.comparison import SchemaChange

if TYPE_CHECKING:
    from buck.engine.types import Connection


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: where its rows are, and its columns in the order of their names."""

    relation: Relation
    shapes: Mapping[str, Shape]
    key: tuple[str, ...]

    @property
    def row_hash(self) -> str:
        """SQL that names a row's content by 64 bits."""
        return _hash([image_sql(shape) for shape in self.shapes.values()])

    @property
    def key_hash(self) -> str:
        """The same for its key; for the whole row if there is none."""
        if not self.key:
            return self.row_hash
        return _hash([image_sql(self.shapes[name]) for name in self.key])

    @property
    def texts(self) -> list[str]:
        """SQL for the canonical text of each column."""
        return [text_sql(shape) for shape in self.shapes.values()]


@dataclass(frozen=True, slots=True)
class Plan:
    """Both sides, ready to be read, and what differs before a row is looked at."""

    left: Side
    right: Side
    schema: tuple[SchemaChange, ...]
    ignored: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """The compared columns, as the left side writes them."""
        return [shape.name for shape in self.left.shapes.values()]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that name a row, as the left side writes them."""
        return tuple(self.left.shapes[name].name for name in self.left.key)


def make_plan(
    con: Connection,
    left: Relation,
    right: Relation,
    *,
    key: Sequence[str],
    ignore: Collection[str],
    precision: Mapping[str, int],
) -> Plan:
    """Match columns by name, whatever the case of its letters.

    A key of which one column cannot be compared is no key.
    """
    lefts, rights = left.columns(con), right.columns(con)
    left_out = {name.lower() for name in ignore}
    digits = {name.lower(): count for name, count in precision.items()}
    shapes: tuple[dict[str, Shape], dict[str, Shape]] = ({}, {})
    schema = []
    for name in sorted({*lefts, *rights} - left_out):
        one, other = lefts.get(name), rights.get(name)
        if one is None or other is None:
            schema.append(_only_one(one, other))
            continue
        family = common_family(one[1], other[1])
        if family is None:
            schema.append(SchemaChange(one[0], "type changed", one[1], other[1]))
            continue
        for found, (written, type_) in zip(shapes, (one, other), strict=True):
            found[name] = Shape(written, type_, family, digits.get(name))
    wanted = tuple(name.lower() for name in key)
    usable = wanted if all(name in shapes[0] for name in wanted) else ()
    return Plan(
        Side(left, shapes[0], usable),
        Side(right, shapes[1], usable),
        tuple(schema),
        tuple(sorted(left_out & {*lefts, *rights})),
    )


def _only_one(left: tuple[str, str] | None, right: tuple[str, str] | None) -> SchemaChange:
    if left is not None:
        return SchemaChange(left[0], "column removed", left=left[1])
    assert right is not None
    return SchemaChange(right[0], "column added", right=right[1])


def _hash(images: Sequence[str]) -> str:
    # Without any column in common all rows are alike.
    return f"hash({', '.join(images) or '0'})"
