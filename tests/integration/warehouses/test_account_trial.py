"""`buck promote verify-account`: a whole promotion that is proven and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.warehouses.conftest import PASSWORD
from tests.integration.warehouses.shop import make_shop
from tests.scratch import Scratch

PROFILES = Path(__file__).parents[3] / "transform" / "profiles.yml"
TRY = ("promote", "verify-account", "--target", "postgres")
SCHEMAS = "select nspname from pg_namespace where nspname ~ 'trial|^finance|^raw|^buck' order by 1"


@pytest.fixture
def shop(tmp_path: Path, empty_home: Path, access: dict[str, str], server: Any) -> Scratch:
    with server.connect("warehouse") as connection:
        connection.autocommit = True
        connection.execute("drop database if exists trial")
        connection.execute("create database trial")
    project = make_shop(tmp_path, empty_home, PROFILES)
    project.env |= access | {"BUCK_POSTGRES_DATABASE": "trial"}
    return project


def test_an_account_is_tried_beside_what_is_there(shop: Scratch, server: Any) -> None:
    shop.buck("run").expect(0)
    lacking = shop.buck(*TRY, env={"BUCK_POSTGRES_PORT": "9"}).expect(2)
    assert "it lacks: connection" in lacking.err

    receipts = shop.root / "lake" / "promotions" / "postgres"
    with server.connect("trial") as connection:
        connection.autocommit = True
        connection.execute("create schema finance; create table finance.fct_orders (mine int)")
        before = connection.execute(SCHEMAS).fetchall()
        told = shop.buck(*TRY).expect(0)
        assert "proven: 5 of 5 marts equal to the row" in told.out
        assert "promotion works on postgres" in told.out
        assert connection.execute(SCHEMAS).fetchall() == before, "nothing of the trial is left"
    kept = sorted(file.name for file in receipts.iterdir())
    assert kept == ["buck_trial_000001.json", "buck_trial_000001.md"], "a name of its own"
    report = (shop.work / "trials" / "postgres.md").read_text()
    assert "it holds" in report
    assert PASSWORD not in report

    # Something that a hand left behind the trials' own prefix keeps it from publishing.
    with server.connect("trial") as connection:
        connection.autocommit = True
        connection.execute("create schema buck_trial_finance")
        connection.execute("create table buck_trial_finance.fct_orders (mine int)")
        failed = shop.buck(*TRY, "--json").expect(1).json
        assert (failed["holds"], failed["is_removed"]) == (False, True)
        assert "fct_orders exists there and is no view of Buck's" in failed["error"]
    assert "IT FAILED" in (shop.work / "trials" / "postgres.md").read_text()
