{#-
    A model that is built by key: its new rows go straight where the old ones were deleted, and where no key
    was affected its query isn't asked. dbt's own way writes them into a temporary table first and reads it
    again. Every other incremental model is built dbt's own way, and so is this one from nothing.
-#}
{% materialization incremental, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- if not model.config.meta.get('built_by_key') or not is_incremental() -%}
        {{ return(dbt.materialization_incremental_duckdb()) }}
    {%- endif -%}
    {%- set target_relation = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set has_news = run_query('select 1 from ' ~ affected_keys(this) ~ ' limit 1').rows | length > 0 -%}
    {%- if has_news %}{% do refuse_other_columns(target_relation) %}{% endif %}
    {% call statement('main') -%}
        {%- if has_news -%}
            insert into {{ target_relation }} by name (
                {{ compiled_code }}
            )
        {%- else -%}
            select 'kept' as outcome
        {%- endif -%}
    {%- endcall %}

    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#- An insert by name would leave a column that the query no longer has empty. -#}
{% macro refuse_other_columns(relation) -%}
    {%- set there, made = {}, {} -%}
    {%- for name, type in run_query(columns_there(relation)).rows %}{% do there.update({name: type}) %}{% endfor -%}
    {%- for row in run_query('describe ' ~ compiled_code).rows %}{% do made.update({row[0]: row[1]}) %}{% endfor -%}
    {%- if there != made -%}
        {%- do exceptions.raise_compiler_error(
            relation ~ ' has other columns than its query now: build it with --full-refresh. '
            ~ 'There: ' ~ tojson(there) ~ '. Now: ' ~ tojson(made)
        ) -%}
    {%- endif -%}
{%- endmacro %}


{#- A query for the names and types of a table's columns, in their order. -#}
{% macro columns_there(relation) -%}
    select column_name, data_type
    from duckdb_columns()
    where (database_name, schema_name, table_name)
        = ('{{ relation.database }}', '{{ relation.schema }}', '{{ relation.identifier }}')
    order by column_index
{%- endmacro %}
