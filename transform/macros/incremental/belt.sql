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

{#-
    Only those whose rows come out as others: the model's own query is asked for all young keys first. So a
    belt that finds nothing writes nothing, and what is built from the model has nothing to do.
-#}
{% macro duckdb__young_keys(declared, key) -%}
    {%- set now, differing = this.identifier ~ '__young', this.identifier ~ '__young_differing' -%}
    {%- do run_query(
        'create table ' ~ affected_keys(this) ~ ' as select distinct ' ~ key ~ ' as affected_key from '
        ~ this ~ ' where ' ~ declared.young
    ) -%}
    {%- for column in declared.get('carries', {}) -%}
        {%- do run_query('drop table if exists ' ~ carried(this, column)) -%}
        {%- do run_query(keep_carried(key, column, is_same=false)) -%}
    {%- endfor -%}
    {%- do run_query('create or replace temp table "' ~ now ~ '" as ' ~ compiled_code) -%}
    {%- do run_query('create or replace temp table "' ~ differing ~ '" as ' ~ differing_keys(now, key)) -%}
    {%- do run_query('drop table "' ~ now ~ '"') -%}
    {%- do run_query('drop table ' ~ affected_keys(this)) -%}
    {{ return('select affected_key from "' ~ differing ~ '"') }}
{%- endmacro %}

{#- The keys whose rows in a temporary table are not those that the model has of the affected keys. -#}
{% macro differing_keys(now, key) -%}
    {%- set kept, made = [], [] -%}
    {%- for name, type in run_query("select format('\"{}\"', column_name), data_type from duckdb_columns()
        where (database_name, schema_name, table_name)
            = ('" ~ this.database ~ "', '" ~ this.schema ~ "', '" ~ this.identifier ~ "')
        order by column_index").rows -%}
        {%- do kept.append(name) -%}
        {%- do made.append('cast(' ~ name ~ ' as ' ~ type ~ ')') -%}
    {%- endfor -%}
    select {{ key }} as affected_key
    from (
        select {{ key }}, cast(hash({{ kept | join(', ') }}) as hugeint) as row_hash
        from {{ this }}
        where {{ key }} in (select affected_key from {{ affected_keys(this) }})
        union all
        select {{ key }}, -cast(hash({{ made | join(', ') }}) as hugeint)
        from "{{ now }}"
    ) as rows_hashed
    group by {{ key }}
    having sum(row_hash) <> 0
{%- endmacro %}
