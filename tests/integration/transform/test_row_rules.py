"""Rules of rows, asked in one scan: the answer is that of a query per rule."""

from __future__ import annotations

from pathlib import Path

from buck.engine import connect
from buck.transform import attach_failing_rows, build

OURS = Path(__file__).parents[3] / "transform/tests/generic/row_rules.sql"
ONE_BY_ONE = """
{% test one_by_one(model, rules) %}
{%- for name, expression in rules.items() %}
select '{{ name }}' as broken_rule, tested.*
from {{ model }} as tested
where not coalesce({{ expression }}, false)
{%- if not loop.last %} union all {% endif %}
{%- endfor %}
{% endtest %}
"""
RULES = """
            rules:
              is_known: email is not null
              is_positive: amount > 0
              is_no_fraction: tested.amount = floor(amount)
              is_dated: as_of is not null
"""
TESTED = f"""
models:
  - name: fct_payments
    data_tests:
      - row_rules:
          name: ours
          arguments: {RULES}
      - one_by_one:
          name: plain
          arguments: {RULES}
      - row_rules:
          name: of_some
          config: {{ where: "payment_id < 3" }}
          arguments: {{ rules: {{ is_positive: amount > 0 }} }}
      - row_rules:
          name: of_none
          arguments: {{ rules: {{ is_a_row: payment_id is not null }} }}
"""


def test_one_scan_finds_what_a_query_per_rule_finds(workspace, project, tmp_path) -> None:
    generic = project / "tests" / "generic"
    generic.mkdir()
    (generic / "row_rules.sql").write_text(OURS.read_text())
    (generic / "one_by_one.sql").write_text(ONE_BY_ONE)
    (project / "models/marts/finance/rules.yml").write_text(TESTED)
    (project / "models/marts/finance/fct_payments.yml").unlink()
    staging = project / "models/staging/stg_payments.sql"
    rows = "(1, null, -150), (2, 'b', -250), (3, 'c', 300), (4, 'd', null), (5, null, 100)"
    staging.write_text(f"select * from (values {rows}) as t(payment_id, email, minor)")
    assert build(workspace, command="run").success
    tested = build(workspace, command="test", select=["fct_payments"])
    con = connect(tmp_path / "build.duckdb", work=tmp_path / "work")
    explained = attach_failing_rows(tested, con)
    con.close()

    found = {n.name: (n.status, n.failures) for n in explained.tests if "negative" not in n.name}
    assert found == {
        "ours": ("failed", 8),
        "plain": ("failed", 8),
        "of_some": ("failed", 2),
        "of_none": ("passed", 0),
    }
    ours, plain = explained.node("ours"), explained.node("plain")
    assert ours is not None
    assert plain is not None
    assert ours.failing_rows.columns == plain.failing_rows.columns
    assert sorted(map(str, ours.failing_rows.rows)) == sorted(map(str, plain.failing_rows.rows))
    assert {row[0] for row in ours.failing_rows.rows} == {
        "is_known",
        "is_positive",
        "is_no_fraction",
    }
