"""What an error came from is told once, whatever shape the chain has."""

from __future__ import annotations

from buck.errors import SourceDenied, causes


def test_causes_are_told_from_the_outermost_in() -> None:
    inner, middle, outer = ValueError("inner"), KeyError("middle"), RuntimeError("outer")
    outer.__cause__, middle.__context__ = middle, inner
    assert list(causes(outer)) == [outer, middle, inner]


def test_an_error_raised_again_from_its_own_wrapping_is_told_once() -> None:
    """Such a ring, followed for ever, once filled the memory of the machine."""
    denied, wrapping = SourceDenied("no"), RuntimeError("wrapped")
    wrapping.__cause__ = denied
    denied.__cause__ = wrapping
    assert list(causes(wrapping)) == [wrapping, denied]
