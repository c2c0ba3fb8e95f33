"""A table's name as the models print it, quoted as dbt quotes it on that engine."""

from __future__ import annotations

from typing import Any

from buck.portability.spans import mark_portable


class Relation(str):
    """What `ref`, `source` and `this` give: text in SQL, with the parts that macros ask for."""

    __slots__ = ("database", "identifier", "quote_character", "schema")

    database: str
    schema: str
    identifier: str
    quote_character: str

    @classmethod
    def of(cls, database: str, schema: str, identifier: str, *, quote: str) -> Relation:
        """A relation from its parts; an empty part is left out of its text."""
        parts = [f"{quote}{part}{quote}" for part in (database, schema, identifier) if part]
        relation = cls(mark_portable(".".join(parts)))
        relation.database, relation.schema = database, schema
        relation.identifier, relation.quote_character = identifier, quote
        return relation

    @property
    def name(self) -> str:
        """The table's own name."""
        return self.identifier

    @property
    def table(self) -> str:
        """The table's own name."""
        return self.identifier

    @property
    def type(self) -> str:
        """What macros ask before they drop something."""
        return "table"

    def include(self, **parts: bool) -> Relation:
        """The relation with only some of its parts."""
        keep: dict[str, Any] = {"database": True, "schema": True, "identifier": True, **parts}
        return Relation.of(
            self.database if keep["database"] else "",
            self.schema if keep["schema"] else "",
            self.identifier if keep["identifier"] else "",
            quote=self.quote_character,
        )

    def incorporate(self, **_: Any) -> Relation:
        """The same relation."""
        return self
