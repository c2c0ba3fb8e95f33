"""PostgreSQL tables in batches: what changed by a cursor, what vanished by comparing keys.

Extraction is DuckDB's scanner writing Parquet; dlt imports the files as they are.
"""

from buck.sources.postgres.source import PostgresTable, resources, table

__all__ = ["PostgresTable", "resources", "table"]
