"""Branches of a run that go on at once."""

from __future__ import annotations

import sys

import pytest

from buck.flow.branches import run_branches


@pytest.mark.parametrize("at_once", [1, 2])
@pytest.mark.timeout(20)
def test_a_branch_that_exits_is_told_and_nobody_waits_for_it(at_once: int) -> None:
    def work(name: str) -> str:
        if name == "leaves":
            sys.exit(3)
        return name

    found = run_branches(["leaves", "stays"], work, at_once=at_once)
    assert list(found) == ["leaves", "stays"]
    assert isinstance(found["leaves"], SystemExit)
    assert found["stays"] == "stays"
