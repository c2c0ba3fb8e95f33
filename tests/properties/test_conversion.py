"""Amounts in another currency are exact to the last digit on DuckDB, small ones and large ones."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import duckdb
from hypothesis import example, given
from hypothesis import strategies as st

from buck.portability import compile_models
from tests.unit.portability.planted import plant

CONVERTED = compile_models(plant(one="select {{ convert_money('amount', 'rate') }}"), "duckdb")[
    "one"
]
AMOUNTS = st.decimals(-(10**9), 10**9, places=3) | st.decimals(-1000, 1000, places=3)
RATES = st.decimals(Decimal("0.00000001"), 200, places=8) | st.just(Decimal(1))


@given(rows=st.lists(st.tuples(AMOUNTS, RATES), min_size=1, max_size=40))
@example(rows=[(Decimal("99999.000"), Decimal("99.00000000"))])
@example(rows=[(Decimal("-99999.001"), Decimal("99.00000001")), (Decimal("0.001"), Decimal("0.5"))])
@example(rows=[(Decimal("99999.999"), Decimal("98.99999999"))])
def test_a_conversion_is_exact(rows: list[tuple[Decimal, Decimal]]) -> None:
    with duckdb.connect() as con:
        con.execute("create table amounts (place int, amount decimal(18, 3), rate decimal(18, 8))")
        con.executemany(
            "insert into amounts values (?, ?, ?)", [(n, *row) for n, row in enumerate(rows)]
        )
        con.execute("insert into amounts values (9998, null, 1), (9999, 1, null)")
        shown = con.execute(f"{CONVERTED} from amounts order by place").fetchall()
    expected = [
        (amount * rate).quantize(Decimal("0.001"), rounding=ROUND_HALF_UP) for amount, rate in rows
    ]
    assert [row[0] for row in shown] == [*expected, None, None]
