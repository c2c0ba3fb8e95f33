{#-
    An exact quotient, rounded half away from zero; null where the divisor is 0 or null. Written with
    `/` it is an integer on PostgreSQL and Redshift, a double on DuckDB, and infinity or an error for 0.
    Operands: up to 15 digits before the point and 6 behind it.
-#}
{% macro divide(dividend, divisor, scale=6) -%}
    {{ return(adapter.dispatch('divide', 'buck')(dividend, divisor, scale)) }}
{%- endmacro %}

{% macro default__divide(dividend, divisor, scale) -%}
    cast(
        round(
            cast({{ dividend }} as {{ decimal_type(21, 6) }})
            / nullif(cast({{ divisor }} as {{ decimal_type(21, 6) }}), 0),
            {{ scale }}
        ) as {{ decimal_type(38, scale) }}
    )
{%- endmacro %}

{#- Decimals divide into a DOUBLE there; whole numbers of 128 bits divide exactly. -#}
{% macro duckdb__divide(dividend, divisor, scale) -%}
    {%- set above = 'cast(cast(' ~ dividend ~ ' as decimal(21, 6)) * 1000000 as hugeint)' -%}
    {%- set below = 'cast(cast(' ~ divisor ~ ' as decimal(21, 6)) * 1000000 as hugeint)' -%}
    cast(
        cast(
            sign({{ above }}) * sign({{ below }})
            * ((2 * abs({{ above }}) * {{ 10 ** scale }} + abs({{ below }})) // nullif(2 * abs({{ below }}), 0))
            as decimal(28, 0)
        ) * {{ '1' if scale == 0 else 'cast(0.' ~ '0' * (scale - 1) ~ '1 as decimal(' ~ scale ~ ', ' ~ scale ~ '))' }}
        as decimal(38, {{ scale }})
    )
{%- endmacro %}

{#- A decimal's own division keeps few decimals there. -#}
{% macro bigquery__divide(dividend, divisor, scale) -%}
    cast(
        round(
            cast({{ dividend }} as bignumeric) / nullif(cast({{ divisor }} as bignumeric), 0), {{ scale }}
        ) as {{ decimal_type(38, scale) }}
    )
{%- endmacro %}


{#-
    How often a whole number goes into another, both from 0: 7 and 2 give 3; null where the divisor is
    0. The quotient that is divided out has no rest, so every kind of division gives it exactly.
-#}
{% macro divide_whole(dividend, divisor) -%}
    cast(
        ({{ dividend }} - mod({{ dividend }}, nullif({{ divisor }}, 0))) / nullif({{ divisor }}, 0) as bigint
    )
{%- endmacro %}


{#- The exact mean of the values that are there, as `divide` gives it. -#}
{% macro average(value, scale=6) -%}
    {{ divide('sum(' ~ value ~ ')', 'count(' ~ value ~ ')', scale) }}
{%- endmacro %}


{#- A sum of whole numbers as bigint: DuckDB's own is a HUGEINT, PostgreSQL's a numeric. -#}
{% macro sum_bigint(value) -%}
    cast(sum({{ value }}) as bigint)
{%- endmacro %}


{#- A sum of amounts, in the type of all amounts. -#}
{% macro sum_money(value) -%}
    cast(sum({{ value }}) as {{ money_type() }})
{%- endmacro %}


{#- How many rows meet a condition, as bigint; 0 rather than null. -#}
{% macro count_if(condition) -%}
    cast(count(case when {{ condition }} then 1 end) as bigint)
{%- endmacro %}


{#- Whether any row of the group meets a condition. -#}
{% macro any_true(condition) -%}
    (max(case when {{ condition }} then 1 else 0 end) = 1)
{%- endmacro %}


{#- Whether every row of the group meets a condition. -#}
{% macro all_true(condition) -%}
    (min(case when {{ condition }} then 1 else 0 end) = 1)
{%- endmacro %}


{#- Rounded half away from zero, exactly; a plain cast to a whole number truncates on Databricks. -#}
{% macro round_to(value, scale=0) -%}
    cast(round(cast({{ value }} as {{ decimal_type(38, 9) }}), {{ scale }}) as {{ decimal_type(38, scale) }})
{%- endmacro %}
