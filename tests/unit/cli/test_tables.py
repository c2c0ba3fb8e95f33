"""Tables on terminals of any width: no number, id or name is ever cut."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from buck.cli.diff import _row
from buck.cli.table import draw, text_of
from buck.records.comparison import RowDifference
from tests.terminal import on_terminal

REVENUE = [
    ("eur", 7010310, 393415, 6616895, 6512345, 7010310, 6616895, 371),
    ("gbp", 1234567, 0, 1234567, None, 1437219, 1437219, 58),
]
TITLES = [
    "currency",
    "gross_amount_minor",
    "refunds_minor",
    "net_amount_minor",
    "net_cash_minor",
    "gross_amount_reporting",
    "net_amount_reporting",
    "payment_count",
]
SCRIPT = """
from buck.cli.render import mark, show_table
show_table(*{arguments!r}, **{options!r})
"""


def drawn(columns: list[str], rows: list[Any], width: int, **options: Any) -> list[str]:
    """The lines that a terminal of so many columns is sent."""
    kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
    script = SCRIPT.format(arguments=(columns, rows), options=options)
    sent, code = on_terminal([sys.executable, "-c", script], env=kept, width=width)
    assert code == 0, sent
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", sent).replace("\r", "").splitlines()


@pytest.mark.parametrize("width", [80, 140])
def test_no_figure_is_cut_on_a_terminal(width: int) -> None:
    shown = " ".join(drawn(TITLES, REVENUE, width)).split()
    wanted = [str(value) for row in REVENUE for value in row if value is not None]
    assert Counter(wanted) <= Counter(shown)
    assert set(TITLES) <= set(shown)


def test_records_stand_below_each_other_where_columns_have_no_room() -> None:
    lines = drawn(TITLES, REVENUE, 80, null="NULL")
    assert lines[0].split() == ["currency", "eur"]
    assert lines[2].split() == ["refunds_minor", "393415"]
    assert lines[8] == ""
    assert lines[13].split() == ["net_cash_minor", "NULL"]
    assert max(map(len, lines)) <= 80


def test_a_difference_tells_a_time_without_a_fraction_that_is_none() -> None:
    sample = RowDifference(
        "changed",
        {"id": 7},
        {"at": "2026-02-01T10:00:00.000000Z"},
        {"at": "2026-02-01T10:00:00.120000Z"},
    )
    assert _row(sample) == "id 7: at 2026-02-01T10:00:00Z → 2026-02-01T10:00:00.120000Z"


def test_a_mark_stands_before_the_name_of_its_record() -> None:
    lines = drawn(["", "run", "why"], [["✓", "r" * 40, "w" * 40]], 80)
    assert lines == [f"run  ✓ {'r' * 40}", f"why  {'w' * 40}"]


def test_prose_gives_way_first() -> None:
    prose = "the source says nothing about it and nobody knows when it will be there again"
    ids = ["20261128T150811-38418a5789244", "ch_1NirD82eZvKY"]
    lines = drawn(["run", "charge_id", "why"], [[*ids, prose]], 80)
    assert set(ids) <= set(lines[2].split())
    assert " ".join(" ".join(line[48:].split()) for line in lines[2:]) == prose


def test_columns_that_can_be_spared_are_left_out_and_named() -> None:
    columns = ["table", "bytes since 2026-11-21", "bytes"]
    rows = [["x" * 30, 1234567890123, 9876543210987], ["y", 1, 2]]
    lines = drawn(columns, rows, 50, spare=["bytes since 2026-11-21"])
    assert lines[2].split() == ["x" * 30, "9876543210987"]
    assert lines[-1] == "1 column left out: bytes since 2026-11-21; --json has all"
    whole = drawn(columns, rows, 80, spare=["bytes since 2026-11-21"])
    assert len(whole) == 4, "where there is room nothing is left out"


WORDS = st.text("abcxyzÄ日_-.:0123456789[]", min_size=1, max_size=30)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.decimals(allow_nan=False, allow_infinity=False, places=4),
    st.datetimes(timezones=st.just(UTC)),
    WORDS,
    st.lists(WORDS, min_size=2, max_size=12).map(" ".join),
    st.lists(WORDS, min_size=2, max_size=4).map("\n".join),
)


@st.composite
def grids(draw_: Any) -> tuple[list[str], list[list[Any]]]:
    number = draw_(st.integers(1, 10))
    titles = draw_(st.lists(WORDS, min_size=number, max_size=number))
    row = st.lists(VALUES, min_size=number, max_size=number)
    return titles, draw_(st.lists(row, max_size=4))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(grid=grids(), width=st.integers(40, 200))
def test_every_word_of_every_value_is_on_the_screen(
    grid: tuple[list[str], list[list[Any]]], width: int
) -> None:
    titles, rows = grid
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, color_system=None, width=width, emoji=False)
    assert draw(console, titles, rows, null="NULL") == []
    shown = file.getvalue()
    wanted = Counter(
        word
        for row in rows
        for value in row
        for word in ("NULL" if value is None else text_of(value)).split()
    )
    assert wanted <= Counter(shown.split())
    as_columns = "─" in shown
    figures = [text_of(v) for row in rows for v in row if isinstance(v, int | datetime)]
    assert all(figure in shown for figure in figures), "nor is a time folded"
    if as_columns:
        assert all(console.measure(line).maximum <= width for line in shown.splitlines())


def test_long_lines_fold_between_words_on_a_terminal_only() -> None:
    text = "  upstream     " + ", ".join(f"finance.table_of_number_{n}" for n in range(9))
    script = f"from buck.cli.render import show; show({text!r}, hang=15)"
    command, env = [sys.executable, "-c", script], {"PATH": os.environ["PATH"]}
    told, code = on_terminal(command, env=env, width=60)
    lines = told.replace("\r", "").rstrip("\n").split("\n")
    assert code == 0
    assert len(lines) > 3
    assert all(len(line) <= 60 for line in lines)
    assert all(line.startswith(" " * 15 + "finance.") for line in lines[1:])
    assert " ".join(line.strip() for line in lines) == text.strip()
    assert subprocess.check_output(command, env=env, text=True) == text + "\n"
