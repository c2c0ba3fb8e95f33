{#-
    The rows in which a mart differs from what its sources say: of two CTEs, `shown` and `expected`, those
    whose key is in one only, and those with another value in a column. One join, whatever the columns.

    Args:
        hashed_first: For millions of rows on DuckDB, which would write such a join to disk: only rows of
            buckets whose hashes don't add up to the same are joined. Both CTEs are read twice then, so
            they begin with `{{ inlined() }}`.
-#}
{% macro differing_rows(keys, columns, hashed_first=false) -%}
    {{ return(adapter.dispatch('differing_rows', 'buck')(keys, columns, hashed_first)) }}
{%- endmacro %}

{% macro default__differing_rows(keys, columns, hashed_first) -%}
    {{ return(joined_and_compared(keys, columns, 'expected', 'shown')) }}
{%- endmacro %}

{% macro duckdb__differing_rows(keys, columns, hashed_first) -%}
{%- if not hashed_first -%}
    {{ return(default__differing_rows(keys, columns, hashed_first)) }}
{%- endif -%}
{%- set bucket = 'hash(' ~ keys | join(', ') ~ ') % 1024' -%}
{%- set row = 'cast(hash(' ~ (keys + columns) | join(', ') ~ ') as hugeint)' -%}
{%- set odd = 'where ' ~ bucket ~ ' in (select bucket from odd_buckets)' -%}
, odd_buckets as (
    select bucket
    from (
        select
            {{ bucket }} as bucket,
            {{ row }} as row_hash
        from expected
        union all
        select
            {{ bucket }} as bucket,
            -{{ row }} as row_hash
        from shown
    ) as hashed
    group by bucket
    having sum(row_hash) <> 0
)

{{ joined_and_compared(keys, columns, '(select * from expected ' ~ odd ~ ')', '(select * from shown ' ~ odd ~ ')') }}
{%- endmacro %}

{% macro joined_and_compared(keys, columns, expected, shown) -%}
{%- set cells = cells_of(columns) -%}
select
    {%- for key in keys %}
    coalesce(expected.{{ key }}, shown.{{ key }}) as {{ key }},
    {%- endfor %}
    case
        when shown.{{ keys[0] }} is null then 'missing'
        when expected.{{ keys[0] }} is null then 'not in the source'
        else {{ differing_cells(cells) }}
    end as finding
from {{ expected }} as expected
full outer join {{ shown }} as shown
    on {% for key in keys %}expected.{{ key }} = shown.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
where expected.{{ keys[0] }} is null
   or shown.{{ keys[0] }} is null
   or {{ a_cell_differs(cells) }}
{%- endmacro %}


{#-
    The rows of `shown` in which a column is not what the CTE `looked_up` says, which has one row per key.
    On DuckDB hashes are looked up instead of columns, and only what differs is joined whole: both CTEs
    begin with `{{ inlined() }}`.

    Args:
        row: The column of `shown` that tells its rows apart.
        key: The column of both that is looked up; that it isn't null is for another test to say.
-#}
{% macro differing_lookups(row, key, columns) -%}
    {{ return(adapter.dispatch('differing_lookups', 'buck')(row, key, columns)) }}
{%- endmacro %}

{% macro default__differing_lookups(row, key, columns) -%}
    {{ return(looked_up_and_compared(row, key, columns, 'shown', 'looked_up')) }}
{%- endmacro %}

{% macro duckdb__differing_lookups(row, key, columns) -%}
{%- set odd = ' where ' ~ key ~ ' in (select ' ~ key ~ ' from odd_keys))' -%}
{%- set hashed = 'hash(' ~ columns | join(', ') ~ ')' -%}
, odd_keys as (
    select distinct shown.{{ key }}
    from (select {{ key }}, {{ hashed }} as row_hash from shown) as shown
    left join (select {{ key }}, {{ hashed }} as row_hash from looked_up) as expected
        on shown.{{ key }} = expected.{{ key }}
    where shown.row_hash is distinct from expected.row_hash
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


{#- Each column with what stands in `expected`. -#}
{% macro cells_of(columns) -%}
    {%- set cells = {} -%}
    {%- for column in columns %}{% do cells.update({column: 'expected.' ~ column}) %}{% endfor -%}
    {{ return(cells) }}
{%- endmacro %}

{#- The names of those columns of `shown` that differ from their expressions, as one text. -#}
{% macro differing_cells(cells) -%}
    {%- for column, expression in cells.items() -%}
        case when {{ is_distinct(expression, 'shown.' ~ column) }} then ' {{ column }}' else '' end
        {{- ' || ' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- Whether a column of `shown` differs from its expression. -#}
{% macro a_cell_differs(cells) -%}
    {%- for column, expression in cells.items() %}
    {{- is_distinct(expression, 'shown.' ~ column) }}
    {%- if not loop.last %}
   or {% endif %}
    {%- endfor %}
{%- endmacro %}


{#- For a CTE that is cheaper to read twice than to keep. -#}
{% macro inlined() -%}
    {{ return(adapter.dispatch('inlined', 'buck')()) }}
{%- endmacro %}

{% macro default__inlined() -%}
{%- endmacro %}

{% macro duckdb__inlined() -%}
    not materialized
{%- endmacro %}
