{#- A query for the young keys that are to be computed again; none if the model has no belt. -#}
{% macro young_keys(declared, key) -%}
    {%- if declared.get('young') and var('incremental_lookback_days') | int > 0 -%}
        {{ return(adapter.dispatch('young_keys', 'buck')(declared, key)) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{% macro default__young_keys(declared, key) -%}
    {{ return('select ' ~ key ~ ' from ' ~ this ~ ' where ' ~ declared.young) }}
{%- endmacro %}

{#- Only those whose rows come out as others, so that a belt which finds nothing writes nothing. -#}
{% macro duckdb__young_keys(declared, key) -%}
    {%- do run_query(
        'create table ' ~ affected_keys(this) ~ ' as select distinct ' ~ key ~ ' as affected_key, 1 as moves from '
        ~ this ~ ' where ' ~ declared.young
    ) -%}
    {%- for column in declared.get('carries', []) -%}
        {%- do run_query('drop table if exists ' ~ carried(this, column)) -%}
        {%- do run_query(keep_carried(key, column)) -%}
    {%- endfor -%}
    {%- do find_differing(key, of_keys=declared.young) -%}
    {%- do run_query('drop table ' ~ affected_keys(this)) -%}
    {{ return('select affected_key from ' ~ differing_affected()) }}
{%- endmacro %}


{#- Leave among the affected keys only those whose rows come out as others; all of them on other engines. -#}
{% macro keep_differing(key) -%}
    {{ return(adapter.dispatch('keep_differing', 'buck')(key)) }}
{%- endmacro %}

{% macro default__keep_differing(key) -%}
{%- endmacro %}

{% macro duckdb__keep_differing(key) -%}
    {%- do find_differing(key, of_keys=is_affected(key)) -%}
    {%- do run_query('create or replace table ' ~ affected_keys(this) ~ ' as select affected_key, 1 as moves from '
        ~ differing_affected()) -%}
{%- endmacro %}


{#-
    Ask the model's own query for the affected keys, and note in a temporary table which rows are others.

    Args:
        key: The model's key.
        of_keys: A condition on the model's rows, for those of the affected keys. A range of time lies
            together in the table, keys lie anywhere in it.
-#}
{% macro find_differing(key, of_keys) -%}
    {%- set now = '"' ~ this.identifier ~ '__now"' -%}
    {%- do run_query('create or replace temp table ' ~ now ~ ' as ' ~ compiled_code) -%}
    {%- do run_query(
        'create or replace temp table ' ~ differing_affected() ~ ' as ' ~ differing_keys(now, key, of_keys)
    ) -%}
    {%- do run_query('drop table ' ~ now) -%}
{%- endmacro %}


{% macro differing_affected() -%}
    "{{ this.identifier }}__differing"
{%- endmacro %}

{#- The keys whose rows in a temporary table are not those that the model has of them. -#}
{% macro differing_keys(now, key, of_keys) -%}
    {%- set kept, made = [], [] -%}
    {%- for column, type in run_query(columns_there(this)).rows -%}
        {%- set name = adapter.quote(column) -%}
        {%- do kept.append(name) -%}
        {%- do made.append('cast(' ~ name ~ ' as ' ~ type ~ ')') -%}
    {%- endfor -%}
    select {{ key }} as affected_key
    from (
        select {{ key }}, cast(hash({{ kept | join(', ') }}) as hugeint) as row_hash
        from {{ this }}
        where {{ of_keys }}
        union all
        select {{ key }}, -cast(hash({{ made | join(', ') }}) as hugeint)
        from {{ now }}
    ) as rows_hashed
    group by {{ key }}
    having sum(row_hash) <> 0
{%- endmacro %}
