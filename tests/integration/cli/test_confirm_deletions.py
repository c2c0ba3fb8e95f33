"""Saying that many deletions are meant takes a table that the run lands."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("table", ["nope.users", "app", "app."])
def test_unknown_table_is_refused_before_anything_is_read(project: Any, table: str) -> None:
    refused = project.buck("run", "sales_pipeline", "--confirm-deletions", table)
    refused.expect(2)
    assert f"{table!r} is no table of" in refused.err
    assert "--confirm-deletions SOURCE.TABLE" in refused.err
    assert not (project.root / "lake").exists()
