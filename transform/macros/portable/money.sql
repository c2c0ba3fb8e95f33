{#- The type of every amount: exact, with the three decimals that the finest currencies have. -#}
{% macro money_type() -%}
    {{ decimal_type(18, 3) }}
{%- endmacro %}


{#- A value as an amount, rounded half away from zero to the decimals that amounts have. -#}
{% macro as_money(value) -%}
    {{ as_decimal(value, 18, 3) }}
{%- endmacro %}


{#-
    Minor units as an exact decimal amount, by the currency's own exponent (seed `currencies`).
    Multiplies by exact decimals: on DuckDB `minor / 100.0` would be a DOUBLE. An exponent that is
    null or not 0 to 3 gives null, which the not-null tests refuse.
-#}
{% macro money(minor, exponent) -%}
    cast(
        cast({{ minor }} as {{ decimal_type(19, 0) }}) * case {{ exponent }}
            when 0 then cast(1.000 as {{ decimal_type(4, 3) }})
            when 1 then cast(0.100 as {{ decimal_type(4, 3) }})
            when 2 then cast(0.010 as {{ decimal_type(4, 3) }})
            when 3 then cast(0.001 as {{ decimal_type(4, 3) }})
        end as {{ money_type() }}
    )
{%- endmacro %}


{#- Cents as an exact decimal amount, for columns that are known to be in a two-decimal currency. -#}
{% macro cents_to_dollars(cents) -%}
    {{ money(cents, 2) }}
{%- endmacro %}


{#- A number of pieces times the price of one, exact. -#}
{% macro times(pieces, price) -%}
    {{ return(adapter.dispatch('times', 'buck')(pieces, price)) }}
{%- endmacro %}

{% macro default__times(pieces, price) -%}
    {{ pieces }} * {{ price }}
{%- endmacro %}

{#- A bigint has 19 digits there, and more than 18 are multiplied in 128 bits, which takes eight times as long. -#}
{% macro duckdb__times(pieces, price) -%}
    cast({{ pieces }} as {{ decimal_type(18, 0) }}) * {{ price }}
{%- endmacro %}


{#-
    An amount times a rate, not rounded yet. The product has 38 digits on every engine, so none of
    them drops decimals to make room.
-#}
{% macro exact_product(amount, rate) -%}
    {{ return(adapter.dispatch('exact_product', 'buck')(amount, rate)) }}
{%- endmacro %}

{% macro default__exact_product(amount, rate) -%}
    cast({{ amount }} as {{ decimal_type(23, 3) }}) * cast({{ rate }} as {{ decimal_type(14, 8) }})
{%- endmacro %}

{#- A product of NUMERIC keeps nine decimals, and this one has eleven. -#}
{% macro bigquery__exact_product(amount, rate) -%}
    round(cast({{ amount }} as bignumeric), 3) * round(cast({{ rate }} as bignumeric), 8)
{%- endmacro %}


{#- An amount in another currency, rounded half away from zero to the scale of all amounts. -#}
{% macro convert_money(amount, rate) -%}
    {{ return(adapter.dispatch('convert_money', 'buck')(amount, rate)) }}
{%- endmacro %}

{% macro default__convert_money(amount, rate) -%}
    cast(round({{ exact_product(amount, rate) }}, 3) as {{ money_type() }})
{%- endmacro %}

{#-
    Of factors that both have up to 18 digits DuckDB makes a product of 18, which is rounded in a tenth of
    the time and holds everyday amounts; what could be larger goes the long way.
-#}
{% macro duckdb__convert_money(amount, rate) -%}
    case
        when ({{ amount }}) between -99999 and 99999 and {{ rate }} between 0 and 99
            then cast(
                round(cast({{ amount }} as {{ money_type() }}) * cast({{ rate }} as {{ decimal_type(14, 8) }}), 3)
                as {{ money_type() }}
            )
        else {{ default__convert_money(amount, rate) }}
    end
{%- endmacro %}


{#- The sum of some amounts in another currency, rounded once, at the end. -#}
{% macro sum_converted(amount, rate) -%}
    cast(round(sum({{ exact_product(amount, rate) }}), 3) as {{ money_type() }})
{%- endmacro %}
