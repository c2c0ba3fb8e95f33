{#-
    Join condition on `int_exchange_rates_dated`: the planning rate of the month that a day is in,
    which is the one that holds on the month's first day. A month has one rate, so its sums convert
    like its parts.
-#}
{% macro rate_at(currency, month, rates='rates') -%}
    {{ rates }}.currency = {{ currency }}
        and {{ month }} >= {{ rates }}.valid_from
        and {{ month }} < {{ rates }}.valid_to
{%- endmacro %}
