{#- A model's schema is its layer or domain (staging, intermediate, core, finance…): the published file
    says `marts.finance.fct_payments`. A promotion builds where nobody reads: behind a prefix. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ var('schema_prefix', '') }}{{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
