{#-
    Buckets of keys in which two tables differ, for millions of rows on DuckDB. What each row says is turned
    into a whole number, and these are added up by buckets: rows that say the same add up to the same, in
    any order, without a join or a sort; others come to the same sum by chance once in 2 to the power of 30,
    or less often. Only rows of odd buckets are then compared value by value.
-#}
{% macro bucket_of(keys) -%}
    hash({{ keys | join(', ') }}) % 1024
{%- endmacro %}

{#- Whether a row lies in a bucket of the CTE `odd_buckets`. -#}
{% macro is_odd(keys) -%}
    {{ bucket_of(keys) }} in (select bucket from odd_buckets)
{%- endmacro %}

{#-
    Rows `bucket`: where the sums over two tables are not the same.

    Args:
        keys: What puts rows into buckets, columns of both.
        one: A table, and what each of its rows adds: as many expressions as there are sums.
        other: The same of the table that must come to the same sums.
-#}
{% macro odd_buckets(keys, one, other) -%}
select bucket
from (
    {%- for table, addends in (one, other) %}
    {%- set sign = '' if loop.first else '-' %}
    select
        {{ bucket_of(keys) }} as bucket
        {%- for addend in addends %},
        {{ sign }}({{ addend }}) as addend_{{ loop.index }}
        {%- endfor %}
    from {{ table }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
) as added
group by bucket
having {% for addend in one[1] %}sum(addend_{{ loop.index }}) <> 0{{ ' or ' if not loop.last }}{% endfor %}
{%- endmacro %}

{#- A hash that may be added up. -#}
{% macro row_hash(columns) -%}
    cast({{ hash_of(columns) }} as hugeint)
{%- endmacro %}

{#- What a row says in some columns, as one number. -#}
{% macro hash_of(columns) -%}
    {{ return(adapter.dispatch('hash_of', 'buck')(columns)) }}
{%- endmacro %}

{#- Nobody reads it where rows are compared value by value. -#}
{% macro default__hash_of(columns) -%}
    0
{%- endmacro %}

{% macro duckdb__hash_of(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}


{#-
    For a table of sums over the rows of another: a CTE with the buckets in which a sum can't be right, with
    the comma before it, on DuckDB; nothing elsewhere. To be used with `where_odd`.

    Args:
        key: What belongs to one sum, a column of both.
        parts: The table that is added up.
        sums: The table of sums.
        columns: Its columns, or what is made of them, with what is added up for each.
-#}
{% macro odd_sums(key, parts, sums, columns) -%}
    {{ return(adapter.dispatch('odd_sums', 'buck')(key, parts, sums, columns)) }}
{%- endmacro %}

{% macro default__odd_sums(key, parts, sums, columns) -%}
{%- endmacro %}

{#- Each key has a weight of its own, lest what one sum has too much makes up for what another lacks. -#}
{% macro duckdb__odd_sums(key, parts, sums, columns) -%}
{%- set weight = 'cast(hash(' ~ key ~ ') >> 34 as decimal(10, 0)) * ' -%}
{#- A sum is never null: the last one counts those that are. -#}
{%- set nulls = [] -%}
{%- for column in columns -%}{%- do nulls.append('(' ~ column ~ ') is null') -%}{%- endfor -%}
{%- set added, shown = [], [] -%}
{%- for column, addend in columns.items() -%}
    {%- do added.append(weight ~ addend) -%}
    {%- do shown.append(weight ~ column) -%}
{%- endfor -%}
, odd_buckets as (
    {{ odd_buckets(
        [key],
        (parts, added + ['0']),
        (sums, shown + [weight ~ 'cast(' ~ nulls | join(' or ') ~ ' as integer)']),
    ) | indent(4) }}
)
{%- endmacro %}

{#- Limits a table to those buckets, on DuckDB; to nothing elsewhere. -#}
{% macro where_odd(key) -%}
    {{ return(adapter.dispatch('where_odd', 'buck')(key)) }}
{%- endmacro %}

{% macro default__where_odd(key) -%}
{%- endmacro %}

{% macro duckdb__where_odd(key) -%}
    where {{ is_odd([key]) }}
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
