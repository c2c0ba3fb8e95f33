{#-
    Fails for every row whose expression is not true; null is not true. On a column, the expression
    follows the column's name.
-#}
{% test expression_is_true(model, expression, column_name=none) %}
select *
from {{ model }}
where not coalesce({{ column_name ~ ' ' if column_name else '' }}{{ expression }}, false)
{% endtest %}
