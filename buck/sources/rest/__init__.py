"""Any JSON API: `table(...)` declares an endpoint, `resources(...)` reads them all through dlt."""

from buck.sources.rest.source import resources
from buck.sources.rest.tables import RestTable, Since, since, table

__all__ = ["RestTable", "Since", "resources", "since", "table"]
