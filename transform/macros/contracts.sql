{#-
    Contracts are written in the words that DuckDB and PostgreSQL share (`text`, `timestamp with time
    zone`, `decimal(18, 3)`). Where an engine has other words, they are put in their place before dbt
    compares the model with its contract, and so before it creates the table from it.
-#}
{% macro spell_contract() -%}
    {%- for column in model['columns'].values() -%}
        {%- if column.get('data_type') -%}
            {%- do column.update({'data_type': contract_type(column['data_type']) | trim}) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{% macro bigquery__get_assert_columns_equivalent(sql) -%}
    {%- do spell_contract() -%}
    {{ return(assert_columns_equivalent(sql)) }}
{%- endmacro %}

{% macro redshift__get_assert_columns_equivalent(sql) -%}
    {%- do spell_contract() -%}
    {{ return(assert_columns_equivalent(sql)) }}
{%- endmacro %}

{% macro spark__get_assert_columns_equivalent(sql) -%}
    {%- do spell_contract() -%}
    {{ return(assert_columns_equivalent(sql)) }}
{%- endmacro %}
