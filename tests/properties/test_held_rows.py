"""Whatever rows a check holds and a person decides: candidates are what is published and held."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from buck.engine import connect
from buck.lake import read_content
from buck.lake.quarantine import held_table
from buck.lake.row_quarantine import (
    as_record,
    failing_rows,
    held_versions,
    quarantine_of,
    rows_out,
    take_out,
)
from buck.names import TableRef
from buck.records.quarantine import HeldStatus
from tests.integration.lake.conftest import AS_OF, Bench

MART = TableRef("finance", "t")
KEY = ("id", "day")

NAMES = st.one_of(st.none(), st.text(alphabet="až'\"\\$. \n{", max_size=4))
ROWS = st.lists(
    st.tuples(
        NAMES,
        st.one_of(st.none(), st.sampled_from([date(2026, 1, 1), date(2026, 1, 2)])),
        st.decimals("-5.000", "5.000", places=3),
        st.integers(0, 2_000_000_000_000_000).map(
            lambda us: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
        ),
    ),
    max_size=8,
)


def fill(con: Any, rows: Any) -> None:
    con.execute("create schema if not exists finance")
    con.execute(
        "create or replace table finance.t "
        "(id varchar, day date, amount decimal(38, 3), seen_at timestamptz)"
    )
    if rows:
        con.executemany("insert into finance.t values (?, ?, ?, ?)", rows)


def content(con: Any) -> Counter[Any]:
    return Counter(
        con.execute("select * exclude (seen_at), epoch_us(seen_at) from finance.t").fetchall()
    )


def hold(bench: Bench, con: Any, number: int) -> int:
    """Hold the negative amounts; the quarantine's version afterwards."""
    sql = "select day, id from finance.t where amount < 0"
    found = failing_rows(con, MART, KEY, sql)
    records = [
        as_record(MART, k, raw, check="c", reason="negative", run_id="r", at=AS_OF)
        for k, raw in dict.fromkeys(found)
    ]
    scratch = bench.folder / f"scratch-{number}"
    scratch.mkdir(parents=True)
    if records:
        pq.write_table(held_table(records), scratch / "rows.parquet")
        bench.lake.quarantine.hold(
            quarantine_of(MART),
            [scratch / "rows.parquet"],
            load_id=f"held-{number}",
            scratch=scratch,
            facts={},
        )
    return held_versions(bench.lake).get(str(MART), -1)


def publish(bench: Bench, rows: Any, version: int) -> tuple[Counter[Any], str, Any]:
    """What is left of the candidates by one version of the quarantine."""
    con = connect(work=bench.work)
    fill(con, rows)
    out = rows_out(bench.lake, MART, version) if version >= 0 else []
    taken = take_out(con, MART, KEY, out)
    left, digest = content(con), read_content(con, MART.sql).hash
    con.close()
    return left, digest, taken


@settings(max_examples=12, deadline=None)
@given(rows=ROWS, later=ROWS, decisions=st.lists(st.sampled_from(["released", "dropped"])))
def test_input_is_what_is_published_and_what_is_held(rows: Any, later: Any, decisions: Any) -> None:
    folder = Path(tempfile.mkdtemp(prefix="held-"))
    try:
        play(Bench(folder, "delta"), rows, later, decisions)
    finally:
        shutil.rmtree(folder)


def play(bench: Bench, rows: Any, later: Any, decisions: Any) -> None:
    con = connect(work=bench.work)
    fill(con, rows)
    everything = content(con)
    first = hold(bench, con, 1)
    assert hold(bench, con, 2) == first, "the same rows are not held twice"
    negative = {(row[0], row[1]) for row in rows if Decimal(row[2]) < 0}
    held_keys = Counter({r: n for r, n in everything.items() if (r[0], r[1]) in negative})
    left, digest, taken = publish(bench, rows, first)
    assert left == everything - held_keys, "all rows of a failing key are out, and no others"
    assert taken.rows_before == taken.rows_left + taken.rows_held == len(rows)
    assert taken.rows_held == sum(held_keys.values())

    decided: dict[str, str] = {}
    pending = bench.held(source="marts") if first >= 0 else []
    for record, decision in zip(pending, decisions, strict=False):
        decided[record.id] = decision
        bench.lake.quarantine.decide(
            [record],
            status=HeldStatus(decision),
            decision="test",
            at=AS_OF,
            load_id=f"decided-{record.id}",
            scratch=bench.folder / "scratch-d",
        )
    after = held_versions(bench.lake).get(str(MART), -1)
    released = {r.raw for r in pending if decided.get(r.id) == "released"}
    still = {r.raw for r in pending} - released
    left_after, _, taken = publish(bench, rows, after)
    assert left_after - left == sum_of(con, released), "released rows come back, no others"
    assert left <= left_after
    assert taken.rows_held == sum(sum_of(con, still).values())

    _, again, _ = publish(bench, rows, first)
    assert again == digest, "the quarantine as it stood then takes out the same rows again"
    fill(con, [*rows, *later])
    _, _, taken = publish(bench, [*rows, *later], hold(bench, con, 3))
    assert taken.rows_before == taken.rows_left + taken.rows_held == len(rows) + len(later)
    con.close()


def sum_of(con: Any, raw: set[bytes]) -> Counter[Any]:
    """The candidates with this content."""
    con.execute("create or replace temp table wanted (raw varchar)")
    if raw:
        con.executemany("insert into wanted values (?)", [[r.decode()] for r in sorted(raw)])
    sql = (
        "select * exclude (seen_at), epoch_us(seen_at) from finance.t as t "
        "where cast(to_json(t) as varchar) in (select raw from wanted)"
    )
    return Counter(con.execute(sql).fetchall())
