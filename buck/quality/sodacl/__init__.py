"""SodaCL as plain SQL: read from its files, written in one engine's dialect.

On DuckDB soda-core is the judge. Where it has no driver (a warehouse target: Soda's packages
conflict with dbt's), and where a thousand verdicts are wanted in a minute (`buck quality prove`),
the same checks run as the SQL that is written here.
"""

from buck.quality.sodacl.dialects import DIALECTS, Dialect
from buck.quality.sodacl.impossible import is_always_empty, why_impossible
from buck.quality.sodacl.reading import SodaRule, read_rules
from buck.quality.sodacl.rendering import Rendered, render
from buck.quality.sodacl.tables import find_tables

__all__ = [
    "DIALECTS",
    "Dialect",
    "Rendered",
    "SodaRule",
    "find_tables",
    "is_always_empty",
    "read_rules",
    "render",
    "why_impossible",
]
