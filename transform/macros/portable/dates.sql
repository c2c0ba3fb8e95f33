{#- First day of the ISO week, month, quarter or year, as a date (date_trunc gives a timestamp on DuckDB). -#}
{% macro start_of(part, day) -%}
    {{ return(adapter.dispatch('start_of', 'buck')(part, day)) }}
{%- endmacro %}

{% macro default__start_of(part, day) -%}
    cast(date_trunc('{{ part }}', {{ day }}) as date)
{%- endmacro %}

{#- Of a date it would make an instant of the session's time zone. -#}
{% macro postgres__start_of(part, day) -%}
    cast(date_trunc('{{ part }}', cast({{ day }} as timestamp)) as date)
{%- endmacro %}

{#- The first day of its weeks is a setting of the account. -#}
{% macro snowflake__start_of(part, day) -%}
    {%- if part == 'week' -%}
        dateadd(day, 1 - dayofweekiso({{ day }}), {{ day }})
    {%- else -%}
        cast(date_trunc('{{ part }}', {{ day }}) as date)
    {%- endif -%}
{%- endmacro %}

{#- Its weeks begin on Sunday. -#}
{% macro bigquery__start_of(part, day) -%}
    date_trunc({{ day }}, {{ 'isoweek' if part == 'week' else part }})
{%- endmacro %}


{#- Monday of the week. -#}
{% macro week_start(day) -%}
    {{ start_of('week', day) }}
{%- endmacro %}


{#- 1 for Monday to 7 for Sunday. -#}
{% macro day_of_week(day) -%}
    {{ return(adapter.dispatch('day_of_week', 'buck')(day)) }}
{%- endmacro %}

{% macro default__day_of_week(day) -%}
    cast(extract(isodow from {{ day }}) as integer)
{%- endmacro %}

{% macro snowflake__day_of_week(day) -%}
    dayofweekiso({{ day }})
{%- endmacro %}

{% macro bigquery__day_of_week(day) -%}
    (mod(extract(dayofweek from {{ day }}) + 5, 7) + 1)
{%- endmacro %}

{% macro redshift__day_of_week(day) -%}
    (mod(cast(extract(dow from {{ day }}) as integer) + 6, 7) + 1)
{%- endmacro %}

{% macro spark__day_of_week(day) -%}
    (weekday({{ day }}) + 1)
{%- endmacro %}


{#- ISO 8601 week of the year. -#}
{% macro iso_week(day) -%}
    {{ return(adapter.dispatch('iso_week', 'buck')(day)) }}
{%- endmacro %}

{% macro default__iso_week(day) -%}
    cast(extract(week from {{ day }}) as integer)
{%- endmacro %}

{% macro snowflake__iso_week(day) -%}
    weekiso({{ day }})
{%- endmacro %}

{% macro bigquery__iso_week(day) -%}
    extract(isoweek from {{ day }})
{%- endmacro %}


{#- The year, quarter, month or day of a date, as an integer. -#}
{% macro date_part_of(part, day) -%}
    {%- if part not in ('year', 'quarter', 'month', 'day') -%}
        {{ exceptions.raise_compiler_error(
            "date_part_of knows year, quarter, month and day, not " ~ part ~ "; see day_of_week, iso_week"
        ) }}
    {%- endif -%}
    cast(extract({{ part }} from {{ day }}) as integer)
{%- endmacro %}


{#- The day as a number, yyyymmdd. -#}
{% macro date_number(day) -%}
    ({{ date_part_of('year', day) }} * 10000 + {{ date_part_of('month', day) }} * 100 + {{ date_part_of('day', day) }})
{%- endmacro %}


{#- The date some days later; a negative number goes back. -#}
{% macro add_days(day, days) -%}
    {{ return(adapter.dispatch('add_days', 'buck')(day, days)) }}
{%- endmacro %}

{% macro default__add_days(day, days) -%}
    ({{ day }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro snowflake__add_days(day, days) -%}
    dateadd(day, {{ days }}, {{ day }})
{%- endmacro %}

{% macro bigquery__add_days(day, days) -%}
    date_add({{ day }}, interval {{ days }} day)
{%- endmacro %}

{% macro redshift__add_days(day, days) -%}
    cast(dateadd(day, cast({{ days }} as integer), {{ day }}) as date)
{%- endmacro %}

{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, cast({{ days }} as int))
{%- endmacro %}


{#- The same day some months later, or the month's last where it is shorter. -#}
{% macro add_months(day, months) -%}
    {{ return(adapter.dispatch('add_months', 'buck')(day, months)) }}
{%- endmacro %}

{% macro default__add_months(day, months) -%}
    cast({{ day }} + cast({{ months }} as integer) * interval '1 month' as date)
{%- endmacro %}

{#- Its add_months would keep to the last day of the month. -#}
{% macro snowflake__add_months(day, months) -%}
    dateadd(month, {{ months }}, {{ day }})
{%- endmacro %}

{% macro bigquery__add_months(day, months) -%}
    date_add({{ day }}, interval {{ months }} month)
{%- endmacro %}

{% macro redshift__add_months(day, months) -%}
    cast(dateadd(month, cast({{ months }} as integer), {{ day }}) as date)
{%- endmacro %}

{% macro spark__add_months(day, months) -%}
    add_months({{ day }}, cast({{ months }} as int))
{%- endmacro %}


{#- Days from one date to another, as bigint; negative if the second is earlier. -#}
{% macro days_between(start, finish) -%}
    {{ return(adapter.dispatch('days_between', 'buck')(start, finish)) }}
{%- endmacro %}

{% macro default__days_between(start, finish) -%}
    cast({{ finish }} - {{ start }} as bigint)
{%- endmacro %}

{% macro snowflake__days_between(start, finish) -%}
    datediff(day, {{ start }}, {{ finish }})
{%- endmacro %}

{% macro bigquery__days_between(start, finish) -%}
    date_diff({{ finish }}, {{ start }}, day)
{%- endmacro %}

{% macro redshift__days_between(start, finish) -%}
    datediff(day, {{ start }}, {{ finish }})
{%- endmacro %}

{% macro spark__days_between(start, finish) -%}
    cast(datediff({{ finish }}, {{ start }}) as bigint)
{%- endmacro %}


{#- Calendar months from one date's month to another's, whatever the days in them. -#}
{% macro months_between(start, finish) -%}
    (
        ({{ date_part_of('year', finish) }} - {{ date_part_of('year', start) }}) * 12
        + {{ date_part_of('month', finish) }} - {{ date_part_of('month', start) }}
    )
{%- endmacro %}


{#- A select with one row per day (`date_day`) from a date to another, both included. -#}
{% macro day_spine(first, last) -%}
    {{ return(adapter.dispatch('day_spine', 'buck')(first, last)) }}
{%- endmacro %}

{#- Without a generator that takes its end from data: 100,000 numbers, and those that are needed. -#}
{% macro default__day_spine(first, last) -%}
    {%- set digits -%}
        select 0 as d union all select 1 union all select 2 union all select 3 union all select 4
        union all select 5 union all select 6 union all select 7 union all select 8 union all select 9
    {%- endset %}
    {%- set number = 'a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d' -%}
    select {{ add_days(first, number) }} as date_day
    from ({{ digits }}) as a
    cross join ({{ digits }}) as b
    cross join ({{ digits }}) as c
    cross join ({{ digits }}) as d
    cross join ({{ digits }}) as e
    where {{ number }} <= {{ days_between(first, last) }}
{%- endmacro %}

{% macro duckdb__day_spine(first, last) -%}
    select cast(day as date) as date_day
    from generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval '1' day)
        as series(day)
{%- endmacro %}

{% macro postgres__day_spine(first, last) -%}
    select cast(day as date) as date_day
    from generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval '1' day)
        as series(day)
{%- endmacro %}

{#- Its generate_series runs on the leader node alone, beside no table. -#}
{% macro redshift__day_spine(first, last) -%}
    {{ default__day_spine(first, last) }}
{%- endmacro %}

{% macro bigquery__day_spine(first, last) -%}
    select date_day
    from unnest(generate_date_array({{ first }}, {{ last }})) as date_day
{%- endmacro %}

{% macro spark__day_spine(first, last) -%}
    select explode(sequence({{ first }}, {{ last }}, interval 1 day)) as date_day
{%- endmacro %}


{#- One row per day (`date_day`) from a date to the end of the year after an instant. -#}
{% macro date_series(start, instant) -%}
    {%- set next_year = add_months(start_of('year', utc_date(instant)), 24) -%}
    {{ day_spine("cast('" ~ start ~ "' as date)", add_days(next_year, -1)) }}
{%- endmacro %}
