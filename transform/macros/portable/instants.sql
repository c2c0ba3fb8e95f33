{#- The moment this run is about; models never call the clock, so a rebuild gives the same rows. -#}
{% macro as_of() -%}
    {%- if execute and not var('as_of', none) -%}
        {{ exceptions.raise_compiler_error(
            "the variable as_of is missing; pass --vars '{as_of: \"2026-02-15T00:00:00Z\"}'"
        ) }}
    {%- endif -%}
    {{ timestamp_literal(var("as_of")) }}
{%- endmacro %}


{#- An instant written in ISO 8601; without an offset the engines would read different instants. -#}
{% macro timestamp_literal(text) -%}
    {%- if execute and not modules.re.search('(Z|[+-][0-9]{2}:?[0-9]{2})$', text | string) -%}
        {{ exceptions.raise_compiler_error("an instant needs Z or an offset: " ~ text) }}
    {%- endif -%}
    cast('{{ text }}' as {{ timestamp_type() }})
{%- endmacro %}


{#- Where a version that is still valid ends. -#}
{% macro end_of_time() -%}
    {{ timestamp_literal('9999-12-31T00:00:00Z') }}
{%- endmacro %}


{#- Before anything happened. -#}
{% macro start_of_time() -%}
    {{ timestamp_literal('0001-01-01T00:00:00Z') }}
{%- endmacro %}


{#- Unix seconds as an instant. -#}
{% macro from_unix(seconds) -%}
    {{ return(adapter.dispatch('from_unix', 'buck')(seconds)) }}
{%- endmacro %}

{% macro default__from_unix(seconds) -%}
    to_timestamp({{ seconds }})
{%- endmacro %}

{% macro snowflake__from_unix(seconds) -%}
    convert_timezone('UTC', to_timestamp_tz({{ seconds }}))
{%- endmacro %}

{% macro bigquery__from_unix(seconds) -%}
    timestamp_seconds({{ seconds }})
{%- endmacro %}

{% macro redshift__from_unix(seconds) -%}
    ({{ timestamp_literal('1970-01-01T00:00:00+00:00') }} + {{ seconds }} * interval '1 second')
{%- endmacro %}

{% macro spark__from_unix(seconds) -%}
    timestamp_seconds({{ seconds }})
{%- endmacro %}


{#- An instant as microseconds since 1970: its one text form that no session setting changes. -#}
{% macro unix_micros(instant) -%}
    {{ return(adapter.dispatch('unix_micros', 'buck')(instant)) }}
{%- endmacro %}

{% macro default__unix_micros(instant) -%}
    unix_micros({{ instant }})
{%- endmacro %}

{% macro duckdb__unix_micros(instant) -%}
    epoch_us({{ instant }})
{%- endmacro %}

{% macro postgres__unix_micros(instant) -%}
    cast(extract(epoch from {{ instant }}) * 1000000 as bigint)
{%- endmacro %}

{% macro snowflake__unix_micros(instant) -%}
    date_part(epoch_microsecond, {{ instant }})
{%- endmacro %}

{% macro redshift__unix_micros(instant) -%}
    datediff(microsecond, {{ timestamp_literal('1970-01-01T00:00:00+00:00') }}, {{ instant }})
{%- endmacro %}


{#- Whole seconds from one instant to another, the rest cut off downwards. -#}
{% macro seconds_between(start, finish) -%}
    cast(floor(({{ unix_micros(finish) }} - {{ unix_micros(start) }}) / 1000000.0) as bigint)
{%- endmacro %}


{#- The UTC calendar day of an instant, whatever the session's time zone. -#}
{% macro utc_date(instant) -%}
    {{ return(adapter.dispatch('utc_date', 'buck')(instant)) }}
{%- endmacro %}

{% macro default__utc_date(instant) -%}
    cast({{ instant }} at time zone 'UTC' as date)
{%- endmacro %}

{#- `at time zone` asks the calendar of the zone, which takes ten times as long; only infinity needs it. -#}
{% macro duckdb__utc_date(instant) -%}
    case
        when isfinite({{ instant }}) then cast(make_timestamp(epoch_us({{ instant }})) as date)
        else cast({{ instant }} at time zone 'UTC' as date)
    end
{%- endmacro %}

{% macro snowflake__utc_date(instant) -%}
    cast(convert_timezone('UTC', {{ instant }}) as date)
{%- endmacro %}

{% macro bigquery__utc_date(instant) -%}
    date({{ instant }}, 'UTC')
{%- endmacro %}

{% macro spark__utc_date(instant) -%}
    cast(to_utc_timestamp({{ instant }}, current_timezone()) as date)
{%- endmacro %}


{#- The first instant of a UTC day. -#}
{% macro midnight_utc(day) -%}
    {{ return(adapter.dispatch('midnight_utc', 'buck')(day)) }}
{%- endmacro %}

{% macro default__midnight_utc(day) -%}
    (cast({{ day }} as timestamp) at time zone 'UTC')
{%- endmacro %}

{% macro snowflake__midnight_utc(day) -%}
    cast(to_char({{ day }}, 'YYYY-MM-DD') || ' 00:00:00 +00:00' as timestamp_tz)
{%- endmacro %}

{% macro bigquery__midnight_utc(day) -%}
    timestamp({{ day }}, 'UTC')
{%- endmacro %}

{% macro spark__midnight_utc(day) -%}
    cast(cast({{ day }} as string) || 'T00:00:00Z' as timestamp)
{%- endmacro %}


{#- The UTC day that lies some days before an instant's own. -#}
{% macro day_before(instant, days) -%}
    {{ add_days(utc_date(instant), '-' ~ days) }}
{%- endmacro %}
