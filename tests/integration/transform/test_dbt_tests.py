"""Every kind of dbt test turns red on bad data, and red closes the gate."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from buck.engine import connect
from buck.errors import GateClosed
from buck.names import TableRef
from buck.quality import approve, report, run_checks
from buck.transform import attach_failing_rows, build

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)

MORE_TESTS = """
models:
  - name: stg_payments
    columns:
      - name: payment_id
        data_tests:
          - relationships: {arguments: {to: ref('fct_payments'), field: amount}}
      - name: email
        data_tests:
          - accepted_values: {arguments: {values: [ann@shop.example]}}
"""


def test_every_kind_of_dbt_test_turns_red_and_shows_the_rows(workspace, project, tmp_path):
    (project / "models/staging/stg_payments.yml").write_text(MORE_TESTS)
    staging = project / "models/staging/stg_payments.sql"
    staging.write_text(staging.read_text().replace("(1, 'ann", "(null, 'ann").replace("3000", "-3"))
    (project / "tests/broken.sql").write_text(
        "select no_such_column from {{ ref('fct_payments') }}"
    )
    assert build(workspace, command="run").success
    macro = project / "macros/schema.sql"
    macro.write_text(macro.read_text().replace("/ 100", "/ 10"))
    result = build(workspace, command="test")

    outcomes = {}
    for node in result.tests:
        kind = next(
            k
            for k in ("unique", "not_null", "accepted", "relation", "negative", "broken", "cents")
            if k in node.name
        )
        if node.column != "email" or kind != "unique":
            outcomes[kind] = (node.status, node.dimension)
    assert outcomes == {
        "unique": ("failed", "uniqueness"),
        "not_null": ("failed", "completeness"),
        "accepted": ("failed", "validity"),
        "relation": ("failed", "consistency"),
        "negative": ("failed", "accuracy"),
        "broken": ("errored", "accuracy"),
        "cents": ("failed", "accuracy"),
    }
    unit = next(n for n in result.tests if n.kind == "unit_test")
    assert "25" in unit.message
    assert "\x1b" not in unit.message

    con = connect(tmp_path / "build.duckdb", work=tmp_path / "work")
    try:
        seen = attach_failing_rows(result, con, personal={"email"})
        checks = tmp_path / "checks" / "finance"
        checks.mkdir(parents=True)
        (checks / "fct_payments.yml").write_text(
            "checks for fct_payments:\n  - min(amount) >= 0\n  - row_count = 3\n"
        )
        soda = run_checks(con, tmp_path / "checks", as_of=AS_OF)
    finally:
        con.close()
    rows = {n.name: n.failing_rows for n in seen.tests}
    assert len(rows["nothing_negative"]) == 1
    assert len(rows["not_null_fct_payments_payment_id"]) == 1
    named = next(r for name, r in rows.items() if "accepted" in name)
    assert named.columns == ("value_field", "n_records")
    assert {row[0] for row in named.rows} == {"•••"}

    everything = report(
        seen, soda, as_of=AS_OF, tables=[TableRef("finance", "fct_payments"), TableRef("x", "y")]
    )
    assert everything.unchecked == ("x.y",)
    assert {r.check.engine for r in everything.blocking} == {"dbt", "soda"}
    assert len(everything.blocking) == 8
    with pytest.raises(GateClosed, match="8 of 10 checks block publishing"):
        approve(everything)
