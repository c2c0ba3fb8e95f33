"""Every mart and source of the project says what it means and is held to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from buck.quality import read_titles
from buck.transform import ProjectGraph, key_columns, meta_of, read_graph

NO_UNIT_TEST = {
    "dim_channel": "nothing is calculated",
    "dim_country": "nothing is calculated",
    "dim_date": "every day of a range; SodaCL asks for its edges, golden results for its parts",
}


@pytest.fixture(scope="module")
def graph(published: Any) -> ProjectGraph:
    return read_graph(Path(published.work) / "dbt" / "target")


@pytest.fixture(scope="module")
def marts(graph: ProjectGraph) -> list[dict[str, Any]]:
    found = [
        n for n in graph.of_type("model") if n["original_file_path"].startswith("models/marts/")
    ]
    assert len(found) >= 20
    return found


def missing(nodes: list[dict[str, Any]], has: Any) -> list[str]:
    return [node["name"] for node in nodes if not has(node)]


def test_every_mart_has_a_contract_an_owner_and_a_tag(marts: list[dict[str, Any]]) -> None:
    assert missing(marts, lambda n: n["config"]["contract"]["enforced"]) == []
    assert missing(marts, lambda n: meta_of(n).get("owner")) == []
    assert missing(marts, lambda n: n["config"]["tags"]) == []


def test_every_description_begins_with_the_grain(marts: list[dict[str, Any]]) -> None:
    assert missing(marts, lambda n: n["description"].startswith("One row per ")) == []
    assert missing(marts, lambda n: meta_of(n).get("grain")) == []


def test_every_column_is_described_and_measures_say_their_unit(marts: list[dict[str, Any]]) -> None:
    silent, unitless = [], []
    for node in marts:
        columns = node["columns"]
        for name, column in columns.items():
            told = str(column.get("description") or "").lower()
            if not told:
                silent.append(f"{node['name']}.{name}")
            is_money = str(column.get("data_type") or "").startswith("decimal(18, 3)")
            beside = any("currency" in other for other in columns)
            if is_money and not beside:
                unitless.append(f"{node['name']}.{name}")
            if name.endswith("_minor") and "minor unit" not in told and not beside:
                unitless.append(f"{node['name']}.{name}")
            if name.endswith(("_ms", "_s")) and "second" not in told:
                unitless.append(f"{node['name']}.{name}")
    assert silent == []
    assert unitless == []


def test_every_mart_has_a_key_that_is_tested(
    marts: list[dict[str, Any]], graph: ProjectGraph
) -> None:
    assert missing(marts, lambda n: key_columns(graph, n)) == []


def test_every_mart_is_reconciled(
    marts: list[dict[str, Any]], graph: ProjectGraph, published: Any
) -> None:
    """By a singular test that reads it and something else, or by SodaCL."""

    def is_held(node: dict[str, Any]) -> bool:
        singular = [t for t in graph.tests_of(node) if not t.get("test_metadata")]
        across = [t for t in singular if len(t["depends_on"]["nodes"]) > 1]
        soda = read_titles(published.root / "transform" / "checks", node["schema"], node["name"])
        return bool(across or soda)

    assert missing(marts, is_held) == []


def test_every_calculation_has_a_unit_test_or_says_why_not(
    marts: list[dict[str, Any]], graph: ProjectGraph
) -> None:
    """On the mart, or on a model that it is made of."""

    def is_tested(node: dict[str, Any]) -> bool:
        waiting, seen = [node], set()
        while waiting:
            at = waiting.pop()
            if at["unique_id"] in seen or at["resource_type"] != "model":
                continue
            seen.add(at["unique_id"])
            if graph.unit_tests_of(at):
                return True
            waiting += graph.parents(at)
        return False

    assert set(missing(marts, is_tested)) == set(NO_UNIT_TEST)


def test_every_source_says_how_fresh_it_must_be_and_whose_it_is(graph: ProjectGraph) -> None:
    sources = graph.of_type("source")
    assert len(sources) > 20
    assert missing(sources, lambda n: n["loaded_at_field"]) == []
    assert missing(sources, lambda n: (n["freshness"] or {}).get("error_after")) == []
    assert missing(sources, lambda n: meta_of(n).get("owner")) == []


def test_names_say_the_layer_and_entities_are_plural(graph: ProjectGraph) -> None:
    lookups = {"dim_date", "dim_channel", "dim_country", "dim_currency"}
    for node in graph.of_type("model"):
        name, path = node["name"], node["original_file_path"]
        if path.startswith("models/staging/"):
            assert name.startswith(f"stg_{Path(path).parent.name}__"), name
        elif path.startswith("models/intermediate/"):
            assert name.startswith("int_"), name
        elif name.startswith("dim_") and name not in lookups:
            assert "s" in {name[-1], name.removesuffix("_snowflaked")[-1]}, name


def test_every_dashboard_names_its_owner_and_reads_marts_only(graph: ProjectGraph) -> None:
    exposures = graph.of_type("exposure")
    assert {"revenue_dashboard", "customers_dashboard", "pipeline_dashboard"} <= {
        e["name"] for e in exposures
    }
    for exposure in exposures:
        assert exposure["owner"]["name"], exposure["name"]
        assert exposure["description"], exposure["name"]
        for parent in graph.parents(exposure):
            is_mart = str(parent["original_file_path"]).startswith("models/marts/")
            assert is_mart or parent["resource_type"] == "metric", parent["name"]
