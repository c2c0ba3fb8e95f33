{#-
    Join condition on `customers`: the version valid at an instant. A payment that is older than all
    that is known of its customer belongs to the first version.

    An `or` here would make DuckDB compare every event with every customer: conditions that each
    compare one side with the other stay a hash join.
-#}
{% macro customer_at(customer_id, instant, customers='customers') -%}
    {{ customers }}.customer_id = {{ customer_id }}
        and {{ instant }} < {{ customers }}.valid_to
        and {{ instant }} >= case
            when {{ customers }}.version_number = 1 then {{ start_of_time() }}
            else {{ customers }}.valid_from
        end
{%- endmacro %}
