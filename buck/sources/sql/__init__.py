"""Tables of any database that SQLAlchemy reads: MySQL, SQL Server, Oracle, SQLite and others.

Reading is dlt's `sql_database`; rows, marks and tombstones land as those of every other source.
PostgreSQL has a connector of its own (`buck.sources.postgres`), which is many times faster.
"""

from buck.sources.sql.source import resources
from buck.sources.sql.tables import SqlTable, table

__all__ = ["SqlTable", "resources", "table"]
