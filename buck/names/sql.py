"""Quoting: identifiers and values enter SQL through here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def identifier(*parts: str) -> str:
    """A quoted, dot-joined identifier: `identifier("raw", "a b")` is `"raw"."a b"`."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


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
