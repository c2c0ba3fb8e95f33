"""Quoting: identifiers and values enter SQL through here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def identifier(*parts: str) -> str:
    """A quoted, dot-joined identifier: `identifier("raw", "a b")` is `"raw"."a b"`."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def backticked(*parts: str) -> str:
    """The same for BigQuery and Databricks: `backticked("raw", "a b")` is `` `raw`.`a b` ``."""
    return ".".join("`" + part.replace("\\", "\\\\").replace("`", "\\`") + "`" for part in parts)


def escaped_literal(value: str | int | bool) -> str:
    """A literal for engines in which a backslash escapes, such as BigQuery."""
    if not isinstance(value, str):
        return literal(value)
    for plain, escaped in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r")):
        value = value.replace(plain, escaped)
    return f"'{value}'"


def literal(value: str | int | bool | datetime | Iterable[str] | None) -> str:
    """A SQL literal; an iterable of texts becomes a list literal `['a', 'b']`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return f"timestamptz '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "[" + ", ".join(literal(item) for item in value) + "]"
