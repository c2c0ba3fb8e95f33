"""How big tables lie on disk: the configuration that each target's adapter is given."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest

from buck.flow.building import workspace
from buck.project import open_project

MACROS = Path(__file__).parents[3] / "transform" / "macros" / "layout" / "laid_out.sql"
VARS = {
    "partition_field": "created_at",
    "partition_granularity": "month",
    "clustering_enabled": True,
    "cluster_keys": ["customer_id", "created_at"],
}


class Returned(Exception):
    """What a macro gave to `return`."""


def laid_out(
    target: str, *args: Any, variables: dict[str, Any] | None = None, **kwargs: Any
) -> Any:
    """The macro, rendered as dbt does for a target, with no adapter installed."""
    env = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
    macros: dict[str, Any] = {}

    def give(value: Any) -> None:
        raise Returned(value)

    def define(text: str, name: str) -> None:
        template = env.from_string(text)

        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return getattr(template.module, name)(*args, **kwargs)
            except Returned as returned:
                return returned.args[0]

        macros[name] = env.globals[name] = call

    def dispatch(name: str, _package: str) -> Any:
        return macros.get(f"{target}__{name}", macros[f"default__{name}"])

    env.globals.update(
        {
            "return": give,
            "var": (VARS | (variables or {})).__getitem__,
            "adapter": SimpleNamespace(dispatch=dispatch),
        }
    )
    for text in re.findall(r"\{% macro .*?endmacro %\}", MACROS.read_text(), flags=re.DOTALL):
        define(text, str(re.match(r"\{% macro (\w+)", text)[1]))  # type: ignore[index]
    return macros["laid_out"](*args, **kwargs)


EXPECTED = {
    "duckdb": {},
    "postgres": {},
    "bigquery": {
        "partition_by": {"field": "paid_on", "data_type": "date", "granularity": "month"},
        "cluster_by": ["customer_id", "charge_id"],
    },
    "snowflake": {"cluster_by": ["date_trunc('month', paid_on)", "customer_id", "charge_id"]},
    "redshift": {
        "sort": ["paid_on", "customer_id", "charge_id"],
        "sort_type": "compound",
        "dist": "customer_id",
    },
    "databricks": {"liquid_clustered_by": ["paid_on", "customer_id", "charge_id"]},
}


@pytest.mark.parametrize("target", EXPECTED)
def test_each_target_is_told_in_its_own_words(target):
    config = laid_out(target, "paid_on", ["customer_id", "charge_id"], data_type="date")
    layout = config.pop("meta")["layout"]
    assert config == EXPECTED[target]
    assert layout["partition_by"] == "paid_on"


@pytest.mark.parametrize("target", EXPECTED)
def test_without_clustering_only_partitions_are_left(target):
    config = laid_out(target, "paid_on", variables={"clustering_enabled": False})
    told = {key: value for key, value in config.items() if key != "meta"}
    assert "cluster_by" not in told
    assert "dist" not in told
    assert ("partition_by" in told) == (target == "bigquery")


def test_a_model_that_says_nothing_takes_the_keys_of_the_configuration(tmp_path):
    (tmp_path / ".buck.yml").write_text(
        "version: 1\nlake: {root: ./lake}\nperformance:\n"
        "  partitioning: {default_field: paid_at, default_granularity: day}\n"
        "  clustering: {default_keys: [tenant_id]}\n"
    )
    (tmp_path / "transform").mkdir()
    (tmp_path / "transform" / "dbt_project.yml").write_text("name: shop\n")
    project = open_project(tmp_path)
    variables = dict(workspace(project, project.as_of(None)).vars)
    config = laid_out("bigquery", variables=variables)
    assert config["partition_by"] == {
        "field": "paid_at",
        "data_type": "timestamp",
        "granularity": "day",
    }
    assert config["cluster_by"] == ["tenant_id"]
    assert laid_out("redshift", variables=variables)["sort"] == ["paid_at", "tenant_id"]


def test_hours_of_days_are_not_asked_for():
    config = laid_out("bigquery", "paid_on", [], granularity="hour", data_type="date")
    assert config["partition_by"]["granularity"] == "day"
