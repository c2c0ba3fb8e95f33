{#-
    Expressions that are true for every row, each with a name; a failing row says which it broke. One
    scan finds the rows that break any rule, however many rules there are; only they are asked again.
-#}
{% test row_rules(model, rules) %}
with

checked as (
    select * from {{ model }}
),

broken as (
    select *
    from checked as tested
    where not (
        {%- for expression in rules.values() %}
        coalesce({{ expression }}, false)
        {%- if not loop.last %}
        and{% endif %}
        {%- endfor %}
    )
)
{% for name, expression in rules.items() %}
select
    '{{ name }}' as broken_rule,
    tested.*
from broken as tested
where not coalesce({{ expression }}, false)
{%- if not loop.last %}

union all

{% endif %}
{%- endfor %}
{% endtest %}
