{#-
    The rows in which a mart differs from what its sources say: of two CTEs, `shown` and `expected`, those
    whose key is in one only, and those with another value in a column. One join, whatever the columns.

    Args:
        hashed_first: For millions of rows on DuckDB, which would write such a join to disk: only rows of
            buckets whose hashes don't add up to the same are joined. Both CTEs are read twice then, so
            they begin with `{{ inlined() }}`.
        ready: Columns of `expected` that hold the `hash_of` some columns, with those columns: what many
            rows take from one row of a dimension is hashed there once, and joined as a number.
-#}
{% macro differing_rows(keys, columns, hashed_first=false, ready={}) -%}
    {{ return(adapter.dispatch('differing_rows', 'buck')(keys, columns, hashed_first, ready)) }}
{%- endmacro %}

{% macro default__differing_rows(keys, columns, hashed_first, ready) -%}
    {{ return(joined_and_compared(keys, columns, 'expected', 'shown')) }}
{%- endmacro %}

{% macro duckdb__differing_rows(keys, columns, hashed_first, ready) -%}
{%- if not hashed_first -%}
    {{ return(default__differing_rows(keys, columns, hashed_first, ready)) }}
{%- endif -%}
{%- set taken = ready.values() | sum(start=[]) -%}
{%- set own = keys + (columns | reject('in', taken) | list) -%}
{%- set expected, shown = [], [] -%}
{%- for column, hashed in ready.items() -%}
    {#- A row that joins nothing has nulls there. -#}
    {%- do expected.append('coalesce(' ~ column ~ ', ' ~ hash_of(['null'] * hashed | length) ~ ')') -%}
    {%- do shown.append(hash_of(hashed)) -%}
{%- endfor -%}
{%- set odd = ' where ' ~ is_odd(keys) ~ ')' -%}
, odd_buckets as (
    {{ odd_buckets(
        keys, ('expected', [row_hash(own + expected)]), ('shown', [row_hash(own + shown)])
    ) | indent(4) }}
)

{{ joined_and_compared(keys, columns, '(select * from expected' ~ odd, '(select * from shown' ~ odd) }}
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
