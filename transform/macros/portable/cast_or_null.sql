{#-
    Text as another type, null where it is not one; it never raises. Types: bigint, date, timestamp,
    boolean, decimal(p, s). The text's shape is checked first, because engines disagree about what
    they accept: DuckDB reads '1.5' as the integer 2.

    bigint: up to 18 digits. date: 2026-02-28. timestamp: 2026-02-28T12:30:00Z or with an offset.
    Not named safe_cast: dbt calls a macro of that name for every cell of a unit test.
-#}
{% macro cast_or_null(value, type) -%}
    {%- set text = 'trim(' ~ as_text(value) ~ ')' -%}
    {%- set digits = modules.re.match('decimal\\s*\\((\\d+)\\s*,\\s*(\\d+)\\)$', type) -%}
    {%- set day = '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])' -%}
    {%- set time = '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?' -%}
    {%- if type == 'boolean' -%}
        {{ parse_boolean(value) }}
    {%- elif type == 'bigint' -%}
        case when {{ regexp_found(text, '^-?[0-9]{1,18}$') }} then cast({{ text }} as bigint) end
    {%- elif digits -%}
        {%- set whole = (digits.group(1) | int) - (digits.group(2) | int) -%}
        case
            when {{ regexp_found(text, '^-?[0-9]{1,' ~ whole ~ '}([.][0-9]{1,' ~ digits.group(2) ~ '})?$') }}
                then cast({{ text }} as {{ decimal_type(digits.group(1) | int, digits.group(2) | int) }})
        end
    {%- elif type == 'date' -%}
        case
            when {{ regexp_found(text, '^' ~ day ~ '$') }}
                then case when {{ is_calendar_day(text) }} then cast({{ text }} as date) end
        end
    {%- elif type == 'timestamp' -%}
        case
            when {{ regexp_found(text, '^' ~ day ~ '[T ]' ~ time ~ '(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$') }}
                then case when {{ is_calendar_day(text) }} then cast({{ text }} as {{ timestamp_type() }}) end
        end
    {%- else -%}
        {{ exceptions.raise_compiler_error(
            "cast_or_null knows bigint, date, timestamp, boolean and decimal(p, s), not " ~ type
        ) }}
    {%- endif -%}
{%- endmacro %}


{#- Whether a text that begins with yyyy-mm-dd names a day that its month has. -#}
{% macro is_calendar_day(text) -%}
    {%- set year = 'cast(substring(' ~ text ~ ', 1, 4) as integer)' -%}
    {%- set month = 'substring(' ~ text ~ ', 6, 2)' -%}
    {%- set day = 'cast(substring(' ~ text ~ ', 9, 2) as integer)' -%}
    {{ day }} <= case
        when {{ month }} in ('04', '06', '09', '11') then 30
        when {{ month }} <> '02' then 31
        when mod({{ year }}, 400) = 0 or (mod({{ year }}, 4) = 0 and mod({{ year }}, 100) <> 0) then 29
        else 28
    end and {{ year }} > 0
{%- endmacro %}
