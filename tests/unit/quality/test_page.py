"""The quality report in every format: complete, safe against its own data, good to read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from buck.quality.page import to_html, to_junit, to_markdown
from buck.records.quality import QualityReport
from buck.records.quality_page import QualityPage
from tests.browser import audit


class Tags(HTMLParser):
    """Every element with its attributes, and that they are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_from_outside_and_runs_nothing(page: QualityPage) -> None:
    html = to_html(page)
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    names = {name for name, _ in tags.found}
    assert not names & {"script", "link", "img", "iframe", "object", "form"}
    assert {v for _, a in tags.found for k, v in a.items() if k in ("href", "src")} == {"#findings"}
    assert not re.search(r"https?://|url\(|@import", html)
    assert "default-src 'none'" in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_page_says_the_verdict_the_cause_and_the_amount(page: QualityPage) -> None:
    html = to_html(page)
    assert "<h1>The gate is closed</h1>" in html
    assert "2 checks of 12 keep the data back" in html
    assert "Revenue over-counted by <b>USD 12,450.00</b> <b>EUR 0.50</b>" in html
    assert "Revenue under-counted by <b>JPY 5,000</b>" in html
    assert "Board dashboard" in html
    assert 'aria-label="rows over the last 3 publishes: from 700 to 723' in html
    assert 'aria-label="last 2 runs: 1 passed, 1 failed"' in html
    assert "core.lonely" in html
    good = tuple(r for r in page.report.results if r.outcome == "passed")
    green = replace(page, report=QualityReport(page.report.as_of, good), cards=())
    assert "<h1>The gate is open</h1>" in to_html(green)
    assert "Nothing. Every check passed." in to_html(green)


def test_junit_has_a_case_per_check_and_stays_xml(page: QualityPage) -> None:
    root = ET.fromstring(to_junit(page))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("12", "1", "1")
    cases = root.findall(".//testcase")
    assert len(cases) == 12
    (failure,) = root.findall(".//failure")
    assert "select '<script>" in str(failure.text)
    assert root.find(".//error").get("message") == "no such column"  # type: ignore[union-attr]
    assert "warning" in str(root.find(".//system-out").text)  # type: ignore[union-attr]


def test_markdown_keeps_hostile_text_inside_its_cell(page: QualityPage) -> None:
    text = to_markdown(page)
    assert text.startswith("# ❌ Gate closed: 9 passed, 1 warned, 1 failed, 1 errored")
    assert "**Impact:** revenue over-counted by USD 12,450.00" in text
    assert "<script>" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ch_1") or "ch\\_1" in line]
    assert len(rows) == 1
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 3


def test_json_holds_everything_the_page_shows(page: QualityPage) -> None:
    held = json.loads(json.dumps(page.to_dict()))
    assert held["report"]["passed"] is False
    assert held["cards"][0]["impact"][0]["text"] == "revenue over-counted by USD 12,450.00 (1 row)"
    assert QualityReport.from_dict(held["report"]) == page.report


@pytest.mark.parametrize(
    ("size", "flags", "dark"),
    [("1200,900", (), False), ("500,900", ("--force-dark-mode",), True)],
)
def test_a_browser_finds_no_fault(
    page: QualityPage, tmp_path: Path, size: str, flags: tuple[str, ...], dark: bool
) -> None:
    """Light on a desk and dark on a telephone: axe's rules, no sideways scrolling."""
    told = audit(to_html(page), tmp_path, size=size, flags=flags)
    assert told["violations"] == []
    assert told["rules"] > 15
    assert told["dark"] is dark
    assert told["wide"] <= 0
    assert told["fetched"] == 0
