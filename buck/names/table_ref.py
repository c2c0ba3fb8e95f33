"""A table's name as a value, from which SQL, paths and dbt names are made."""

from __future__ import annotations

from dataclasses import dataclass

from buck.errors import ConfigError
from buck.names.sql import identifier


@dataclass(frozen=True, slots=True, order=True)
class TableRef:
    """A table in a schema: `finance.fct_payments`."""

    schema: str
    name: str

    @classmethod
    def parse(cls, text: str) -> TableRef:
        """The table that `schema.name` names; a leading `marts.` is the published catalog."""
        parts = text.removeprefix("marts.").split(".")
        if len(parts) != 2 or not all(parts):
            raise ConfigError(f"{text!r} is not schema.table", hint="write finance.fct_payments")
        return cls(*parts)

    @property
    def sql(self) -> str:
        """The quoted name."""
        return identifier(self.schema, self.name)

    @property
    def path(self) -> str:
        """The folder of the table below its zone."""
        return f"{self.schema}/{self.name}"

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class RawTable:
    """A raw table: one source's table as it lies in the lake."""

    source: str
    name: str
    prefix: str = ""
    """`raw_<source>` unless the source's `schema:` in `.buck.yml` says otherwise."""

    @property
    def path(self) -> str:
        """The folder below the lake's root."""
        return f"raw/{self.source}/{self.name}"

    @property
    def ref(self) -> TableRef:
        """The name models know it by: `raw.raw_stripe_charges`."""
        return TableRef("raw", f"{self.prefix or 'raw_' + self.source}_{self.name}")

    def __str__(self) -> str:
        return f"{self.source}.{self.name}"
