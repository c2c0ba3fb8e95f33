"""Names of tables as values, and the only place where SQL text is quoted."""

from buck.names.sql import identifier, literal
from buck.names.table_ref import RawTable, TableRef

__all__ = ["RawTable", "TableRef", "identifier", "literal"]
