"""The portable macros by example: one expression each, and the value it has on every engine.

`python -m tests.unit.portability.macro_cases` writes `golden/ENGINE.sql` anew: what the macros
become on the engines that cannot run here.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from buck.portability import ENGINES, compile_models
from tests.unit.portability.planted import plant

GOLDEN = Path(__file__).parent / "golden"
SHOWN = tuple(name for name in ENGINES if name not in ("duckdb", "postgres"))

JSON = '\'{"a": {"b": "x y", "n": null, "t": true, "i": 12}}\''
LIST = '\'[{"k": "one"}, {"k": "two"}]\''
SUNDAY = "\"cast('2026-03-01' as date)\""
"""What the letter D stands for in a case."""

ROWS = """(
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as {{ text_type() }}), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows"""


def over_rows(expression: str) -> str:
    return f"(select {expression} from {ROWS})"


CASES: dict[str, tuple[str, Any]] = {
    # numbers
    "money of cents": ("{{ money('12345', 2) }}", Decimal("123.450")),
    "money of yen": ("{{ money('12345', 0) }}", Decimal("12345.000")),
    "money of dinars": ("{{ money('12345', 3) }}", Decimal("12.345")),
    "money beyond doubles": ("{{ money('9007199254740993', 2) }}", Decimal("90071992547409.930")),
    "money without exponent": ("{{ money('1', 'cast(null as integer)') }}", None),
    "cents_to_dollars": ("{{ cents_to_dollars('1') }}", Decimal("0.010")),
    "as_money": ("{{ as_money('-1.0005') }}", Decimal("-1.001")),
    "as_decimal": ("{{ as_decimal('2.00005', 18, 4) }}", Decimal("2.0001")),
    "divide rounds half up": ("{{ divide('57', '200', 2) }}", Decimal("0.29")),
    "divide rounds half away": ("{{ divide('-7', '2', 0) }}", Decimal(-4)),
    "divide whole numbers": ("{{ divide('2', '3', 4) }}", Decimal("0.6667")),
    "divide by zero": ("{{ divide('1', '0') }}", None),
    "divide_whole": ("{{ divide_whole('7', '2') }}", 3),
    "divide_whole by zero": ("{{ divide_whole('7', '0') }}", None),
    "average": (over_rows("{{ average('amount', 2) }}"), Decimal("1.67")),
    "round_to half": ("{{ round_to('2.5') }}", Decimal(3)),
    "round_to negative half": ("{{ round_to('-2.5') }}", Decimal(-3)),
    "round_to cents": ("{{ round_to('1.005', 2) }}", Decimal("1.01")),
    "convert_money": ("{{ convert_money('10.005', '0.5') }}", Decimal("5.003")),
    "sum_converted": (over_rows("{{ sum_converted('amount', '0.00050001') }}"), Decimal("0.003")),
    "times": ("{{ times('3', \"cast('1.255' as \" ~ money_type() ~ ')') }}", Decimal("3.765")),
    "sum_bigint": (over_rows("{{ sum_bigint('amount') }}"), 5),
    "sum_money": (over_rows("{{ sum_money('amount') }}"), Decimal("5.000")),
    "count_if": (over_rows("{{ count_if('amount > 1') }}"), 2),
    "any_true": (over_rows("{{ any_true('amount > 1') }}"), True),
    "all_true counts null as false": (over_rows("{{ all_true('amount > 0') }}"), False),
    # null
    "greatest_of": ("{{ greatest_of(['1', 'cast(null as integer)', '3']) }}", 3),
    "least_of": ("{{ least_of(['2', 'cast(null as integer)', '1']) }}", 1),
    "is_distinct from null": ("{{ is_distinct('1', 'cast(null as integer)') }}", True),
    "is_distinct of nulls": (
        "{{ is_distinct('cast(null as integer)', 'cast(null as integer)') }}",
        False,
    ),
    "is_same": ("{{ is_same('1', '1') }}", True),
    "first_by skips null": (over_rows("{{ first_by('name', 'place') }}"), "early"),
    # text
    "as_text of a day": ("{{ as_text(D) }}", "2026-03-01"),
    "as_text of a number": ("{{ as_text('12') }}", "12"),
    "concat_text with null": ("{{ concat_text([\"'a'\", 'null', '1']) }}", "a1"),
    "hash_text": ("{{ hash_text(\"'a'\") }}", "0cc175b9c0f1b6a831c399e269772661"),
    "surrogate_key with null": (
        "{{ surrogate_key([\"'a'\", 'cast(null as integer)']) }}",
        "3a0cbeff6c2c158fe832e10649de97ee",
    ),
    "split_text": ("{{ split_text(\"'a-b-c'\", '-', 2) }}", "b"),
    "split_text beyond": ("{{ split_text(\"'a-b-c'\", '-', 4) }}", None),
    "join_text": (over_rows("{{ join_text('name', '+', 'place') }}"), "early+late+last"),
    "normalised_email": ("{{ normalised_email(\"' Ann@X.org '\") }}", "ann@x.org"),
    "normalised_email of none": ("{{ normalised_email(\"'ann'\") }}", None),
    "parse_boolean yes": ("{{ parse_boolean(\"' Yes'\") }}", True),
    "parse_boolean off": ("{{ parse_boolean(\"'off'\") }}", False),
    "parse_boolean else": ("{{ parse_boolean(\"'maybe'\") }}", None),
    "regexp_found within": ("{{ regexp_found(\"'xab1'\", 'b[0-9]') }}", True),
    "regexp_found anchored": ("{{ regexp_found(\"'xab1'\", '^b') }}", False),
    "regexp_replaced everywhere": ("{{ regexp_replaced(\"'a1b22'\", '[0-9]+', '#') }}", "a#b#"),
    "regexp_first": ("{{ regexp_first(\"'a1b22'\", '[0-9]+') }}", "1"),
    "regexp_first of none": ("{{ regexp_first(\"'ab'\", '[0-9]+') }}", None),
    "cast_or_null bigint": ("{{ cast_or_null(\"' 12 '\", 'bigint') }}", 12),
    "cast_or_null no bigint": ("{{ cast_or_null(\"'1.5'\", 'bigint') }}", None),
    "cast_or_null decimal": ("{{ cast_or_null(\"'1.5'\", 'decimal(9, 2)') }}", Decimal("1.50")),
    "cast_or_null leap day": ("{{ cast_or_null(\"'2024-02-29'\", 'date') }}", date(2024, 2, 29)),
    "cast_or_null no such day": ("{{ cast_or_null(\"'2026-02-30'\", 'date') }}", None),
    "cast_or_null instant": (
        "{{ unix_micros(cast_or_null(\"'1970-01-01T02:00:01+02:00'\", 'timestamp')) }}",
        1_000_000,
    ),
    "cast_or_null no offset": (
        "{{ unix_micros(cast_or_null(\"'1970-01-01T02:00:01'\", 'timestamp')) }}",
        None,
    ),
    "cast_or_null boolean": ("{{ cast_or_null(\"'no'\", 'boolean') }}", False),
    # json
    "json_text": (f"{{{{ json_text({JSON!r}, 'a.b') }}}}", "x y"),
    "json_text of null": (f"{{{{ json_text({JSON!r}, 'a.n') }}}}", None),
    "json_text of nothing": (f"{{{{ json_text({JSON!r}, 'z') }}}}", None),
    "json_text of true": (f"{{{{ json_text({JSON!r}, 'a.t') }}}}", "true"),
    "json_bigint": (f"{{{{ json_bigint({JSON!r}, 'a.i') }}}}", 12),
    "unnest_json_array": (
        "(select {{ join_text(json_text('element', 'k'), '+', 'position') }} from ("
        "{{ unnest_json_array(\"(select 1 as id, LIST as items) as owners\", ['id'], 'items') }}"
        ") as unnested)".replace("LIST", LIST.replace('"', '\\"')),
        "one+two",
    ),
    # dates
    "start_of week, a Sunday": ("{{ start_of('week', D) }}", date(2026, 2, 23)),
    "week_start": ("{{ week_start(D) }}", date(2026, 2, 23)),
    "start_of month": ("{{ start_of('month', D) }}", date(2026, 3, 1)),
    "start_of quarter": ("{{ start_of('quarter', D) }}", date(2026, 1, 1)),
    "day_of_week, a Sunday": ("{{ day_of_week(D) }}", 7),
    "iso_week": ("{{ iso_week(D) }}", 9),
    "date_part_of": ("{{ date_part_of('quarter', D) }}", 1),
    "date_number": ("{{ date_number(D) }}", 20260301),
    "add_days": ("{{ add_days(D, -1) }}", date(2026, 2, 28)),
    "add_months": ("{{ add_months(\"cast('2026-01-31' as date)\", 1) }}", date(2026, 2, 28)),
    "days_between": ("{{ days_between(\"cast('2026-02-27' as date)\", D) }}", 2),
    "months_between": ("{{ months_between(\"cast('2025-12-31' as date)\", D) }}", 3),
    "day_spine": ("(select count(*) from ({{ day_spine(D, add_days(D, 9)) }}) as days)", 10),
    "date_series": (
        "(select max(date_day) from ({{ date_series('2026-01-01', as_of()) }}) as days)",
        date(2027, 12, 31),
    ),
    # instants
    "from_unix": ("{{ unix_micros(from_unix('1767225600')) }}", 1_767_225_600_000_000),
    "utc_date over midnight": ("{{ utc_date(timestamp_literal('2026-01-01T23:30:00-02:00')) }}",
                               date(2026, 1, 2)),
    "utc_date before 1970": ("{{ utc_date(timestamp_literal('1969-12-31T23:59:59Z')) }}",
                             date(1969, 12, 31)),
    "midnight_utc": ("{{ unix_micros(midnight_utc(\"cast('1970-01-02' as date)\")) }}",
                     86_400_000_000),
    "seconds_between": (
        "{{ seconds_between(from_unix('10'), timestamp_literal('1970-01-01T00:00:12.9Z')) }}", 2
    ),
    "day_before": ("{{ day_before(timestamp_literal('2026-03-01T00:30:00+01:00'), 1) }}",
                   date(2026, 2, 27)),
    "end_of_time": ("{{ utc_date(end_of_time()) }}", date(9999, 12, 31)),
}  # fmt: skip


def templates() -> list[str]:
    return [re.sub(r"\bD\b", SUNDAY, text) for text, _ in CASES.values()]


def project() -> Any:
    """A project of one model: every case in a column of its own."""
    shown = [f"    {text} as case_{number}" for number, text in enumerate(templates())]
    return plant(cases="select\n" + ",\n".join(shown))


def compiled(engine: str) -> str:
    """What the macros become on one engine."""
    return compile_models(project(), engine)["cases"]


def compiled_singly(engine: str) -> dict[str, str]:
    """A query for each case, so that one that an engine refuses does not take the others along."""
    models = {f"case_{n}": f"select {text} as found" for n, text in enumerate(templates())}
    texts = compile_models(plant(**models), engine)
    return {case: texts[f"case_{number}"] for number, case in enumerate(CASES)}


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name in SHOWN:
        (GOLDEN / f"{name}.sql").write_text(compiled(name) + "\n")
