"""Hazards that one token shows: operators, quotes, keywords."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import TokenType

from buck.portability.hazards.hazard import Hazard, differs
from buck.portability.statement import Statement

_SET_WORDS = {"union", "except", "intersect"}


def _symbols(*symbols: str) -> Callable[[Statement], Iterator[int]]:
    def find(statement: Statement) -> Iterator[int]:
        for _, token in statement.own_tokens:
            # Some dialects read `//` as two tokens.
            if statement.text.startswith(symbols, token.start):
                yield token.start

    return find


def _words(*words: str) -> Callable[[Statement], Iterator[int]]:
    """Keywords that stand in a row, whatever the case."""

    def find(statement: Statement) -> Iterator[int]:
        tokens = statement.tokens
        for number, token in statement.own_tokens:
            if token.token_type in (TokenType.STRING, TokenType.IDENTIFIER):
                continue
            # Some dialects read several words as one token.
            row = " ".join(t.text.lower() for t in tokens[number : number + len(words)]).split()
            if row[: len(words)] == list(words):
                yield token.start

    return find


def _divisions(statement: Statement) -> Iterator[int]:
    for _, token in statement.own_tokens:
        near = statement.text[max(token.start - 1, 0) : token.start + 2]
        if token.token_type == TokenType.SLASH and "//" not in near:
            yield token.start


def _plain_sets(statement: Statement) -> Iterator[int]:
    tokens = statement.tokens
    for number, token in statement.own_tokens:
        following = tokens[number + 1].text.lower() if number + 1 < len(tokens) else ""
        before = tokens[number - 1].text if number else ""
        is_set = token.text.lower() in _SET_WORDS and token.token_type != TokenType.STRING
        if is_set and following not in ("all", "distinct", "(") and before not in ("*", "."):
            yield token.start


def _quoted_names(statement: Statement) -> Iterator[int]:
    for _, token in statement.own_tokens:
        if statement.text[token.start] in '"`':
            yield token.start


def _backslashes(statement: Statement) -> Iterator[int]:
    for _, token in statement.own_tokens:
        if (
            token.token_type == TokenType.STRING
            and "\\" in statement.text[token.start : token.end + 1]
        ):
            yield token.start


def _filters(statement: Statement) -> Iterator[int]:
    tokens = statement.tokens
    for number, token in statement.own_tokens:
        row = [t.text.lower() for t in tokens[number : number + 3]]
        if row == ["filter", "(", "where"]:
            yield token.start


def _intervals(statement: Statement) -> Iterator[int]:
    for _, token in statement.own_tokens:
        if token.token_type == TokenType.INTERVAL:
            yield token.start


def _subscripts(statement: Statement) -> Iterator[int]:
    for _, token in statement.own_tokens:
        if token.token_type == TokenType.L_BRACKET:
            yield token.start


def _star_changes(statement: Statement) -> Iterator[int]:
    tokens = statement.tokens
    for number, token in statement.own_tokens:
        following = tokens[number + 1].text.lower() if number + 1 < len(tokens) else ""
        if token.token_type == TokenType.STAR and following in (
            "exclude", "except", "replace", "rename", "ilike", "like",
        ):  # fmt: skip
            yield tokens[number + 1].start


OPERATORS: tuple[Hazard, ...] = (
    Hazard(
        "division",
        differs(
            duckdb="gives a double, and infinity for x / 0",
            postgres="cuts off decimals between whole numbers; x / 0 raises",
            redshift="cuts off decimals between whole numbers; x / 0 raises",
            snowflake="gives a decimal of few digits; x / 0 raises",
            bigquery="gives FLOAT64 or NUMERIC; x / 0 raises",
            databricks="gives a double or a decimal of few digits; x / 0 raises",
        ),
        "divide(a, b, scale), or divide_whole(a, b) for whole numbers",
        _divisions,
    ),
    Hazard(
        "whole_division",
        differs(others="has no //"),
        "divide_whole(a, b)",
        _symbols("//"),
    ),
    Hazard("modulo", differs(bigquery="has no %"), "mod(a, b)", _symbols("%")),
    Hazard("cast_operator", differs(bigquery="has no ::"), "cast(x as type)", _symbols("::")),
    Hazard(
        "json",
        differs(
            postgres="reads json paths with #>> or by one key at a time",
            snowflake="reads json with v:a.b",
            bigquery="reads json with json_value",
            redshift="reads json with json_extract_path_text",
            databricks="reads json with get_json_object or v:a.b",
        ),
        "json_text(column, 'a.b')",
        _symbols("->", "->>", "#>", "#>>"),
    ),
    Hazard(
        "regex",
        differs(
            postgres="finds the pattern anywhere, DuckDB wants the whole text to match",
            redshift="finds the pattern anywhere, DuckDB wants the whole text to match",
            snowflake="has no ~",
            bigquery="reads ~ as the bits turned over",
            databricks="reads ~ as the bits turned over",
        ),
        "regexp_found(text, pattern)",
        _symbols("~", "~*", "!~", "!~*"),
    ),
    Hazard(
        "regex",
        differs(
            bigquery="has no similar to",
            databricks="has no similar to",
            snowflake="has no similar to",
        ),
        "regexp_found(text, pattern)",
        _words("similar", "to"),
    ),
    Hazard("ilike", differs(bigquery="has no ilike"), "lower(a) like 'b%'", _words("ilike")),
    Hazard(
        "time_zone",
        differs(
            snowflake="has no at time zone",
            bigquery="knows it within extract only",
            databricks="has no at time zone",
            postgres="shows a plain timestamp in the session's zone once it is cast",
            redshift="shows a plain timestamp in the session's zone once it is cast",
        ),
        "utc_date(instant), midnight_utc(day)",
        _words("at", "time", "zone"),
    ),
    Hazard(
        "date_arithmetic",
        differs(
            duckdb="makes a timestamp of a date",
            postgres="makes a timestamp of a date",
            redshift="makes a timestamp of a date",
            snowflake="keeps a date; the interval is written otherwise",
            bigquery="adds intervals to a date as a DATETIME, written otherwise",
            databricks="keeps a date; the interval is written otherwise",
        ),
        "add_days(day, n), add_months(day, n)",
        _intervals,
    ),
    Hazard(
        "union",
        differs(bigquery="wants all or distinct after union, except and intersect"),
        "union_distinct(), or union all",
        _plain_sets,
    ),
    Hazard(
        "quoted_name",
        differs(
            snowflake="is case-sensitive once quoted, and folds bare names to upper case",
            bigquery='reads "x" as a text',
            databricks='reads "x" as a text',
            postgres="is case-sensitive once quoted",
            redshift="folds even quoted names to lower case",
        ),
        "a bare name in lower case",
        _quoted_names,
    ),
    Hazard(
        "backslash",
        differs(
            snowflake="takes \\ in a text for an escape",
            bigquery="takes \\ in a text for an escape",
            redshift="takes \\ in a text for an escape in patterns",
            databricks="takes \\ in a text for an escape",
        ),
        "a text without backslashes, or chr(92)",
        _backslashes,
    ),
    Hazard(
        "filter",
        differs(snowflake="has no filter", bigquery="has no filter", redshift="has no filter"),
        "count_if(condition), or case inside the aggregate",
        _filters,
    ),
    Hazard(
        "array",
        differs(
            postgres="has arrays of its own kind",
            snowflake="counts elements from 0",
            bigquery="wants offset() or ordinal()",
            redshift="has arrays in SUPER only",
            databricks="counts elements from 0",
        ),
        "unnest_json_array(relation, keys, column), first_by(value, order)",
        _subscripts,
    ),
    Hazard(
        "qualify",
        differs(postgres="has no qualify"),
        "row_number() in a subquery, and where on it",
        _words("qualify"),
    ),
    Hazard(
        "distinct_on",
        differs(
            snowflake="has no distinct on",
            bigquery="has no distinct on",
            redshift="has no distinct on",
            databricks="has no distinct on",
        ),
        "row_number() in a subquery, and where on it",
        _words("distinct", "on"),
    ),
    Hazard(
        "is_distinct",
        differs(redshift="has no is distinct from"),
        "is_distinct(a, b), is_same(a, b)",
        _words("distinct", "from"),
    ),
    Hazard(
        "group_by_all",
        differs(postgres="has no group by all", redshift="has no group by all"),
        "the columns by name",
        _words("group", "by", "all"),
    ),
    Hazard(
        "order_by_all",
        differs(
            postgres="has no order by all",
            redshift="has no order by all",
            bigquery="has no order by all",
        ),
        "the columns by name",
        _words("order", "by", "all"),
    ),
    Hazard(
        "star",
        differs(
            postgres="has no exclude, replace or rename",
            bigquery="spells it except and replace",
            redshift="knows exclude only",
            snowflake="knows exclude and rename, not except",
            databricks="spells it except",
        ),
        "the columns by name",
        _star_changes,
    ),
)
