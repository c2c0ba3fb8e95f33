{#-
    The rows in which a mart differs from what its sources say: of two CTEs, `shown` and `expected`, those
    whose key is in one only, and those with another value in a column. One join, whatever the columns.
-#}
{% macro differing_rows(keys, columns) -%}
select
    {%- for key in keys %}
    coalesce(expected.{{ key }}, shown.{{ key }}) as {{ key }},
    {%- endfor %}
    case
        when shown.{{ keys[0] }} is null then 'missing'
        when expected.{{ keys[0] }} is null then 'not in the source'
        else {% for column in columns -%}
            case when {{ is_distinct('expected.' ~ column, 'shown.' ~ column) }} then ' {{ column }}' else '' end
            {{- ' || ' if not loop.last }}
        {% endfor %}
    end as finding
from expected
full outer join shown
    on {% for key in keys %}expected.{{ key }} = shown.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
where expected.{{ keys[0] }} is null
   or shown.{{ keys[0] }} is null
{%- for column in columns %}
   or {{ is_distinct('expected.' ~ column, 'shown.' ~ column) }}
{%- endfor %}
{%- endmacro %}
