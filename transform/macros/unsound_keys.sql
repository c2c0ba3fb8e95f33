{#-
    Keys that several rows of a model share, or that are not there. One test for all staging models of a
    source: a build has a view per landed table, and a test per view would take longer than the models.
-#}
{% macro unsound_keys(keys) -%}
{%- for model, columns in keys.items() %}
select
    '{{ model }}' as model,
    {% for column in columns -%}
    coalesce({{ as_text(column) }}, '(null)'){% if not loop.last %} || ' / ' || {% endif %}
    {%- endfor %} as key,
    count(*) as row_count
from {{ ref(model) }}
group by {{ columns | join(', ') }}
having count(*) > 1
{%- for column in columns %}
    or {{ column }} is null
{%- endfor %}
{%- if not loop.last %}

union all

{% endif %}
{%- endfor %}
{%- endmacro %}
