"""Configuration as it is: every value with its origin, and what is wrong with the file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Origin = Literal["default", "file", "environment", "variable"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A variable that a value refers to, and where its value would be taken from."""

    name: str
    found_in: str
    """`the environment`, `.env`, `the sandbox`, `its default`, or empty if it is not set."""


@dataclass(frozen=True, slots=True)
class SettingValue:
    """One key of `.buck.yml` as it is in force. Secrets are shown as references only."""

    key: str
    value: str
    origin: Origin
    """`environment`: the chosen section of `environments`."""
    where: str
    """`.buck.yml:12`, or the variable's name; empty for a default."""
    references: tuple[Reference, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in the configuration."""

    what: str
    hint: str
    key: str = ""
    line: int | None = None
    """In `.buck.yml`; None for what a variable says."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)
