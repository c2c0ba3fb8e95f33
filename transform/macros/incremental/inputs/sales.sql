{#- A line's own versions, its order's, its product's cost, and who ordered. -#}
{% macro fct_orders_inputs() -%}
    {%- set lines_of_orders -%}
        select order_item_id
        from {{ ref('stg_app__order_items') }}
        where order_id in (select affected_key from {changed} as changed)
    {%- endset -%}
    {%- set lines_of_products -%}
        select order_item_id
        from {{ ref('stg_app__order_items') }}
        where product_id in (select id from {changed} as changed)
    {%- endset -%}
    {%- set ordered_by_others -%}
        select built.order_item_id
        from {{ this }} as built
        left join {{ ref('int_identities_linked') }} as identities
            on identities.source = 'app'
            and {{ as_text('built.user_id') }} = identities.source_id
        left join {{ ref('int_customers_versioned') }} as customers
            on {{ customer_at('identities.customer_id', 'built.placed_at') }}
        where {{ is_distinct('built.customer_id', 'identities.customer_id') }}
           or {{ is_distinct('built.customer_key', 'customers.customer_key') }}
           or {{ is_distinct('built.customer_segment', 'customers.segment') }}
    {%- endset -%}
    {{ return({
        'inputs': [
            built_input(ref('stg_app__order_items'), key='order_item_id'),
            built_input(ref('stg_app__orders'), key='order_id', via=lines_of_orders),
            log_input(source('app', 'products'), via=lines_of_products),
        ],
        'differs': [ordered_by_others],
        'young': 'order_date >= ' ~ day_before(as_of(), var('incremental_lookback_days') | int),
    }) }}
{%- endmacro %}
