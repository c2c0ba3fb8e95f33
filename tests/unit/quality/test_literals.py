"""A text in a check reaches every engine as it was written."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from buck.names import backticked, escaped_literal
from buck.quality.sodacl import DIALECTS

TEXTS = ("it's", r"^\d+\s'\w'$", "two\nlines", "☃ “quoted”", "'", "\\")


@pytest.mark.parametrize("engine", DIALECTS)
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_read_as_it_was_written(engine: str, text: str) -> None:
    parsed = sqlglot.parse_one(f"select {DIALECTS[engine].quote(text)}", read=engine)
    (found,) = parsed.expressions
    assert isinstance(found, exp.Literal)
    assert found.this == text


def test_numbers_and_names_of_bigquery() -> None:
    assert (escaped_literal(3), escaped_literal(True)) == ("3", "true")
    assert backticked("my-project", "raw", "a`b") == "`my-project`.`raw`.`a\\`b`"
