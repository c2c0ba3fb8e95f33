"""What a run of every day has no time for on the BigQuery emulator: `just soak-bigquery-promotion`.

A trial of an account; random edits there, which `buck diff` must tell exactly.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from tests.integration.warehouses import test_bigquery_promotion
from tests.integration.warehouses.planted_edits import plant
from tests.integration.warehouses.shop import FIRST, deliver
from tests.integration.warehouses.test_bigquery_promotion import PROMOTE, Promoter

emulator, first = test_bigquery_promotion.emulator, test_bigquery_promotion.first


def test_an_account_is_tried_and_left_as_it_was(first: Any, emulator: Any, tmp_path: Path) -> None:
    there = Promoter(first.copy(tmp_path / "shop"), emulator, "")
    told = there.buck("promote", "verify-account", "--target", "bigquery").expect(0)
    assert "emulated: 5 of 5 marts equal to the row" in told.out
    left = [there.tables(f"buck_trial_{name}") for name in ("raw", "buck", "buck_marts", "finance")]
    assert left == [0, 0, 0, 0]


def test_random_edits_there_are_told_exactly(first: Any, emulator: Any, tmp_path: Path) -> None:
    there = Promoter(first.copy(tmp_path / "shop"), emulator, "edited_")
    there.project.env |= {"SHOP_FILES": str(tmp_path / "inbox")}
    orders = [(f"more {n}", *FIRST[n % len(FIRST)][1:]) for n in range(40)]
    deliver(there.project, "more", orders)
    there.project.buck("run").expect(0)
    there.buck(*PROMOTE).expect(0)
    named = "select table_name from {}buck_marts.INFORMATION_SCHEMA.TABLES where starts_with"
    copy = there.value(f"{named}(table_name, 'finance__fct_orders__')")
    copy, kept = f"edited_buck_marts.{copy}", "edited_buck_marts.kept"
    emulator.value(f"create table {kept} as select * from {copy}; select 1")
    words = ("bigquery", "--output", "json", "--limit", "1000", "--table", "finance.fct_orders")
    keys = [str(order[0]) for order in (*FIRST, *orders)]
    for seed in range(6):
        edits = plant(copy, keys, seed=seed)
        for statement in edits.statements:
            emulator.value(f"{statement}; select 1")
        for side in ("published", "candidates") if seed < 2 else ("published",):
            told = there.buck("diff", side, *words).expect(0).json
            edits.assert_found(told, "finance.fct_orders")
        emulator.value(f"delete from {copy} where true; select 1")
        emulator.value(f"insert into {copy} select * from {kept}; select 1")

    # The code of a commit, over the rows of the published snapshot.
    model = "transform/models/marts/finance/fct_orders.sql"
    for command in ("init -q", "add .buck.yml transform", "commit -qm first"):
        git(there.project.root, command)
    assert there.buck("diff", "git:HEAD", *words).expect(0).json["is_equal"]
    there.project.edit(model, "amount, pieces", "amount + 1 as amount, pieces")
    git(there.project.root, "commit -qam second")
    (told,) = there.buck("diff", "git:HEAD", *words).expect(0).json["tables"]
    assert (told["changed"], told["changed_columns"]) == (len(keys), {"amount": len(keys)})


def git(folder: Path, command: str) -> None:
    who = ("-c", "user.name=Shop", "-c", "user.email=shop@example.com")
    subprocess.run(["git", "-C", str(folder), *who, *command.split()], check=True)
