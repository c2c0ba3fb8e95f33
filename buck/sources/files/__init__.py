"""CSV, JSON and Parquet files in a folder or a bucket, declared by `table(...)`."""

from buck.sources.files.source import resources
from buck.sources.files.tables import FileTable, table

__all__ = ["FileTable", "resources", "table"]
