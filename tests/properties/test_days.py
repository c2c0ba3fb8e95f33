"""The day of an instant on DuckDB is what its calendar says, in every zone, from 1 to 9999."""

from __future__ import annotations

import duckdb
from hypothesis import example, given
from hypothesis import strategies as st

from buck.portability import compile_models
from tests.unit.portability.planted import plant

DAY = compile_models(plant(day="select {{ utc_date('moment') }}"), "duckdb")["day"]
YEAR_1, YEAR_9999 = -62_135_596_800_000_000, 253_402_300_799_999_999


@given(
    micros=st.integers(YEAR_1, YEAR_9999),
    zone=st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York", "Pacific/Kiritimati"]),
)
@example(micros=-1, zone="UTC")
@example(micros=0, zone="America/New_York")
def test_the_day_of_an_instant(micros: int, zone: str) -> None:
    with duckdb.connect() as con:
        con.execute(f"set TimeZone = '{zone}'")
        con.execute(
            "create table moments as select make_timestamptz($1::bigint) as moment", [micros]
        )
        con.execute("insert into moments values (null), ('infinity'), ('-infinity')")
        shown = con.execute(f"select ({DAY})::varchar from moments").fetchall()
        said = con.execute(
            "select cast(moment at time zone 'UTC' as date)::varchar from moments"
        ).fetchall()
    assert shown == said
    assert [row[0] for row in shown[1:]] == [None, "infinity", "-infinity"]
