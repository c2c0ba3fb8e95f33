"""What the dbt project owes to the sources: every table that can land has a staging model."""

from __future__ import annotations

import re

import jinja2
import pytest
import yaml

from buck.records.table import TableSpec
from buck.sandbox.postgres.schema import TABLES as APP_TABLES
from buck.sources.salesforce.tables import TABLES as SALESFORCE_TABLES
from buck.sources.stripe.tables import ALL_TABLES, DEFAULT_TABLES
from tests.house.checkout import ROOT, read_text

STAGING = ROOT / "transform" / "models" / "staging"
TABLES = {
    "stripe": {spec.name for spec in ALL_TABLES},
    "salesforce": {spec.name for spec in SALESFORCE_TABLES},
    "app": set(APP_TABLES),
}
SOURCE = re.compile(r"source\('(\w+)', '(\w+)'\)")


def read_by(folder: str) -> dict[str, set[str]]:
    """Raw table → the staging models of its source that read it."""
    found: dict[str, set[str]] = {}
    for model in sorted((STAGING / folder).glob("stg_*.sql")):
        for source, table in SOURCE.findall(read_text(model)):
            assert source == folder, f"{model.name} reads {source}.{table}"
            found.setdefault(table, set()).add(model.stem)
    return found


@pytest.mark.parametrize("source", TABLES)
def test_every_table_that_can_land_has_a_staging_model(source: str) -> None:
    declared = set(re.findall(r"- name: (\w+)\n +identifier: raw_", _sources(source)))
    assert declared == TABLES[source]
    assert set(read_by(source)) == declared


@pytest.mark.parametrize("source", TABLES)
def test_every_staging_model_is_described_and_named_after_its_source(source: str) -> None:
    models = {m.stem for m in (STAGING / source).glob("*.sql")}
    text = "".join(read_text(f) for f in (STAGING / source).glob("_*__models.yml"))
    described = re.findall(r"- name: (stg_\w+)\n +description:", text)
    assert sorted(models) == sorted(described)
    assert {m for m in models if not m.startswith(f"stg_{source}__")} == set()


def test_only_tables_that_land_by_default_are_read_unasked() -> None:
    def is_optional(spec: TableSpec) -> bool:
        (model,) = read_by("stripe")[spec.name]
        text = read_text(STAGING / "stripe" / f"{model}.sql")
        return text.startswith(
            "{{ config(enabled='" + spec.name + "' in var('stripe_optional_tables')) }}"
        )

    optional = [spec for spec in ALL_TABLES if spec not in DEFAULT_TABLES]
    assert [spec.name for spec in optional if not is_optional(spec)] == []


def _sources(source: str) -> str:
    return read_text(STAGING / source / f"_{source}__sources.yml")


@pytest.mark.parametrize(
    ("engine", "types"),
    [
        ("duckdb", {"varchar", "integer", "boolean", "date", "decimal(18, 8)"}),
        ("postgres", {"varchar", "integer", "boolean", "date", "decimal(18, 8)"}),
        ("snowflake", {"varchar", "integer", "boolean", "date", "decimal(18, 8)"}),
        ("redshift", {"varchar", "integer", "boolean", "date", "decimal(18, 8)"}),
        ("databricks", {"string", "integer", "boolean", "date", "decimal(18, 8)"}),
        ("bigquery", {"string", "integer", "boolean", "date", "numeric"}),
    ],
)
def test_seeds_have_types_that_the_engine_has(engine: str, types: set[str]) -> None:
    project = yaml.safe_load(read_text(ROOT / "transform" / "dbt_project.yml"))
    seeds = {k: v for k, v in project["seeds"]["buck"].items() if not k.startswith("+")}
    written = [kind for seed in seeds.values() for kind in seed["+column_types"].values()]
    render = jinja2.Environment(autoescape=True).from_string
    assert {render(kind).render(target={"type": engine}) for kind in written} == types
