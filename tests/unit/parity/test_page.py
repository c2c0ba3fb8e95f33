"""The comparison as Markdown and HTML: nothing breaks out of its cell, axe finds no fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from buck.parity.page import to_html, to_markdown
from buck.quality.page import page_style
from buck.records.comparison import (
    Comparison,
    RowDifference,
    SchemaChange,
    SideSummary,
    TableComparison,
)
from tests.browser import audit

EVIL = "</details><script>alert(1)</script> | @everyone `x` [a](b)\n# head"


def side(rows: int) -> SideSummary:
    return SideSummary(rows, "")


def example() -> Comparison:
    samples = (
        RowDifference("added", {"id": "3"}, {}, {"id": "3", "note": EVIL}),
        RowDifference("changed", {"id": "1"}, {"n": "1", "m": None}, {"n": "2", "m": "x"}),
    )
    changed = TableComparison(
        "finance.fct_payments",
        key=("id",),
        left=side(1_000),
        right=side(1_001),
        schema=(SchemaChange("fresh", "column added", right="VARCHAR"),),
        added=1,
        changed=1,
        changed_columns={"n": 1, "m": 1},
        samples=samples,
    )
    gone = TableComparison("core.old", presence="left", left=side(7), removed=7)
    same = TableComparison("core.same", key=("id",), left=side(5), right=side(5))
    return Comparison("snapshot 000001", f"git {EVIL}", (gone, same, changed))


def test_markdown_says_the_summary_first_and_folds_rows() -> None:
    text = to_markdown(example())
    lines = text.splitlines()
    assert lines[0] == (
        "### 🔶 2 of 3 marts differ; rows: 1 added, 7 removed, 1 changed; schema changes in 2"
    )
    assert "| `core.old` | 7 → – |  | 7 |  | the table is gone |" in lines
    assert (
        "| `finance.fct_payments` | 1,000 → 1,001 | 1 |  | 1 | column added: fresh (varchar) |"
        in lines
    )
    assert "| \\~ | id = 1 | n = 1, m = ∅ | n = 2, m = x |" in lines
    assert text.count("<details>") == text.count("</details>") == 2
    assert "<script>" not in text
    assert not [line for line in lines if line.startswith("# ")]
    assert "\\@everyone \\`x\\`" in text


def test_markdown_stays_short_enough_for_a_comment() -> None:
    long = RowDifference("added", {"id": "1"}, {}, {f"c{n}": "x" * 300 for n in range(8)})
    tables = tuple(
        TableComparison(
            f"a.t{n:03}", left=side(0), right=side(5), added=5, key=("id",), samples=(long,) * 5
        )
        for n in range(40)
    )
    text = to_markdown(Comparison("a", "b", tables))
    assert len(text) < 65_536
    assert "Further details are left out" in text
    assert "| `a.t039` |" in text


def test_equal_states_take_one_line() -> None:
    same = TableComparison("core.same", key=("id",), left=side(5), right=side(5))
    text = to_markdown(Comparison("a", "b", (same, same)))
    assert text == "### ✅ 2 marts, all equal\n\na → b\n"


def test_html_holds_what_was_given_as_text() -> None:
    html = to_html(example(), style=page_style())
    assert "<script" not in html
    assert "&lt;/details&gt;&lt;script&gt;" in html
    assert "http" not in html.replace("http-equiv", "")
    assert "<del>1</del>" in html
    assert "<ins>2</ins>" in html


@pytest.mark.parametrize(
    ("size", "flags", "dark"),
    [("1200,900", (), False), ("500,900", ("--force-dark-mode",), True)],
)
def test_a_browser_finds_no_fault(
    tmp_path: Path, size: str, flags: tuple[str, ...], dark: bool
) -> None:
    told = audit(to_html(example(), style=page_style()), tmp_path, size=size, flags=flags)
    assert told["violations"] == []
    assert told["rules"] > 10
    assert told["dark"] is dark
    assert told["wide"] <= 0
    assert told["fetched"] == 0
