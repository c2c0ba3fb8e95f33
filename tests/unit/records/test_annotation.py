"""What GitHub reads as one annotation stays one, whatever stands in a message."""

from __future__ import annotations

from buck.records.annotation import Annotation


def test_signs_of_githubs_own_syntax_are_written_out():
    odd = Annotation("error", "a: b, c", "50 % of\r\nthe rows::x", "models/a,b.sql", 7)
    assert odd.as_github() == (
        "::error file=models/a%2Cb.sql,line=7,title=a%3A b%2C c::50 %25 of%0D%0Athe rows::x"
    )


def test_a_remark_without_a_file_has_no_line():
    assert Annotation("warning", "t", "m", line=3).as_github() == "::warning title=t::m"
    assert Annotation("warning", "t", "m").as_text() == "- warning: t: m"
    assert Annotation("error", "t", "m", "a.sql", 2).as_text() == "a.sql:2 error: t: m"
