"""What a pull request shows beside a line of code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Annotation:
    """One remark about one place of the project."""

    level: Literal["error", "warning"]
    title: str
    message: str
    file: str = ""
    """Below the repository's root; empty if it is about no file."""
    line: int | None = None

    def as_github(self) -> str:
        """GitHub's workflow command for it, on one line."""
        facts = {"file": self.file, "line": self.line if self.file else None, "title": self.title}
        words = ",".join(f"{key}={_escape(value, ',:')}" for key, value in facts.items() if value)
        return f"::{self.level} {words}::{_escape(self.message)}"

    def as_text(self) -> str:
        """For people: the place, then what is wrong."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place or '-'} {self.level}: {self.title}: {self.message}"


def _escape(value: object, also: str = "") -> str:
    """As GitHub reads it: a line break or a sign of its own syntax in a text would end it."""
    text = str(value)
    for sign in f"%\r\n{also}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text
