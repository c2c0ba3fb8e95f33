"""Names of tables as values, and the only place where SQL text is quoted."""

from buck.names.sql import backticked, escaped_literal, identifier, literal
from buck.names.table_ref import RawTable, TableRef

__all__ = ["RawTable", "TableRef", "backticked", "escaped_literal", "identifier", "literal"]
