"""DuckDB's types, for annotations in rooms that do not import DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection as Connection
    from duckdb import DuckDBPyRelation as Relation

__all__ = ["Connection", "Relation"]
