{#-
    The value that goes with the smallest order, nulls among the values left out: how one attribute
    is chosen from several sources that each may know it. Values are text, orders whole numbers from 0.
-#}
{% macro first_by(value, order_by) -%}
    {{ return(adapter.dispatch('first_by', 'buck')(value, order_by)) }}
{%- endmacro %}

{% macro default__first_by(value, order_by) -%}
    min_by({{ value }}, case when {{ value }} is not null then {{ order_by }} end)
{%- endmacro %}

{% macro duckdb__first_by(value, order_by) -%}
    arg_min({{ value }}, {{ order_by }})
{%- endmacro %}

{% macro postgres__first_by(value, order_by) -%}
    (array_agg({{ value }} order by {{ order_by }} nulls last) filter (where {{ value }} is not null))[1]
{%- endmacro %}

{% macro bigquery__first_by(value, order_by) -%}
    array_agg({{ value }} ignore nulls order by {{ order_by }} limit 1)[safe_offset(0)]
{%- endmacro %}

{#- It has neither arrays in aggregates nor min_by: the order goes before the value as text. -#}
{% macro redshift__first_by(value, order_by) -%}
    substring(
        min(
            case
                when {{ value }} is not null
                    then lpad(cast({{ order_by }} as varchar(20)), 20, '0') || cast({{ value }} as varchar(65000))
            end
        ),
        21
    )
{%- endmacro %}


{#- Whether two values differ; null is a value of its own. -#}
{% macro is_distinct(left, right) -%}
    {{ return(adapter.dispatch('is_distinct', 'buck')(left, right)) }}
{%- endmacro %}

{% macro default__is_distinct(left, right) -%}
    ({{ left }} is distinct from {{ right }})
{%- endmacro %}

{% macro redshift__is_distinct(left, right) -%}
    (
        case
            when {{ left }} is null and {{ right }} is null then false
            when {{ left }} is null or {{ right }} is null then true
            else {{ left }} <> {{ right }}
        end
    )
{%- endmacro %}


{#- Whether two values are the same; null is a value of its own. -#}
{% macro is_same(left, right) -%}
    (not {{ is_distinct(left, right) }})
{%- endmacro %}


{#- The greatest of some values, nulls left out; null if all are null. -#}
{% macro greatest_of(values) -%}
    {{ return(adapter.dispatch('greatest_of', 'buck')(values)) }}
{%- endmacro %}

{% macro default__greatest_of(values) -%}
    greatest({{ values | join(', ') }})
{%- endmacro %}

{% macro snowflake__greatest_of(values) -%}
    greatest_ignore_nulls({{ values | join(', ') }})
{%- endmacro %}

{% macro bigquery__greatest_of(values) -%}
    (select max(given) from unnest([{{ values | join(', ') }}]) as given)
{%- endmacro %}


{#- The least of some values, nulls left out; null if all are null. -#}
{% macro least_of(values) -%}
    {{ return(adapter.dispatch('least_of', 'buck')(values)) }}
{%- endmacro %}

{% macro default__least_of(values) -%}
    least({{ values | join(', ') }})
{%- endmacro %}

{% macro snowflake__least_of(values) -%}
    least_ignore_nulls({{ values | join(', ') }})
{%- endmacro %}

{% macro bigquery__least_of(values) -%}
    (select min(given) from unnest([{{ values | join(', ') }}]) as given)
{%- endmacro %}


{#- Between two selects: equal rows once. BigQuery has no plain `union`. -#}
{% macro union_distinct() -%}
    {{ return(adapter.dispatch('union_distinct', 'buck')()) }}
{%- endmacro %}

{% macro default__union_distinct() -%}
    union
{%- endmacro %}

{% macro bigquery__union_distinct() -%}
    union distinct
{%- endmacro %}
