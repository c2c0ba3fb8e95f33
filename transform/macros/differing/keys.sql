{#-
    Keys that several rows of a model share, or that are not there. One test for all staging models of a
    source: a build has a view per landed table, and a test per view would take longer than the models.

    Args:
        keys: Models, each with the columns of its key.
        numbered: Those whose key is one column of whole numbers that were given out one after another.
-#}
{% macro unsound_keys(keys, numbered=[]) -%}
{%- for model, columns in keys.items() %}
select
    '{{ model }}' as model,
    {% for column in columns -%}
    coalesce({{ as_text(column) }}, '(null)'){% if not loop.last %} || ' / ' || {% endif %}
    {%- endfor %} as key,
    row_count
from ({{ shared_keys(ref(model), columns, model in numbered) | indent(4) }}) as shared
{%- if not loop.last %}

union all

{% endif %}
{%- endfor %}
{%- endmacro %}

{#-
    Rows of keys and `row_count`: keys that several rows share, or that have a null.

    Args:
        is_numbered: The key is one column of whole numbers, most of them in use: on DuckDB one word of 64
            bits then stands for as many keys, which takes a fourth of the time.
-#}
{% macro shared_keys(relation, columns, is_numbered=false) -%}
    {{ return(adapter.dispatch('shared_keys', 'buck')(relation, columns, is_numbered)) }}
{%- endmacro %}

{% macro default__shared_keys(relation, columns, is_numbered) -%}
    {{ grouped_keys(relation, columns) }}
{%- endmacro %}

{% macro grouped_keys(relation, columns, only=none) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ relation }}
{%- if only %}
where {{ only }}
{%- endif %}
group by {{ columns | join(', ') }}
having count(*) > 1
{%- for column in columns %}
    or {{ column }} is null
{%- endfor %}
{%- endmacro %}

{% macro duckdb__shared_keys(relation, columns, is_numbered) -%}
{%- if not is_numbered -%}
    {{ return(grouped_keys(relation, columns)) }}
{%- endif -%}
{%- set key = columns[0] -%}
{{ grouped_keys(relation, columns, only=key ~ ' is null') }}
union all
{{ grouped_keys(relation, columns, only=key ~ ' >> 6 in (
    select ' ~ key ~ ' >> 6
    from ' ~ relation ~ '
    group by ' ~ key ~ ' >> 6
    having count(*) <> bit_count(bit_or(1::ubigint << (' ~ key ~ ' & 63)::ubigint))
)') }}
{%- endmacro %}
