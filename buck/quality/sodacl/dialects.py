"""What the engines say differently, as far as checks need it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from buck.names import escaped_literal, literal


@dataclass(frozen=True, slots=True)
class Dialect:
    """One engine's words; `{…}` is filled in."""

    name: str
    text_type: str = "varchar"
    instant_type: str = "timestamp with time zone"
    matches: str = "regexp_matches({text}, {pattern})"
    percentile: str = "percentile_disc({share}) within group (order by {value})"
    catalog: str = "information_schema.columns"
    backslashes_escape: bool = False
    """Whether a backslash in a text literal has to be doubled."""

    def text(self, expression: str) -> str:
        """A value's text."""
        return f"cast({expression} as {self.text_type})"

    def quote(self, value: str) -> str:
        """A text literal."""
        return escaped_literal(value) if self.backslashes_escape else literal(value)

    def regexp(self, expression: str, pattern: str) -> str:
        """Whether the pattern is found anywhere in the value's text."""
        return self.matches.format(text=self.text(expression), pattern=self.quote(pattern))

    def instant(self, at: datetime) -> str:
        """An instant, written with its offset."""
        return f"cast({literal(at.isoformat())} as {self.instant_type})"

    def columns_of(self, schema: str) -> str:
        """Where the columns of a schema's tables are listed."""
        return self.catalog.format(schema=schema)


_POSIX: Final = "({text} ~ {pattern})"

DIALECTS: Final = {
    "duckdb": Dialect("duckdb", percentile="quantile_disc({value}, {share})"),
    "postgres": Dialect("postgres", text_type="text", matches=_POSIX),
    "redshift": Dialect(
        "redshift", text_type="varchar(65535)", matches=_POSIX, backslashes_escape=True
    ),
    "snowflake": Dialect(
        "snowflake",
        instant_type="timestamp_tz",
        # Its regexp_like would want the whole text to match.
        matches="(regexp_instr({text}, {pattern}) > 0)",
        backslashes_escape=True,
    ),
    "bigquery": Dialect(
        "bigquery",
        text_type="string",
        instant_type="timestamp",
        matches="regexp_contains({text}, {pattern})",
        percentile="approx_quantiles({value}, 1000)[offset(cast({share} * 1000 as int64))]",
        catalog="`{schema}`.INFORMATION_SCHEMA.COLUMNS",
        backslashes_escape=True,
    ),
    "databricks": Dialect(
        "databricks",
        text_type="string",
        instant_type="timestamp",
        matches="({text} rlike {pattern})",
        backslashes_escape=True,
    ),
}
"""By the target's `warehouse.type`."""
