"""SodaCL's comparisons as conditions on a value: `= 0`, `between 1 and 9`, `when > 3d`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from buck.errors import ConfigError

VALUE: Final = "value"
_NUMBER = r"(-?\d+(?:\.\d+)?)\s*%?"
_COMPARED = re.compile(rf"(=|==|!=|<>|<=|>=|<|>)\s*{_NUMBER}")
_BETWEEN = re.compile(rf"(not\s+)?between\s+([\[(]?)\s*{_NUMBER}\s+and\s+{_NUMBER}\s*([\])]?)")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([dhms])")
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A range of numbers, or what lies outside it."""

    low: float | None = None
    high: float | None = None
    holds_low: bool = True
    """Whether `low` itself is in the range."""
    holds_high: bool = True
    is_outside: bool = False

    @property
    def sql(self) -> str:
        """As a condition on `value`."""
        parts = []
        if self.low is not None:
            parts.append(f"{VALUE} {'>=' if self.holds_low else '>'} {_number(self.low)}")
        if self.high is not None:
            parts.append(f"{VALUE} {'<=' if self.holds_high else '<'} {_number(self.high)}")
        inside = " and ".join(parts)
        return f"not ({inside})" if self.is_outside else inside

    @property
    def opposite(self) -> Comparison:
        """Everything else."""
        return replace(self, is_outside=not self.is_outside)

    def meets(self, lowest: float, highest: float) -> bool:
        """Whether a value from `lowest` to `highest` can fulfil it."""
        edges = {lowest, highest}
        for edge in (self.low, self.high):
            if edge is not None:
                edges |= {edge, edge - 1, edge + 1, edge - 0.01, edge + 0.01}
        return any(self._holds(e) for e in edges if lowest <= e <= highest)

    def _holds(self, value: float) -> bool:
        above = self.low is None or value > self.low or (self.holds_low and value == self.low)
        below = self.high is None or value < self.high or (self.holds_high and value == self.high)
        return (above and below) is not self.is_outside


def read_comparison(text: str) -> Comparison:
    """`= 0`, `!= 0`, `<= 5%`, `between 1 and (9`, `when > 3`, `not between 1 and 9`.

    Raises:
        ConfigError: it is not a comparison with numbers.
    """
    words = " ".join(text.strip().removeprefix("when ").split())
    if found := _COMPARED.fullmatch(words):
        sign, number = found[1], float(found[2])
        if sign in {"=", "==", "!=", "<>"}:
            return Comparison(number, number, is_outside=sign in {"!=", "<>"})
        if sign.startswith(">"):
            return Comparison(low=number, holds_low=sign == ">=")
        return Comparison(high=number, holds_high=sign == "<=")
    if found := _BETWEEN.fullmatch(words):
        return Comparison(
            float(found[3]),
            float(found[4]),
            holds_low=found[2] != "(",
            holds_high=found[5] != ")",
            is_outside=bool(found[1]),
        )
    raise ConfigError(f"{text!r} is no comparison", hint="write = 0, <= 5 or between 1 and 9")


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def age_limit(text: str) -> timedelta:
    """The duration of a freshness threshold: `< 2h`, `when > 3d`, `when > 1d 6h`.

    Raises:
        ConfigError: there is no duration in it.
    """
    words = text.strip().removeprefix("when ").lstrip("<>= ")
    parts = _DURATION.findall(words)
    if not parts or _DURATION.sub("", words).strip():
        raise ConfigError(f"{text!r} is no duration", hint="write 30m, 2h or 3d")
    return timedelta(**{_UNITS[unit]: float(number) for number, unit in parts})
