"""What engines read differently: the list, one entry per construct that a person may write."""

from buck.portability.hazards.calls import CALLS, UNLISTED
from buck.portability.hazards.hazard import Hazard
from buck.portability.hazards.operators import OPERATORS
from buck.portability.hazards.shapes import SHAPES
from buck.portability.hazards.types import TYPES

HAZARDS: tuple[Hazard, ...] = (*OPERATORS, *CALLS, UNLISTED, *TYPES, *SHAPES)
"""Every hazard, in the order in which they are looked for."""

__all__ = ["HAZARDS", "Hazard"]
