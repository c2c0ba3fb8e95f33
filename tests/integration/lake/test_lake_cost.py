"""`buck lake cost`: every figure is one that the lake or the ledger has recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.integration.lake.keeping import EAGER, land_many, place_at
from tests.scratch import Scratch


def test_figures_are_those_of_the_ledger_and_of_the_disk(published: Scratch) -> None:
    told = published.buck("lake", "cost", "--days", "3650", "--json").expect(0).json
    lines = [
        json.loads(line)
        for file in sorted((published.lake / "data_pipeline_logs").rglob("*.jsonl"))
        for line in file.read_text().splitlines()
    ]
    spent: dict[str, list[float]] = {}
    for line in lines:
        if line["kind"] == "model_built" and line["status"] == "ok":
            spent.setdefault(line["facts"]["model"], []).append(line["facts"]["seconds"])
    models = {m["model"]: m for m in told["models"]}
    assert {name: m["builds"] for name, m in models.items()} == {
        n: len(s) for n, s in spent.items()
    }
    payments = models["fct_payments"]
    assert payments["longest_seconds"] == max(spent["fct_payments"])
    assert payments["last_seconds"] == spent["fct_payments"][-1]
    assert payments["mean_seconds"] == round(payments["seconds"] / payments["builds"], 3)
    assert payments["materialized"] == "incremental"
    assert [m["seconds"] for m in told["models"]] == sorted(
        (m["seconds"] for m in told["models"]), reverse=True
    )
    assert {"land stripe", "build candidates", "publish"} <= {s["step"] for s in told["steps"]}
    scratch = [line["facts"]["from_scratch"] for line in lines if "from_scratch" in line["facts"]]
    assert told["builds"] == {"times": len(scratch), "from_scratch": sum(scratch)}
    [charges] = [t for t in told["tables"] if t["table"] == "stripe.charges"]
    folder = published.lake / "raw" / "stripe" / "charges"
    assert charges["stored_bytes"] == sum(
        f.stat().st_size for f in folder.rglob("*") if f.is_file()
    )
    assert charges["files"] == len(list(folder.glob("*.parquet")))
    assert charges["rows_added"] == charges["rows"]
    shown = published.buck("lake", "cost").expect(0)
    assert "fct_payments" in shown.out
    assert "bytes stored" in shown.err


def test_a_view_scans_nothing_and_a_mart_what_lies_below_its_views(published: Scratch) -> None:
    told = published.buck("lake", "cost", "--json").expect(0).json
    sizes = {t["table"]: t["size_bytes"] for t in told["tables"]}
    models = {m["model"]: m for m in told["models"]}
    views = [m for m in told["models"] if m["materialized"] == "view"]
    assert views
    assert {m["reads_bytes"] for m in views} == {None}
    seeds = published.root / "transform" / "seeds"
    currencies = (seeds / "currencies.csv").stat().st_size
    payouts = models["fct_payouts"]["reads_bytes"]
    assert payouts == sizes["stripe.payouts"] + currencies, "the staging view is looked through"
    assert models["currencies"]["reads_bytes"] is None, "a seed reads no table"
    [orders] = [m for m in told["models"] if m["model"] == "stg_app__orders"]
    assert orders["reads_bytes"] == sizes["app.orders"]
    assert models["customer_360"]["reads_bytes"] is None, "nobody records intermediate tables"


def test_many_small_files_are_told_with_the_command_that_merges_them(
    make_bench: Any, empty_home: Path
) -> None:
    bench = make_bench()
    land_many(bench, 5)
    place = place_at(bench, empty_home, *EAGER)
    told = place.buck("lake", "cost", "--json").expect(0).json
    [saving] = told["savings"]
    assert saving["next"] == "buck lake compact shop.items"
    assert (told["models"], told["steps"]) == ([], []), "nothing built them, so nothing is said"
    place.buck(*saving["next"].split()[1:]).expect(0)
    assert place.buck("lake", "cost", "--json").expect(0).json["savings"] == []
    assert "compact shop.items" in place.buck("lake", "cost").expect(0).out


def test_an_empty_lake_costs_nothing(project: Scratch) -> None:
    assert "the lake is empty" in project.buck("lake", "cost").expect(0).err
    assert project.buck("lake", "cost", "--json").expect(0).json["tables"] == []
