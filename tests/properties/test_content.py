"""The hash of a table is that of its parts, however it is cut and in whatever order it lies."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from buck.engine import connect
from buck.lake import read_content
from buck.records.layout import Layout

ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(0, 800).map(lambda n: date(2024, 1, 1) + timedelta(days=n)),
        st.none() | st.text("ab'č", max_size=2),
    ),
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(["day", "month", "year"]), st.sampled_from(["date", "timestamptz"]))
def test_a_table_read_by_parts_has_the_hash_of_the_whole(tmp_path_factory, rows, unit, type_):
    with connect(work=tmp_path_factory.getbasetemp()) as con:
        con.execute(f"create table made (moment {type_}, name varchar)")
        for row in rows:
            con.execute("insert into made values (?, ?)", row)
        con.execute("create table turned as from made order by name, moment desc")
        whole = read_content(con, "made")
        cut = read_content(con, "turned", Layout("moment", unit, min_rows=0))
    assert (cut.rows, cut.hash, cut.columns) == (whole.rows, whole.hash, whole.columns)
    length = {"day": 10, "month": 7, "year": 4}[unit]
    stretches = [part.first[:length] if part.first else None for part in cut.parts]
    assert stretches[-1:] == [None] or None not in stretches
    assert set(stretches) == {str(at)[:length] if at else None for at, _ in rows}
    assert len(stretches) == len(set(stretches))
