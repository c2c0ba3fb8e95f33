"""Known faults in copies of the marts, to see whether the checks notice them."""

from buck.quality.proving.proof import Question, Target, prove

__all__ = ["Question", "Target", "prove"]
