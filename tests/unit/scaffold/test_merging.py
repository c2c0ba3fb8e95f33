"""Two changes of one text: brought together line by line, or not at all."""

from __future__ import annotations

import pytest

from buck.scaffold.merging import merge

OLD = "a\nb\nc\nd\n"


@pytest.mark.parametrize(
    ("own", "new", "merged"),
    [
        ("a\nB\nc\nd\n", "a\nb\nc\nd\ne\n", "a\nB\nc\nd\ne\n"),
        ("a\nB\nc\nd\n", "a\nb\nc\nx\nd\n", "a\nB\nc\nx\nd\n"),
        ("a\nB\nc\nd\n", "a\nb\nC\nd\n", "a\nB\nC\nd\n"),
        ("a\nB\nc\nd\n", "a\nB\nc\nd\n", "a\nB\nc\nd\n"),
        ("a\nB\nc\nd\n", "a\nx\nc\nd\n", None),
        ("a\nb\nc\n", "a\nb\nc\nD\n", None),
        ("a\nb\nx\nc\nd\n", "a\nb\ny\nc\nd\n", None),
        (None, "a\n", None),
    ],
)
def test_changes_are_brought_together_unless_they_meet(
    own: str | None, new: str, merged: str | None
) -> None:
    found = merge(OLD.encode(), own.encode() if own is not None else None, new.encode())
    assert found == (merged.encode() if merged is not None else None)
