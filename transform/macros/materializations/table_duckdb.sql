{#-
    A table beside the old one, which it replaces in the same transaction. dbt's own way renames twice
    and asks for indexes and foreign keys before each step; candidates have neither.
-#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set language = model['language'] -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set beside = make_intermediate_relation(target_relation) -%}
    {%- set left_over = load_cached_relation(beside) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- if left_over is not none %}
        {% do adapter.drop_relation(left_over) %}
    {%- endif %}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main', language=language) -%}
        {{ create_table_as(False, beside, compiled_code, language) }}
    {%- endcall %}
    {%- if existing is not none %}
        {% do adapter.drop_relation(existing) %}
    {%- endif %}
    {% do adapter.rename_relation(beside, target_relation) %}

    {% do create_indexes(target_relation) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
