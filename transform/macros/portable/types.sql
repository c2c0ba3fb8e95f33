{#- The type of text of any length. -#}
{% macro text_type() -%}
    {{ return(adapter.dispatch('text_type', 'buck')()) }}
{%- endmacro %}

{% macro default__text_type() -%}
    varchar
{%- endmacro %}

{% macro postgres__text_type() -%}
    text
{%- endmacro %}

{% macro bigquery__text_type() -%}
    string
{%- endmacro %}

{#- Plain varchar is 256 bytes there. -#}
{% macro redshift__text_type() -%}
    varchar(65535)
{%- endmacro %}

{% macro spark__text_type() -%}
    string
{%- endmacro %}


{#- The type of an instant. -#}
{% macro timestamp_type() -%}
    {{ return(adapter.dispatch('timestamp_type', 'buck')()) }}
{%- endmacro %}

{% macro default__timestamp_type() -%}
    timestamp with time zone
{%- endmacro %}

{% macro snowflake__timestamp_type() -%}
    timestamp_tz
{%- endmacro %}

{% macro bigquery__timestamp_type() -%}
    timestamp
{%- endmacro %}

{% macro spark__timestamp_type() -%}
    timestamp
{%- endmacro %}


{#- The type of an inexact number; money and what is compared must never have it. -#}
{% macro float_type() -%}
    {{ return(adapter.dispatch('float_type', 'buck')()) }}
{%- endmacro %}

{% macro default__float_type() -%}
    double precision
{%- endmacro %}

{% macro bigquery__float_type() -%}
    float64
{%- endmacro %}

{% macro spark__float_type() -%}
    double
{%- endmacro %}


{#-
    An exact number of so many digits, so many of them behind the point. BigQuery has it without
    rounding: what may have more decimals is cast by `as_decimal`.
-#}
{% macro decimal_type(precision, scale) -%}
    {{ return(adapter.dispatch('decimal_type', 'buck')(precision, scale)) }}
{%- endmacro %}

{% macro default__decimal_type(precision, scale) -%}
    decimal({{ precision }}, {{ scale }})
{%- endmacro %}

{#- NUMERIC has 29 digits before the point and 9 behind it. A cast there takes no digits. -#}
{% macro bigquery__decimal_type(precision, scale) -%}
    {{ 'bignumeric' if scale > 9 or precision - scale > 29 else 'numeric' }}
{%- endmacro %}


{#- A value as an exact number, rounded half away from zero to so many decimals. -#}
{% macro as_decimal(value, precision, scale) -%}
    {{ return(adapter.dispatch('as_decimal', 'buck')(value, precision, scale)) }}
{%- endmacro %}

{% macro default__as_decimal(value, precision, scale) -%}
    cast({{ value }} as {{ decimal_type(precision, scale) }})
{%- endmacro %}

{% macro bigquery__as_decimal(value, precision, scale) -%}
    round(cast({{ value }} as {{ decimal_type(precision, scale) }}), {{ scale }})
{%- endmacro %}


{#- A value as text: text, whole numbers and dates look the same everywhere; instants do not. -#}
{% macro as_text(value) -%}
    cast({{ value }} as {{ text_type() }})
{%- endmacro %}


{#- The type of a column's contract (`text`, `timestamp with time zone`…) as the target spells it. -#}
{% macro contract_type(data_type) -%}
    {%- set given = data_type | lower | trim -%}
    {%- set digits = modules.re.match('(?:decimal|numeric)\\s*\\((\\d+)\\s*,\\s*(\\d+)\\)$', given) -%}
    {%- if given in ('text', 'varchar', 'string') -%}
        {{ text_type() }}
    {%- elif given in ('timestamp with time zone', 'timestamptz') -%}
        {{ timestamp_type() }}
    {%- elif given in ('double', 'double precision', 'float') -%}
        {{ float_type() }}
    {%- elif digits -%}
        {{ decimal_type(digits.group(1) | int, digits.group(2) | int) }}
    {%- else -%}
        {{ data_type }}
    {%- endif -%}
{%- endmacro %}
