"""Design cards: what a name in the project means."""

from buck.flow.explain.explaining import explain

__all__ = ["explain"]
