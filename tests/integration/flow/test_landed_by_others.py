"""Raw tables that Fivetran or Airbyte land feed the same models."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable, write_deltalake

LANDED = """  stripe:
    connector: {tool}
    schema: raw_stripe
    options:
      address: ./drop
"""


def use_tool(project: Any, tool: str, more: str = "") -> Path:
    """Let another tool land Stripe: nothing of it is left in the lake."""
    text = (project.root / ".buck.yml").read_text()
    begin, end = text.index("  stripe:\n"), text.index("  salesforce:\n")
    (project.root / ".buck.yml").write_text(
        text[:begin] + LANDED.format(tool=tool) + more + "\n" + text[end:]
    )
    drop = project.root / "drop"
    drop.mkdir()
    return Path(drop)


def raw_stripe(project: Any, name: str) -> str:
    files = [str(f) for f in DeltaTable(project.lake / "raw" / "stripe" / name).file_uris()]
    return f"read_parquet({files!r}, union_by_name = true)"


def names(project: Any) -> list[str]:
    return sorted(f.name for f in (project.lake / "raw" / "stripe").iterdir())


def test_airbyte_s_files_give_the_same_revenue(
    published: Any, copy_of: Callable[[Any], Any]
) -> None:
    project = copy_of(published)
    drop = use_tool(project, "airbyte")
    with duckdb.connect() as con:
        for name in names(published):
            (drop / name).mkdir()
            # One row a version, milliseconds as Airbyte writes them, in two files; nothing is
            # extracted before it exists.
            con.execute(
                f"create or replace table t as select * exclude (_buck_load_id, _buck_observed_at, "
                f"_buck_op, _buck_source_ts, _buck_seq, _buck_row_hash), "
                f"cast(1772064000000 + row_number() over (order by _buck_seq) as bigint) "
                f"as _airbyte_extracted_at, uuid() as _airbyte_raw_id, "
                f"case when _buck_op = 'd' then now() end as _ab_cdc_deleted_at "
                f"from {raw_stripe(published, name)}"
            )
            for part in (0, 1):
                con.execute(
                    f"copy (from t where _airbyte_extracted_at % 2 = {part}) "
                    f"to '{drop / name / str(part)}.parquet'"
                )
    shutil.rmtree(project.lake / "raw" / "stripe")
    project.connect(published.work / "sandbox")
    done = project.buck("run", "--json").expect(0).json
    assert "stripe" not in {load["source"] for load in done["loads"]}
    mine, theirs = project.facts(), published.facts()
    assert mine["finance.fct_payments"][0] == theirs["finance.fct_payments"][0]
    revenue = "select * from finance.agg_monthly_revenue order by all"
    assert project.rows(revenue) == published.rows(revenue)
    assert project.buck("run", "--json").expect(0).json["status"] == "unchanged"


def test_fivetran_s_delta_tables_are_mapped(published: Any, copy_of: Callable[[Any], Any]) -> None:
    project = copy_of(published)
    drop = use_tool(
        project,
        "fivetran",
        "      tables:\n"
        "        charges:\n"
        "          from: charge\n"
        "          columns:\n"
        '            created: "cast(epoch(created) as bigint)"\n',
    )
    with duckdb.connect() as con:
        rows = con.execute(
            "select id, amount, currency, to_timestamp(created) as created, "
            "_buck_observed_at as _fivetran_synced, "
            "id = min(id) over () as _fivetran_deleted "
            f"from {raw_stripe(published, 'charges')} "
            "qualify row_number() over (partition by id order by _buck_seq desc) = 1"
        ).to_arrow_table()
    write_deltalake(drop / "charge", rows)
    sql = (
        "select count(*) as n, count(*) filter (_buck_op = 'd') as gone, "
        "count(created) as created, count(payment_intent) as intents, "
        "bool_and(_buck_seq > 0) as ordered from raw.raw_stripe_charges"
    )
    (found,) = project.buck("query", "--raw", sql, "--json").expect(0).json
    assert found == {
        "n": rows.num_rows,
        "gone": 1,
        "created": rows.num_rows,
        "intents": 0,
        "ordered": True,
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("      tables: [charges]\n", "options.tables is not a mapping"),
        ("      tables:\n        charges:\n          form: charge\n", "takes from and columns"),
        ("      api_key: x\n", "options.api_key means nothing for connector: fivetran"),
    ],
)
def test_options_that_mean_nothing_are_refused(project: Any, more: str, said: str) -> None:
    use_tool(project, "fivetran", more)
    assert said in project.buck("query", "--raw", "select 1").expect(2).err


def test_a_table_of_somebody_else_is_named(project: Any) -> None:
    drop = use_tool(project, "fivetran")
    (drop / "charges").mkdir()
    with duckdb.connect() as con:
        con.execute(f"copy (select 1 as id) to '{drop}/charges/a.parquet'")
    done = project.buck("query", "--raw", "select 1").expect(1)
    assert "has no column _fivetran_synced" in done.err
