"""Design cards: what a name in the project means."""

from buck.flow.explain.explaining import explain
from buck.flow.explain.failure import explain_failure, failure_names

__all__ = ["explain", "explain_failure", "failure_names"]
