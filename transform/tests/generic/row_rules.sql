{#- Expressions that are true for every row, each with a name; a failing row says which it broke. -#}
{% test row_rules(model, rules) %}
{%- for name, expression in rules.items() %}
select
    '{{ name }}' as broken_rule,
    tested.*
from {{ model }} as tested
where not coalesce({{ expression }}, false)
{%- if not loop.last %}

union all

{% endif %}
{%- endfor %}
{% endtest %}
