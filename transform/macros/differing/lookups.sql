{#-
    The rows of `shown` in which a column is not what the CTE `looked_up` says, which has one row per key.
    On DuckDB nothing is joined unless something differs. A third CTE, `counted`, says the same as `looked_up`
    and with `row_count` how many rows of `shown` have the key: where the hashes of `shown` add up, by buckets,
    to as many times the hashes of `counted`, both say the same. That `counted` is right is for another test
    to say. All three begin with `{{ inlined() }}`.

    Args:
        row: The column of `shown` that tells its rows apart.
        key: The column of both that is looked up; that it isn't null is for another test to say.
        columns: What is compared.
-#}
{% macro differing_lookups(row, key, columns) -%}
    {{ return(adapter.dispatch('differing_lookups', 'buck')(row, key, columns)) }}
{%- endmacro %}

{% macro default__differing_lookups(row, key, columns) -%}
    {{ return(looked_up_and_compared(row, key, columns, 'shown', 'looked_up')) }}
{%- endmacro %}

{% macro duckdb__differing_lookups(row, key, columns) -%}
{%- set odd = ' where ' ~ is_odd([key]) ~ ')' -%}
{%- set hashed = row_hash([key] + columns) -%}
, odd_buckets as (
    {{ odd_buckets(
        [key], ('counted', ['row_count * ' ~ hashed]), ('shown', [hashed])
    ) | indent(4) }}
)

{{ looked_up_and_compared(
    row, key, columns, '(select * from shown' ~ odd, '(select * from looked_up' ~ odd
) }}
{%- endmacro %}

{% macro looked_up_and_compared(row, key, columns, shown, looked_up) -%}
{%- set cells = cells_of(columns) -%}
select
    shown.{{ row }},
    {{ differing_cells(cells) }} as finding
from {{ shown }} as shown
left join {{ looked_up }} as expected on shown.{{ key }} = expected.{{ key }}
where {{ a_cell_differs(cells) }}
{%- endmacro %}
