"""Salesforce as a source: Bulk API 2.0 and REST, by SystemModstamp, soft deletes included."""

from __future__ import annotations

from buck.sources.salesforce.connector import source
from buck.sources.salesforce.tables import DEFAULT_OBJECTS, TABLES

__all__ = ["DEFAULT_OBJECTS", "TABLES", "source"]
