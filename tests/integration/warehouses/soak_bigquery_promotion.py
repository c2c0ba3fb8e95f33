"""A trial of an account, here the BigQuery emulator's: `just soak-bigquery-promotion`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.integration.warehouses import test_bigquery_promotion
from tests.integration.warehouses.test_bigquery_promotion import Promoter

emulator, first = test_bigquery_promotion.emulator, test_bigquery_promotion.first


def test_an_account_is_tried_and_left_as_it_was(first: Any, emulator: Any, tmp_path: Path) -> None:
    there = Promoter(first.copy(tmp_path / "shop"), emulator, "")
    told = there.buck("promote", "verify-account", "--target", "bigquery").expect(0)
    assert "emulated: 5 of 5 marts equal to the row" in told.out
    left = [there.tables(f"buck_trial_{name}") for name in ("raw", "buck", "buck_marts", "finance")]
    assert left == [0, 0, 0, 0]
