"""The project on a BigQuery emulator: built by dbt-bigquery, every mart compared with DuckDB.

`just soak-bigquery` builds all of it; the run of every day builds a part that takes a minute.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.integration.warehouses import bigquery_client
from tests.integration.warehouses.bigquery_emulator import (
    DBT,
    CannotInstall,
    Emulator,
    environment,
    run_emulator,
)
from tests.scratch import Scratch

IS_WHOLE = "SOAK_BIGQUERY" in os.environ
PART = ("fct_mrr_movements", "fct_opportunities", "fct_payouts", "dim_products", "dim_date")
SELECTION = () if IS_WHOLE else ("--select", *(f"+{name}" for name in PART))
TYPES = {"BIGINT": "INT64", "BOOLEAN": "BOOL", "DATE": "DATE", "DOUBLE": "FLOAT64"}
RAW = "select table_name from information_schema.tables where table_schema = 'raw' order by all"

WORKAROUNDS = {
    # It turns array_agg(… ignore nulls order by … limit 1) into SQL that cannot be read.
    "choosing.sql": {
        "array_agg({{ value }} ignore nulls order by {{ order_by }} limit 1)[safe_offset(0)]": (
            "min_by({{ value }}, case when {{ value }} is not null then {{ order_by }} end)"
        )
    },
    # It hands `isoweek` on to DuckDB, and a month that begins is a DATETIME there, not a DATE.
    "dates.sql": {
        "date_trunc({{ day }}, {{ 'isoweek' if part == 'week' else part }})": (
            "cast(date_trunc({{ day }}, {{ 'week(monday)' if part == 'week' else part }}) as date)"
        ),
        "extract(isoweek from {{ day }})": "cast(format_date('%V', {{ day }}) as int64)",
    },
}
"""What the emulator cannot run, although BigQuery's documentation has it, by file of macros."""

NO_COLUMN_LIST = """\
{#- It knows no `create table t (columns) as select`; dbt still compares contract and columns. -#}
{% macro get_table_columns_and_constraints() -%}
    {%- if target.type != 'bigquery' -%}
        {{ return(dbt.default__get_table_columns_and_constraints()) }}
    {%- endif -%}
{%- endmacro %}
"""


@dataclass(frozen=True)
class Built:
    """Both sides of the comparison."""

    project: Scratch
    emulator: Emulator
    home: dict[str, str]
    loaded: dict[str, int]
    tables: dict[str, Any]

    def ask(self, work: str, asked: object) -> Any:
        return ask(self.emulator, self.home, work, asked)


@pytest.fixture(scope="module")
def emulated(pytestconfig: pytest.Config) -> Iterator[tuple[Emulator, dict[str, str]]]:
    folder = pytestconfig.cache.mkdir("bigquery-build")
    try:
        with run_emulator(folder, DBT) as emulator:
            yield emulator, environment(folder)
    except CannotInstall as exc:
        pytest.skip(f"the BigQuery emulator cannot be installed: {exc}")


@pytest.fixture(scope="module")
def built(
    published: Scratch,
    emulated: tuple[Emulator, dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Built:
    emulator, home = emulated
    folder = tmp_path_factory.mktemp("bigquery")
    project = published.copy(folder / "project")
    for name, edits in WORKAROUNDS.items():
        for old, new in edits.items():
            project.edit(f"transform/macros/portable/{name}", old, new)
    (project.root / "transform/macros/emulator.sql").write_text(NO_COLUMN_LIST)
    tables = export(project.work / "build.duckdb", folder)
    loaded = ask(emulator, home, "load", tables)
    done = subprocess.run(
        [str(emulator.programs / "dbt"), *dbt_arguments(project, folder)],
        env=home | access(emulator),
        cwd=project.root / "transform",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6_000:]
    return Built(project, emulator, home, loaded, tables)


def dbt_arguments(project: Scratch, folder: Path) -> list[str]:
    as_of = project.sandbox_variables()["BUCK_AS_OF"]
    kinds = [f"resource_type:{kind}" for kind in ("unit_test", "test", "exposure")]
    words = ["build", "--target", "bigquery", *SELECTION, "--exclude", *kinds]
    words += ["--vars", json.dumps({"as_of": as_of}), "--profiles-dir", "."]
    return [*words, "--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]


def access(emulator: Emulator) -> dict[str, str]:
    return {
        "BUCK_BIGQUERY_ENDPOINT": emulator.endpoint,
        "BUCK_BIGQUERY_METHOD": "oauth-secrets",
        "BUCK_BIGQUERY_PROJECT": "buck",
        "BUCK_BIGQUERY_LOCATION": "US",
        "BUCK_WAREHOUSE_THREADS": "2",
        "DBT_ENV_SECRET_BIGQUERY_TOKEN": "none",
    }


def ask(emulator: Emulator, home: dict[str, str], work: str, asked: object) -> Any:
    program = [str(emulator.programs / "python"), bigquery_client.__file__, emulator.endpoint, work]
    done = subprocess.run(
        program, input=json.dumps(asked), env=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout)


def export(database: Path, folder: Path) -> dict[str, Any]:
    """Every raw table as a Parquet file, and its columns in BigQuery's types."""
    found = {}
    with duckdb.connect(database, read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        for (name,) in con.execute(RAW).fetchall():
            file = folder / f"{name}.parquet"
            con.execute(f"copy (from raw.{name}) to '{file}' (format parquet)")
            columns = {c[0]: kind(c[1]) for c in con.execute(f"describe raw.{name}").fetchall()}
            found[name] = {"file": str(file), "columns": columns}
    return found


def kind(of_duckdb: str) -> str:
    if of_duckdb.startswith("DECIMAL"):
        return "NUMERIC"
    return "TIMESTAMP" if of_duckdb.startswith("TIMESTAMP") else TYPES.get(of_duckdb, "STRING")


def test_raw_tables_arrive_whole(built: Built) -> None:
    with duckdb.connect(built.project.work / "build.duckdb", read_only=True) as con:
        here = {
            name: con.execute(f"select count(*) from raw.{name}").fetchall()[0][0]
            for name in built.tables
        }
    assert built.loaded == here
    assert sum(here.values()) > 5_000


def test_every_mart_is_the_same_row_by_row(built: Built) -> None:
    marts = [m for m in built.project.content() if IS_WHOLE or m.partition(".")[2] in PART]
    here, queries = {}, {}
    columns: dict[str, list[str]] = {}
    with duckdb.connect(built.project.marts, read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        for mart in marts:
            columns[mart] = [c[0] for c in con.execute(f"describe {mart}").fetchall()]
            queries[mart] = f"select {', '.join(columns[mart])} from {mart}"
            rows = con.execute(queries[mart]).fetchall()
            here[mart] = [[bigquery_client.canonical(v) for v in row] for row in rows]
    there = built.ask("read", queries)

    differing: dict[str, set[str]] = {}
    for mart, names in columns.items():
        for place, name in enumerate(names):
            if Counter(r[place] for r in here[mart]) != Counter(r[place] for r in there[mart]):
                differing.setdefault(mart, set()).add(name)
        ours, theirs = (Counter(map(tuple, side[mart])) for side in (here, there))
        if ours != theirs:
            differing.setdefault(mart, set()).add("rows")
    assert differing == {}
    assert len(marts) == (len(built.project.content()) if IS_WHOLE else len(PART))
    assert sum(map(len, here.values())) > (9_000 if IS_WHOLE else 3_000)


def test_the_emulator_still_takes_the_name_of_a_job_twice(built: Built) -> None:
    """BigQuery refuses it, so a load cannot happen twice there; nothing here can show that."""
    again = built.ask("load", {"raw_app_users": built.tables["raw_app_users"]})
    assert again["raw_app_users"] == 2 * built.loaded["raw_app_users"]
