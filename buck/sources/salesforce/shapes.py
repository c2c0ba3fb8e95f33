"""What the org showed of each object before: fields that are new, and fields that are lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from buck.sources.load import Load, TableLoad
from buck.sources.salesforce.fields import ObjectShape, snapshot_row
from buck.sources.salesforce.tables import DESCRIBED

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class ShapeChange:
    """How an object differs from what the last load saw; names are API names."""

    new: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()


class ShapeLog:
    """The describe snapshot in the lake, compared with what the org describes now.

    The snapshot says which fields of old rows have been read, so it may be committed only after
    the rows themselves: the last object of the load hands it over, and its table is opened then.

    Args:
        load: The load.
        objects: How many objects report to it, denied ones as well.
    """

    def __init__(self, load: Load, *, objects: int) -> None:
        self._load = load
        self._waiting = objects
        self._held: TableLoad | None = None
        self._known: dict[str, set[str]] | None = None
        self._rows: list[tuple[str, Mapping[str, Any]]] = []
        self._marks: dict[str, int] = {}

    def compare(
        self, shape: ObjectShape, *, base: TableLoad, side: TableLoad | None
    ) -> ShapeChange:
        """What is new and what is lost since the last load of the object; empty at its first."""
        held = self._open()
        if base.is_first or held.position.get(_mark(shape)) == shape.fingerprint():
            return ShapeChange()
        known = self._known_fields(shape.name)
        now = {str(f["name"]) for f in shape.described}
        if not known:
            # A lake older than the snapshot: its columns tell what was read.
            columns = {*base.columns, *(side.columns if side is not None else ())}
            known = {name for name in now if name.lower() in columns}
        new = set(shape.selected) - known
        # Shown before, and in the other table: it became a formula, or no longer is one.
        new |= {name for name in shape.fields if name.lower() not in base.columns}
        return ShapeChange(frozenset(new), frozenset(known - now))

    def report(self, shape: ObjectShape, change: ShapeChange) -> None:
        """The object's rows are read as its shape says, those of old rows' new fields as well."""
        held = self._open()
        if held.position.get(_mark(shape)) == shape.fingerprint():
            return
        self._rows += [("r", snapshot_row(shape.name, field)) for field in shape.described]
        self._rows += [
            ("d", {"object_name": shape.name, "field_name": name}) for name in sorted(change.lost)
        ]
        self._marks[_mark(shape)] = shape.fingerprint()

    def leave(self) -> Iterator[pa.Table]:
        """One object is done. The last one's call gives the snapshot's new rows."""
        self._waiting -= 1
        if self._waiting > 0 or not self._marks:
            return
        table = self._load.table(DESCRIBED)
        yield table.arrow(
            [row for _, row in self._rows],
            op=[op for op, _ in self._rows],
        )
        table.advance(**self._marks)

    def _open(self) -> TableLoad:
        if self._held is None:
            # Not through `load.table`: the order of opening is the order of the commits.
            self._held = self._load.open_table(replace(DESCRIBED, source=self._load.source))
        return self._held

    def _known_fields(self, object_name: str) -> set[str]:
        if self._known is None:
            self._known = {}
            held = self._open()
            if not held.is_first:
                for row in held.known_keys().to_pylist():
                    self._known.setdefault(row["object_name"], set()).add(row["field_name"])
        return self._known.get(object_name, set())


def _mark(shape: ObjectShape) -> str:
    return f"fields_{shape.name.lower()}"
