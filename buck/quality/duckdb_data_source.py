"""DuckDB as a soda-core data source, on a connection that the caller hands in.

Importing this module imports soda-core: only `soda_library.load_soda` does that.
"""

from __future__ import annotations

from typing import Any, Final

from soda.execution.data_source import DataSource

from buck.names import identifier, literal
from buck.quality.type_names import is_same_type

_AGGREGATES: Final = {
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "variance",
    "var_pop",
    "var_samp",
}


class DuckDBDataSource(DataSource):  # type: ignore[misc]
    """Soda's questions in DuckDB's words."""

    TYPE = "duckdb"

    def connect(self) -> Any:
        """Use the connection in the properties; it stays open when the scan ends."""
        self.connection = self.data_source_properties["duckdb_connection"]
        return self.connection

    def safe_connection_data(self) -> list[str]:
        """Nothing about the connection leaves the process."""
        return []

    def qualified_table_name(self, table_name: str) -> str:
        """A name with its schema, unless it brings one along: `core.dim_customers`."""
        if "." in table_name or not self.schema:
            return table_name
        return f"{identifier(self.schema)}.{table_name}"

    def sql_get_table_columns(
        self,
        table_name: str,
        included_columns: list[str] | None = None,
        excluded_columns: list[str] | None = None,
    ) -> str:
        """Names and types of a table's columns, in their order."""
        schema, _, name = table_name.replace('"', "").rpartition(".")
        return (
            "select column_name, data_type, is_nullable from information_schema.columns\n"
            f"where lower(table_name) = {literal(name.lower())}\n"
            f"  and lower(table_schema) = {literal((schema or self.schema or '').lower())}\n"
            f"  and table_catalog = {literal(self.database)}\n"
            "order by ordinal_position"
        )

    def get_metric_sql_aggregation_expression(
        self, metric_name: str, metric_args: list[object] | None, expr: str
    ) -> str | None:
        """The aggregates of soda-core and those DuckDB adds."""
        if metric_name in _AGGREGATES:
            return f"{metric_name}({expr})"
        if metric_name == "percentile" and metric_args:
            return f"quantile_disc({expr}, {metric_args[1]})"
        found: str | None = super().get_metric_sql_aggregation_expression(
            metric_name, metric_args, expr
        )
        return found

    def expr_regexp_like(self, expr: str, regex_pattern: str) -> str:
        """Whether the pattern matches anywhere in the value's text."""
        return f"regexp_matches(cast({expr} as varchar), {literal(regex_pattern)})"

    def expr_length(self, expr: str) -> str:
        """The number of characters of the value's text."""
        return f"length(cast({expr} as varchar))"

    def escape_string(self, value: str) -> str:
        """The inside of a text literal; a backslash means nothing to DuckDB."""
        return literal(value)[1:-1]

    def default_casify_table_name(self, identifier: str) -> str:
        """Names compare in lower case."""
        return identifier.lower()

    def is_same_type_in_schema_check(self, expected_type: str, actual_type: str) -> bool:
        """Whether two type names mean the same; `decimal` covers every precision."""
        return is_same_type(expected_type, actual_type)


# soda-core derives the class name from the type name.
BuckduckdbDataSource = DuckDBDataSource
