{#-
    A table beside the old one, which it replaces in the same transaction. dbt's own way renames twice
    and asks for indexes and foreign keys before each step; candidates have neither.

    A table whose rows can only be the same again is left as it is; see `recipe_of`.
-#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set language = model['language'] -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set beside = make_intermediate_relation(target_relation) -%}
    {%- set left_over = load_cached_relation(beside) -%}
    {%- set is_noted = writes_its_rows_alone(model) -%}
    {%- set recipe = recipe_of_model() if is_noted else none -%}
    {%- set is_kept = existing is not none and existing.is_table and not should_full_refresh()
        and is_as_built(target_relation, recipe) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- if left_over is not none %}
        {% do adapter.drop_relation(left_over) %}
    {%- endif %}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main', language=language) -%}
        {%- if is_kept -%}
            select 'kept' as outcome
        {%- else -%}
            {{ create_table_as(False, beside, compiled_code, language) }}
        {%- endif -%}
    {%- endcall %}
    {%- if not is_kept %}
        {%- if existing is not none %}
            {% do adapter.drop_relation(existing) %}
        {%- endif %}
        {% do adapter.rename_relation(beside, target_relation) %}
        {% do create_indexes(target_relation) %}
        {%- if is_noted %}
            {% do run_query(note_content(target_relation, rows_of(target_relation), recipe, is_noted=true)) %}
        {%- endif %}
    {%- endif %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
