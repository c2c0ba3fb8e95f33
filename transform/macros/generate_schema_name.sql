{#- A model's schema is its layer or domain (staging, intermediate, core, finance…), never prefixed:
    the published file says `marts.finance.fct_payments`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
