"""Hazards that a function's name shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import TokenType

from buck.portability.hazards.hazard import Hazard, differs, words
from buck.portability.statement import Statement

PORTABLE = words(
    """
    abs avg ceil ceiling cast coalesce count cume_dist dense_rank exp first_value floor lag
    last_value lead left length ln lower lpad ltrim max min mod ntile nullif over percent_rank
    power rank replace right round row_number rpad rtrim sign sqrt substring substr sum trim upper
    """
)
"""Functions that mean the same on every engine."""

_CLAUSES = words(
    """
    all and any as between by case else end except exists filter from group having in inner
    intersect interval is join lateral left like limit not offset on or order over partition
    recursive right select some then union using values when where window with within
    decimal numeric varchar char bignumeric struct array
    """
)
"""Words that may stand before a parenthesis and call nothing."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Finds calls of some functions; of the clock's also those without parentheses."""

    names: frozenset[str]
    bare: bool = False

    def __call__(self, statement: Statement) -> Iterator[int]:
        """Places at which a person calls one of them."""
        for place, name in statement.own_calls:
            if name in self.names:
                yield place
        if self.bare:
            yield from self._called_bare(statement)

    def _called_bare(self, statement: Statement) -> Iterator[int]:
        tokens = statement.tokens
        for number, token in statement.own_tokens:
            name = token.text.lower()
            following = tokens[number + 1].text if number + 1 < len(tokens) else ""
            before = tokens[number - 1].text.lower() if number else ""
            is_word = token.token_type not in (TokenType.STRING, TokenType.IDENTIFIER)
            is_bare = following not in ("(", ".") and before not in (".", "as")
            is_clock = name in self.names and name.startswith(("current_", "local"))
            if is_clock and is_word and is_bare:
                yield token.start


def _calls(names: str) -> Calls:
    return Calls(words(names))


def _bare(names: str) -> Calls:
    return Calls(words(names), bare=True)


CALLS: tuple[Hazard, ...] = (
    Hazard(
        "clock",
        differs(
            duckdb="asks the clock: a rebuild gives other rows",
            others="asks the clock, in a type and time zone of its own",
        ),
        "as_of()",
        _bare(
            "now current_timestamp current_date current_time current_datetime localtimestamp "
            "getdate sysdate today get_current_timestamp transaction_timestamp "
            "clock_timestamp statement_timestamp"
        ),
    ),
    Hazard(
        "chance",
        differs(
            duckdb="gives another value in every build", others="gives another value in every build"
        ),
        "surrogate_key(columns)",
        _calls("random rand uuid gen_random_uuid generate_uuid uuid_string"),
    ),
    Hazard(
        "date_trunc",
        differs(
            duckdb="makes a timestamp of a date",
            postgres="makes an instant in the session's time zone of a date",
            snowflake="begins weeks by a setting of the account",
            bigquery="wants the part last, bare; its weeks begin on Sunday",
            redshift="makes a timestamp of a date",
            databricks="makes a timestamp of a date",
        ),
        "start_of(part, day), week_start(day)",
        _calls("date_trunc datetrunc timestamp_trunc datetime_trunc trunc last_day"),
    ),
    Hazard(
        "date_arithmetic",
        differs(
            duckdb="counts boundaries, and names its parts its own way",
            postgres="has no such function",
            snowflake="counts boundaries, and keeps the type it is given",
            bigquery="takes its arguments in another order",
            redshift="counts boundaries, and gives a timestamp",
            databricks="takes its arguments in another order",
        ),
        "add_days(day, n), add_months(day, n), days_between(a, b), months_between(a, b)",
        _calls(
            "dateadd date_add date_sub datesub datediff date_diff datetime_add datetime_diff "
            "timestamp_add timestamp_sub timestamp_diff timestampadd timestampdiff age "
            "add_months months_between date_part_diff"
        ),
    ),
    Hazard(
        "date_part",
        differs(
            duckdb="gives bigint; Sunday is 0",
            postgres="gives numeric; Sunday is 0",
            snowflake="numbers the days of the week by a setting of the account",
            bigquery="numbers the days of the week from 1 for Sunday",
            redshift="gives a double or an integer; has no isodow",
            databricks="numbers the days of the week from 1 for Sunday",
        ),
        "date_part_of(part, day), day_of_week(day), iso_week(day), unix_micros(instant)",
        _calls(
            "extract date_part datepart dayofweek dayofweek_iso dayofweekiso isodow weekday "
            "week weekofyear weekiso dayofyear dayname monthname year month day hour minute "
            "second epoch epoch_ms epoch_us unix_timestamp unix_seconds unix_millis quarter"
        ),
    ),
    Hazard(
        "date_text",
        differs(duckdb="spells formats as C does", others="spells formats its own way"),
        "date_number(day), as_text(day), cast_or_null(text, 'date')",
        _calls(
            "strftime strptime to_char to_date to_timestamp format_date format_timestamp "
            "parse_date parse_timestamp date_format from_unixtime timestamp_seconds make_date "
            "make_timestamp datefromparts to_number"
        ),
    ),
    Hazard(
        "series",
        differs(
            snowflake="has no generate_series",
            bigquery="has generate_array and generate_date_array",
            redshift="runs it on the leader node, beside no table",
            databricks="has sequence and explode",
            postgres="has no range",
        ),
        "day_spine(first, last)",
        _calls("generate_series range sequence generate_array generate_date_array generator"),
    ),
    Hazard(
        "hash",
        differs(
            bigquery="gives bytes",
            postgres="has md5 and sha256 of bytes only",
            snowflake="spells it its own way",
            redshift="spells it its own way",
            databricks="spells it its own way",
        ),
        "hash_text(text), surrogate_key(columns)",
        _calls("md5 hash sha1 sha2 sha256 farm_fingerprint xxhash64 md5_number to_hex hex"),
    ),
    Hazard(
        "json",
        differs(others="reads json with functions of its own"),
        "json_text(column, 'a.b'), json_bigint(column, 'a.b')",
        _calls(
            "json_extract json_extract_string json_extract_path_text json_value json_query "
            "json_extract_scalar get_json_object parse_json json_parse json_array_length "
            "json_object json_each to_json json_keys from_json"
        ),
    ),
    Hazard(
        "array",
        differs(others="has arrays of its own kind"),
        "unnest_json_array(relation, keys, column), first_by(value, order), join_text(…)",
        _calls(
            "unnest flatten explode array_agg list array_length len cardinality list_value "
            "array_construct collect_list collect_set list_contains array_contains "
            "array_to_string struct_pack arrays_zip"
        ),
    ),
    Hazard(
        "concat",
        differs(
            snowflake="gives null when any part is null; DuckDB skips it",
            bigquery="gives null when any part is null; DuckDB skips it",
            redshift="gives null when any part is null, and takes two parts only",
            databricks="gives null when any part is null; DuckDB skips it",
        ),
        "concat_text(values), or || where null should win",
        _calls("concat concat_ws"),
    ),
    Hazard(
        "greatest",
        differs(
            snowflake="gives null when any value is null; DuckDB skips it",
            bigquery="gives null when any value is null; DuckDB skips it",
        ),
        "greatest_of(values), least_of(values)",
        _calls("greatest least"),
    ),
    Hazard(
        "safe_cast",
        differs(
            duckdb="reads '1.5' as the integer 2",
            postgres="has no try_cast",
            redshift="has no try_cast",
            snowflake="takes text only",
            bigquery="spells it safe_cast",
            databricks="accepts other spellings",
        ),
        "cast_or_null(value, type)",
        _calls("try_cast safe_cast try_to_number try_to_date try_to_timestamp"),
    ),
    Hazard(
        "regex",
        differs(
            duckdb="replaces the first match only",
            postgres="replaces the first match only, and has few of these functions",
            snowflake="wants the whole text to match in regexp_like, and replaces all",
            bigquery="has its own names, and replaces all",
            redshift="knows POSIX patterns only, and replaces all",
            databricks="reads \\ in a pattern twice, and replaces all",
        ),
        "regexp_found, regexp_first, regexp_replaced",
        _calls(
            "regexp_matches regexp_match regexp_replace regexp_extract regexp_like "
            "regexp_contains regexp_substr regexp_instr regexp_count regexp_full_match "
            "regexp_extract_all regexp_split_to_array rlike"
        ),
    ),
    Hazard(
        "text_function",
        differs(others="has it under another name, or counts otherwise"),
        "split_text, join_text, regexp_first, like",
        _calls(
            "split_part string_agg listagg group_concat strpos instr position charindex "
            "contains starts_with startswith ends_with prefix suffix initcap translate "
            "reverse repeat format printf string_split str_split split ascii chr char_length "
            "levenshtein"
        ),
    ),
    Hazard(
        "aggregate",
        differs(others="has it under another name, or not at all"),
        "first_by(value, order), any_true(condition), all_true(condition), count_if(condition)",
        _calls(
            "bool_or bool_and logical_or logical_and boolor_agg booland_agg any_value "
            "arbitrary arg_min arg_max min_by max_by first last mode median quantile "
            "quantile_cont percentile_cont countif count_if approx_count_distinct product "
            "histogram every"
        ),
    ),
    Hazard(
        "average",
        differs(
            duckdb="gives a double",
            postgres="gives a numeric of many digits",
            snowflake="gives a decimal of 6 more digits",
            bigquery="gives FLOAT64 or NUMERIC",
            redshift="cuts off the mean of whole numbers",
            databricks="gives a double or a decimal of 4 more digits",
        ),
        "average(value, scale)",
        _calls("avg mean fsum kahan_sum stddev variance"),
    ),
    Hazard(
        "null_function",
        differs(
            postgres="has coalesce and case only",
            snowflake="spells it its own way",
            bigquery="spells it its own way",
            redshift="spells it its own way",
            databricks="spells it its own way",
            duckdb="spells it its own way",
        ),
        "coalesce(a, b), case when … end",
        _calls("nvl nvl2 ifnull iff if isnull zeroifnull nullifzero decode"),
    ),
)


def _unlisted(statement: Statement) -> Iterator[int]:
    """Calls of functions that are not on the list, and of nothing that the text itself names."""
    tokens = statement.tokens
    named = {
        tokens[number - 1].text.lower()
        for number, token in enumerate(tokens)
        if number and token.text.lower() == "as"
    }
    after_as = {
        tokens[number + 1].text.lower()
        for number, token in enumerate(tokens[:-1])
        if token.text.lower() == "as"
    }
    for place, name in statement.own_calls:
        is_name = name.replace("_", "").isalnum() and not name[0].isdigit()
        if is_name and name not in _KNOWN and name not in named | after_as:
            yield place


UNLISTED = Hazard(
    "function",
    differs(others="is not known to have this function, or to mean the same by it"),
    "a macro of macros/portable with the engines' own words in it",
    _unlisted,
)

_KNOWN = (
    PORTABLE
    | _CLAUSES
    | {name for call in CALLS if isinstance(call.find, Calls) for name in call.find.names}
)
