"""Are two tables the same, and if not, in which rows: exact, and free of phantom differences."""

from buck.parity.comparing import compare, compare_sets
from buck.parity.postgres import postgres_relation
from buck.parity.relation import NUMERIC_TEXT, Relation

__all__ = ["NUMERIC_TEXT", "Relation", "compare", "compare_sets", "postgres_relation"]
