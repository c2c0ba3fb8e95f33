"""The simulated company: its history as changes of three systems, and the truth about it."""

from __future__ import annotations

from buck.sandbox.company.calendar import DEFAULT_DAYS, EPOCH, day_start
from buck.sandbox.company.change import Change, Fact, Record, System
from buck.sandbox.company.company import Company
from buck.sandbox.company.spoils import Spoil
from buck.sandbox.company.truth import Truth, truth, truth_at

__all__ = [
    "DEFAULT_DAYS",
    "EPOCH",
    "Change",
    "Company",
    "Fact",
    "Record",
    "Spoil",
    "System",
    "Truth",
    "day_start",
    "truth",
    "truth_at",
]
