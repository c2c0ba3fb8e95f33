"""SodaCL put to a warehouse: each check rendered as SQL, asked there, and read into a result."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol, cast, get_args

from buck.errors import ConfigError
from buck.quality.questions import (
    FAILED_ROWS,
    dimension_of,
    expected_rows,
    finding,
    refuse_unknown_words,
)
from buck.quality.scan import list_check_files
from buck.quality.sodacl import DIALECTS, SodaRule, read_rules, render
from buck.quality.sodacl.rendering import Qualify
from buck.records.quality import Check, CheckResult, Dimension, HoldRule, Outcome
from buck.records.rows import plain_value

_COLUMN: Final = re.compile(r"^\w+\s*\(\s*(\w+)\s*\)")
_BY_FORM: Final[tuple[tuple[str, Dimension], ...]] = (
    ("freshness", "timeliness"),
    ("values in", "consistency"),
    ("row_count same as", "consistency"),
    ("schema", "validity"),
    ("failed rows", "accuracy"),
)


class Reply(Protocol):
    """What the warehouse gave for one query."""

    @property
    def rows(self) -> tuple[tuple[Any, ...], ...]:
        """The rows."""

    @property
    def error(self) -> str:
        """Why it could not run, or an empty text."""


Ask = Callable[[Mapping[str, str]], Mapping[str, Reply]]


def run_checks_elsewhere(
    ask: Ask,
    checks_dir: Path,
    *,
    engine: str,
    as_of: datetime,
    qualify: Qualify,
    tables: Collection[str] | None = None,
    owners: Mapping[str, str] | None = None,
) -> list[CheckResult]:
    """The verdicts of every SodaCL check, as soda-core would give them on the same rows.

    All checks are asked in one call. A check that cannot be written as SQL, or whose SQL does not
    run there, is `errored`. Failing rows are not fetched; `sql` is what was asked.

    Args:
        ask: Puts queries to the warehouse.
        checks_dir: Holds `<schema>/<table>.yml`.
        engine: The warehouse's kind, one of `DIALECTS`.
        as_of: Now, for freshness checks and for `${NOW}`.
        qualify: Where a table lies there.
        tables: Only checks about these, by bare name; all if None.
        owners: Who answers for a table where a check names no owner.

    Raises:
        ConfigError: there is no SQL for this kind of engine, or a file is not SodaCL.
    """
    if engine not in DIALECTS:
        raise ConfigError(
            f"checks can't be written for {engine!r}", hint=f"one of {', '.join(DIALECTS)}"
        )
    questions: list[tuple[Check, str, str]] = []
    for path in list_check_files(checks_dir):
        for rule in read_rules(path):
            if tables is not None and rule.table.name not in tables:
                continue
            check = _check(rule, owners or {})
            try:
                sql = render(rule, DIALECTS[engine], as_of=as_of, qualify=qualify).sql
                questions.append((check, sql, ""))
            except ConfigError as exc:
                questions.append((check, "", exc.what))
    replies = ask({str(n): sql for n, (_, sql, _) in enumerate(questions) if sql})
    return [
        _result(check, sql, unwritten, replies.get(str(n)))
        for n, (check, sql, unwritten) in enumerate(questions)
    ]


def _result(check: Check, sql: str, unwritten: str, reply: Reply | None) -> CheckResult:
    if reply is None or reply.error or not reply.rows:
        why = unwritten or (reply.error if reply else "") or "no answer"
        return CheckResult(check, "errored", message=why, sql=sql)
    value, told = plain_value(reply.rows[0][0]), str(reply.rows[0][1])
    outcome = cast("Outcome", told if told in get_args(Outcome) else "errored")
    if outcome == "passed":
        message = ""
    elif outcome == "errored":
        message = "no value to judge: is the table empty"
    else:
        message = finding(value, check.expected)
    return CheckResult(check, outcome, value, message, sql=sql)


def _check(rule: SodaRule, owners: Mapping[str, str]) -> Check:
    attributes = rule.settings.get("attributes") or {}
    refuse_unknown_words(attributes, check=rule.name)
    holds = HoldRule.read(attributes, check=rule.name)
    column = _COLUMN.match(rule.line)
    return Check(
        name=rule.name,
        table=rule.table.name,
        schema=rule.table.schema,
        engine="soda",
        dimension=_dimension(rule, attributes),
        severity="warn" if rule.severity == "warn" else "fail",
        owner=str(attributes.get("owner") or owners.get(str(rule.table), "")),
        column=column[1] if column else "",
        expected=expected_rows(rule.settings) if rule.line == FAILED_ROWS else rule.line,
        file=rule.file,
        on_fail=holds.on_fail,
        max_rows=holds.max_rows,
        max_share=holds.max_share,
    )


def _dimension(rule: SodaRule, attributes: Mapping[str, Any]) -> Dimension:
    for form, dimension in _BY_FORM:
        if rule.line.startswith(form):
            return dimension_of(attributes, "", otherwise=dimension)
    return dimension_of(attributes, rule.line.partition("(")[0].split()[0], otherwise=None)
