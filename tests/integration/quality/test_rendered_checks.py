"""SodaCL rendered as SQL: the verdicts are soda-core's, check by check."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from buck.engine import connect
from buck.names import TableRef
from buck.quality import DIALECTS, list_check_files, read_rules, render, run_checks

PROJECT_CHECKS = Path(__file__).parents[3] / "transform" / "checks"
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
DAMAGES = {
    "untouched": "",
    "empty": "delete from {table}",
    "nulls": "update {table} set {first} = null",
    "doubled": "insert into {table} from {table}",
}


def rendered_verdicts(con, checks_dir, *, as_of=AS_OF, tables=None):
    """Outcome by schema, table and name, as the SQL gives it."""
    verdicts = {}
    for path in list_check_files(checks_dir):
        for rule in read_rules(path):
            if tables is not None and rule.table.name not in tables:
                continue
            sql = render(rule, DIALECTS["duckdb"], as_of=as_of, qualify=lambda ref: ref.sql).sql
            key = (rule.table.schema, rule.table.name, rule.name)
            verdicts[key] = con.execute(sql).fetchone()[1]
    return verdicts


def soda_verdicts(con, checks_dir, *, as_of=AS_OF, tables=None):
    """The same from soda-core."""
    results = run_checks(con, checks_dir, as_of=as_of, tables=tables)
    return {(r.check.schema, r.check.table, r.check.name): r.outcome for r in results}


@pytest.fixture(scope="module")
def build(published, tmp_path_factory):
    """The reference project's candidates, with every view as a table that may be spoiled."""
    copy = published.copy(tmp_path_factory.mktemp("rendered") / "project")
    con = connect(copy.work / "build.duckdb", work=copy.work)
    views = con.execute("select schema_name, view_name from duckdb_views() where not internal")
    for schema, view in views.fetchall():
        con.execute(f"create table {schema}._held as from {schema}.{view}")
        con.execute(f"drop view {schema}.{view}")
        con.execute(f"alter table {schema}._held rename to {view}")
    yield con
    con.close()


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_check_of_the_project_has_the_same_verdict_as_sql(build, damage):
    tables = sorted({TableRef(p.parent.name, p.stem) for p in list_check_files(PROJECT_CHECKS)})
    kept = []
    for table in tables if DAMAGES[damage] else ():
        build.execute(f"create table {table.schema}._kept_{table.name} as from {table.sql}")
        kept.append(table)
        first = build.execute(f"describe {table.sql}").fetchall()[0][0]
        build.execute(DAMAGES[damage].format(table=table.sql, first=first))
    try:
        as_sql = rendered_verdicts(build, PROJECT_CHECKS)
        by_soda = soda_verdicts(build, PROJECT_CHECKS)
    finally:
        for table in kept:
            build.execute(f"drop table {table.sql}")
            build.execute(f"alter table {table.schema}._kept_{table.name} rename to {table.name}")
    assert as_sql == by_soda
    assert len(as_sql) > 50
    assert ("failed" in as_sql.values()) is bool(DAMAGES[damage])


def test_names_of_tables_follow_the_target():
    rule = next(
        r
        for r in read_rules(PROJECT_CHECKS / "finance" / "fct_payments.yml")
        if r.name == "Collected money ties to the balance"
    )
    places = {
        TableRef("finance", "fct_payments"): '"wh"."marts_finance"."fct_payments"',
        TableRef("staging", "stg_stripe__balance_transactions"): '"wh"."stg"."movements"',
    }
    rendered = render(rule, DIALECTS["snowflake"], as_of=AS_OF, qualify=places.get)
    assert 'from "wh"."marts_finance"."fct_payments" as fct_payments' in rendered.sql
    assert 'from "wh"."stg"."movements" as stg_stripe__balance_transactions' in rendered.sql
    assert "full outer join booked using" in rendered.sql
    assert set(places) < set(rendered.tables)
