"""What the portable macros become on engines that cannot run here, read by their parsers."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from buck.portability import check_portability, compile_models
from tests.unit.portability.macro_cases import GOLDEN, SHOWN, compiled, project
from tests.unit.portability.planted import node, plant


@pytest.mark.parametrize("engine", SHOWN)
def test_macros_compile_to_what_was_last_looked_at(engine: str) -> None:
    golden = (GOLDEN / f"{engine}.sql").read_text()
    assert compiled(engine) + "\n" == golden, "python -m tests.unit.portability.macro_cases"


def test_every_engine_can_read_every_macro() -> None:
    assert check_portability(project()).findings == ()


def test_no_cast_takes_digits_on_bigquery() -> None:
    """It refuses them: `Parameterized types are not allowed in CAST expressions`."""
    tree = sqlglot.parse_one(compiled("bigquery"), dialect="bigquery")
    casts = [cast.to for cast in tree.find_all(exp.Cast)]
    assert len(casts) > 50
    assert [kind.sql() for kind in casts if kind.expressions] == []


@pytest.mark.parametrize(
    ("engine", "types"),
    {
        "bigquery": "string timestamp bignumeric numeric bigint",
        "redshift": "varchar(65535) timestamp with time zone decimal(38, 3) decimal(18, 8) bigint",
        "databricks": "string timestamp decimal(38, 3) decimal(18, 8) bigint",
    }.items(),
)
def test_contracts_are_spelled_as_the_engine_does(engine: str, types: str) -> None:
    """By the macro that dbt calls before it compares a model with its contract."""
    written = ["text", "timestamp with time zone", "decimal(38, 3)", "decimal(18, 8)", "bigint"]
    model = node("model", "{% do spell_contract() %}select '{{ spelled() }}' as types")
    model["columns"] = {str(n): {"name": str(n), "data_type": t} for n, t in enumerate(written)}
    project = plant(model=model)
    project.manifest["macros"]["macro.shop.spelled"] = {
        "name": "spelled",
        "package_name": "shop",
        "macro_sql": "{% macro spelled() %}{{ model['columns'].values()"
        " | map(attribute='data_type') | join(' ') }}{% endmacro %}",
        "original_file_path": "macros/spelled.sql",
    }
    assert compile_models(project, engine)["model"] == f"select '{types}' as types"


def test_a_test_of_a_model_that_is_left_out_is_left_out_too() -> None:
    project = plant(kept="select 1 as one", about_gone="select * from {{ ref('gone') }}")
    project.manifest["disabled"]["model.shop.gone"] = []
    assert compile_models(project, "duckdb") == {"kept": "select 1 as one"}
