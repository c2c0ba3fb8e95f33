"""What a warehouse must be able to do so that a promotion there is all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from buck.errors import WarehouseError
from buck.names import TableRef
from buck.records.promotion import Promotion, RawLoad

if TYPE_CHECKING:
    from buck.engine import Rows
    from buck.records.promotion import PromotedTable


class Promotions(Protocol):
    """A warehouse's own record of what was promoted into it, and the only way to add to it."""

    def engine(self) -> str:
        """The warehouse's name and version, in its own words."""

    def lake(self) -> str | None:
        """The identity of the lake whose raw tables are here; None before the first load."""

    def loads(self) -> Mapping[str, RawLoad]:
        """The last load of each raw table, by schema and name; empty before the first."""

    def columns(self, schema: str, name: str) -> tuple[str, ...]:
        """A table's columns in order; empty if there is no such table."""

    def load(
        self,
        schema: str,
        name: str,
        rows: Rows,
        *,
        entry: RawLoad,
        lake: str,
        is_whole: bool,
    ) -> int:
        """Add rows and the record of them in one transaction; how many rows arrived.

        A load whose record is here already changes nothing. Columns that the table lacks are
        added.

        Args:
            schema: Where raw tables are.
            name: The table.
            rows: What is added; the columns are theirs.
            entry: The record.
            lake: The identity of the lake.
            is_whole: Replace what the table holds.

        Raises:
            WarehouseError: the warehouse refused, or another number of rows arrived; the table is
                as it was.
        """

    def promotions(self) -> list[Promotion]:
        """Every kept promotion, oldest first."""

    def current(self) -> Promotion | None:
        """The promotion that readers see."""

    def publish(self, promotion: Promotion, *, built: Mapping[TableRef, TableRef]) -> Promotion:
        """Let readers see the built marts, all of them in one step, and record it.

        Grants on views stay. Marts that an earlier promotion has with equal content are not copied.

        Args:
            promotion: What is published; its tables' copies are named by this call.
            built: Each mart and where it was built.

        Raises:
            WarehouseError: something else has the name of a mart, or depends on what would go;
                readers see what they saw.
        """

    def point_to(self, promotion: Promotion) -> None:
        """Let readers see a kept promotion, all marts in one step; nothing is built."""

    def prune(self, keep: int) -> list[int]:
        """Forget all but the newest promotions and the current one, with copies nobody names."""

    def note(self, name: str, value: Mapping[str, Any]) -> None:
        """Remember a few facts between promotions, in place of those of the same name."""

    def noted(self, name: str) -> Mapping[str, Any]:
        """What `note` was given last; empty if it never was."""

    def drop_schemas(self, schemas: Sequence[str]) -> None:
        """Drop private schemas of a build, with what is in them."""

    def close(self) -> None:
        """End the connection, and the lock with it."""


def refuse_lost_rows(table: str, *, arrived: int, sent: int) -> None:
    """A load of which something is missing is none.

    Raises:
        WarehouseError: not as many rows arrived as were sent.
    """
    if arrived != sent:
        raise WarehouseError(
            f"{table}: {arrived} rows arrived of {sent} that were sent",
            hint="run it again; the table is as it was",
        )


def refuse_foreign_name(view: object, *, is_view: bool) -> None:
    """What somebody else keeps under a mart's name is not replaced.

    Raises:
        WarehouseError: there is something of that name, and it is no view.
    """
    if not is_view:
        raise WarehouseError(
            f"{view} exists there and is no view of Buck's",
            hint="move it away, or set warehouse.schema_prefix in .buck.yml",
        )


def content_of(table: PromotedTable) -> tuple[Any, ...]:
    """What two promoted tables have in common if one copy serves both."""
    return table.label, table.content_hash, tuple(table.columns.items())


def forgettable(
    found: Sequence[Promotion], current: Promotion | None, *, keep: int
) -> list[Promotion]:
    """All but the newest promotions and the one that readers see."""
    kept = found[-keep:]
    return [one for one in found if one not in kept and (current is None or one != current)]
