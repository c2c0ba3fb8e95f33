"""The engines that the models are written for: how each is spelled and which macros it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine as dbt and the parsers know it."""

    name: str
    title: str
    prefixes: tuple[str, ...]
    """Whose macros it takes, best first; `default` comes after them."""
    quote: str
    """Around the names of relations; empty where dbt writes them bare."""
    strategies: frozenset[str]
    """The incremental strategies that its adapter has."""

    @property
    def dialect(self) -> str:
        """The parser's name for it."""
        return self.name


_ROWS: Final = frozenset({"append", "merge", "delete+insert", "microbatch"})

ENGINES: Final[Mapping[str, Engine]] = MappingProxyType(
    {
        engine.name: engine
        for engine in (
            Engine("duckdb", "DuckDB", ("duckdb",), '"', _ROWS),
            Engine("postgres", "PostgreSQL", ("postgres",), '"', _ROWS),
            Engine("snowflake", "Snowflake", ("snowflake",), "", _ROWS | {"insert_overwrite"}),
            Engine(
                "bigquery",
                "BigQuery",
                ("bigquery",),
                "`",
                frozenset({"merge", "insert_overwrite", "microbatch"}),
            ),
            # The adapter builds on PostgreSQL's and takes its macros where it has none of its own.
            Engine("redshift", "Redshift", ("redshift", "postgres"), '"', _ROWS),
            Engine(
                "databricks",
                "Databricks",
                ("databricks", "spark"),
                "`",
                _ROWS | {"insert_overwrite", "replace_where"},
            ),
        )
    }
)
