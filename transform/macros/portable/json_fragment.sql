{#- A nested value at a path of a JSON column, as JSON text. -#}
{% macro json_fragment(column, path) -%}
    {{ return(adapter.dispatch('json_fragment', 'buck')(column, path)) }}
{%- endmacro %}

{% macro default__json_fragment(column, path) -%}
    {{ json_text(column, path) }}
{%- endmacro %}

{#- Its json_value gives plain values only. -#}
{% macro bigquery__json_fragment(column, path) -%}
    json_query({{ column }}, '$.{{ path }}')
{%- endmacro %}
