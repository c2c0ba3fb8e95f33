"""Where each character of a compiled text comes from: which source line, and whose hand.

Invisible marks travel through the rendering: one at the start of each source line, a pair around
what a portable macro wrote. Taking them out again gives the plain text and its origins.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

import jinja2

_LINE: Final = "\x02{}\x03"
_OPEN: Final = "\x04"
_CLOSE: Final = "\x05"
_MARKS: Final = re.compile("\x02(\\d+)\x03|\x04|\x05")


def mark_lines(code: str, environment: jinja2.Environment) -> str:
    """The template with a mark at the start of each line's text outside of its tags."""
    parts: list[str] = []
    for first, kind, value in environment.lex(code):
        if kind != "data":
            parts.append(value)
            continue
        for number, line in enumerate(value.splitlines(keepends=True), first):
            parts += [_LINE.format(number), line]
    return "".join(parts)


def mark_portable(text: str) -> str:
    """A portable macro's text, marked as such."""
    return f"{_OPEN}{text}{_CLOSE}"


def without_marks(text: str) -> str:
    """The plain text."""
    return _MARKS.sub("", text)


@dataclass(frozen=True, slots=True)
class Origins:
    """A compiled text without marks, and where its characters come from."""

    text: str
    _line_starts: tuple[int, ...]
    _lines: tuple[int, ...]
    _portable: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, marked: str) -> Origins:
        """Take the marks out of a rendered text."""
        parts: list[str] = []
        starts, lines = [0], [1]
        portable: list[tuple[int, int]] = []
        size = depth = opened = cursor = 0
        for mark in _MARKS.finditer(marked):
            parts.append(marked[cursor : mark.start()])
            size += mark.start() - cursor
            cursor = mark.end()
            if mark.group(1):
                starts.append(size)
                lines.append(int(mark.group(1)))
            elif mark.group() == _OPEN:
                opened = opened if depth else size
                depth += 1
            elif depth:
                depth -= 1
                if not depth and size > opened:
                    portable.append((opened, size))
        parts.append(marked[cursor:])
        return cls("".join(parts), tuple(starts), tuple(lines), tuple(portable))

    def line(self, place: int) -> int:
        """The source line that a character of the text comes from."""
        return self._lines[bisect_right(self._line_starts, place) - 1]

    def is_portable(self, place: int) -> bool:
        """Whether a portable macro, or dbt's `ref` or `source`, wrote this character."""
        index = bisect_right(self._portable, (place, len(self.text) + 1)) - 1
        return index >= 0 and place < self._portable[index][1]
