{#-
    Expressions that are true for every row, each with a name; a failing row says which it broke. One
    scan finds the rows that break any rule, and only they meet the names: with a query per rule, and
    dbt's `limit` around them, DuckDB would read every column of every row.
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
),

names as (
    {%- for name in rules %}
    select '{{ name }}' as broken_rule
    {%- if not loop.last %}
    union all{% endif %}
    {%- endfor %}
)

select
    names.broken_rule,
    tested.*
from broken as tested
cross join names
where case names.broken_rule
    {%- for name, expression in rules.items() %}
    when '{{ name }}' then not coalesce({{ expression }}, false)
    {%- endfor %}
end
{% endtest %}
