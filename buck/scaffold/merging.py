"""Two changes of one text brought together, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

Hunk = tuple[int, int, list[str]]
"""From and to which line of the old text is replaced, and by what."""


def merge(old: bytes | None, own: bytes | None, new: bytes | None) -> bytes | None:
    """The old text with both changes; None if they meet, or if a side has no text."""
    if old is None or own is None or new is None:
        return None
    try:
        texts = [side.decode("utf-8").splitlines(keepends=True) for side in (old, own, new)]
    except UnicodeDecodeError:
        return None
    lines, ours, theirs = texts
    hunks = sorted([*_hunks(lines, ours), *_hunks(lines, theirs)], key=lambda hunk: hunk[:2])
    merged: list[str] = []
    at = 0
    for number, (start, end, replaced) in enumerate(hunks):
        if number and hunks[number - 1] == (start, end, replaced):
            continue
        # Side by side is well; which of two insertions at one place comes first nobody knows.
        if number and (start < at or hunks[number - 1][:2] == (start, end)):
            return None
        merged += [*lines[at:start], *replaced]
        at = end
    return "".join([*merged, *lines[at:]]).encode()


def _hunks(old: Sequence[str], changed: Sequence[str]) -> Iterator[Hunk]:
    matcher = SequenceMatcher(None, old, changed, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind != "equal":
            yield start, end, list(changed[first:last])
