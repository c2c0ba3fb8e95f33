"""Cutting entries out of YAML text: what stays keeps its comments, its order and its style."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

IsGone = Callable[[tuple[str, ...], str], bool]
"""Whether an entry is to go, by its path and its text. An item of a list goes by its `name`, or
else by its only key."""


def cut(text: str, is_gone: IsGone) -> str:
    """The text without those entries, and without headings that have nothing below them now."""
    import yaml

    # The composer for text, unlike `safe_load`, tells on which line each entry stands.
    tree = yaml.compose(text, Loader=yaml.SafeLoader)
    lines = text.splitlines()
    doomed: set[int] = set()
    if tree is not None:
        _mark(tree, (), lines, is_gone, doomed)
    left = "\n".join(line for number, line in enumerate(lines) if number not in doomed)
    return re.sub(r"\n{3,}", "\n\n", left).strip("\n") + "\n"


def _mark(
    node: Any, path: tuple[str, ...], lines: list[str], is_gone: IsGone, doomed: set[int]
) -> bool:
    """Note the lines to cut below a node; whether nothing is left there."""
    if node.id == "scalar" or node.flow_style:
        return False
    left = 0
    for name, first, value in _entries(node):
        start, end = first.start_mark.line, _last_line(value)
        own = (*path, name)
        entry = "\n".join(lines[start : end + 1])
        if is_gone(own, entry) or _mark(value, own, lines, is_gone, doomed):
            doomed.update(range(_first_line(first, lines), end + 1))
        else:
            left += 1
    return not left


def _entries(node: Any) -> Iterator[tuple[str, Any, Any]]:
    """Name, the node an entry begins with, and its value."""
    if node.id == "mapping":
        yield from ((str(key.value), key, value) for key, value in node.value)
        return
    for item in node.value:
        pairs = item.value if item.id == "mapping" else []
        named = [value.value for key, value in pairs if key.value == "name"]
        only = [key.value for key, _ in pairs[:1]] or [item.value]
        yield str((named or only)[0]), item, item


def _first_line(node: Any, lines: list[str]) -> int:
    """Where an entry begins, with the comment that stands right above it."""
    number: int = node.start_mark.line
    indent = len(lines[number]) - len(lines[number].lstrip())
    while number and lines[number - 1].startswith(" " * indent + "#"):
        number -= 1
    return number


def _last_line(node: Any) -> int:
    """Where an entry ends, without what stands between it and the next."""
    if node.id != "scalar" and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if node.id == "mapping" else last)
    mark = node.end_mark
    return int(
        mark.line - 1 if mark.column == 0 and mark.line > node.start_mark.line else mark.line
    )
