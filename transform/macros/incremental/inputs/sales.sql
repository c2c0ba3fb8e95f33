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
        'differs': [differing(
            ordered_by_others, [ref('int_identities_linked'), ref('int_customers_versioned')]
        )],
        'groups': ['order_id'],
        'young': 'order_date >= ' ~ day_before(as_of(), var('incremental_lookback_days') | int),
    }) }}
{%- endmacro %}


{#- An order's own versions, its lines and payments, its place among others, and who ordered. -#}
{% macro sales_orders_inputs() -%}
    {%- set paid_by -%}
        select order_id
        from {{ ref('stg_app__orders') }}
        where payment_intent_id in (select affected_key from {changed} as changed)
    {%- endset -%}
    {%- set customers_of_users -%}
        select customer_id
        from {{ ref('int_identities_linked') }}
        where source = 'app'
          and source_id in (select {{ as_text('affected_key') }} from {changed} as changed)
    {%- endset -%}
    {%- set numbers_differ = is_distinct('built.customer_order_number', 'numbered.customer_order_number') -%}
    {%- set renumbered -%}
        select built.order_id
        from {{ this }} as built
        left join ({{ orders_numbered() }}) as numbered on built.order_id = numbered.order_id
        where {{ numbers_differ }}
    {%- endset -%}
    {#- An order that lost its number changed itself. -#}
    {%- set renumbered_by_users -%}
        select built.order_id
        from {{ this }} as built
        inner join ({{ orders_numbered(customers=customers_of_users) }}) as numbered
            on built.order_id = numbered.order_id
        where {{ numbers_differ }}
    {%- endset -%}
    {%- set ordered_by_others -%}
        select built.order_id
        from {{ this }} as built
        left join {{ ref('int_identities_linked') }} as identities
            on identities.source = 'app'
            and {{ as_text('built.user_id') }} = identities.source_id
        left join {{ ref('int_customers_versioned') }} as customers
            on {{ customer_at('identities.customer_id', 'built.placed_at') }}
        left join {{ ref('dim_customers') }} as present
            on identities.customer_id = present.customer_id
            and present.is_current
        where {{ is_distinct('built.customer_id', 'identities.customer_id') }}
           or {{ is_distinct('built.customer_key', 'customers.customer_key') }}
           or {{ is_distinct('built.customer_name', 'customers.name') }}
           or {{ is_distinct('built.segment_at_order', 'customers.segment') }}
           or {{ is_distinct('built.segment_now', 'present.segment') }}
           or {{ is_distinct('built.company_name', 'present.company_name') }}
           or {{ is_distinct('built.industry', 'present.industry') }}
           or {{ is_distinct('built.country_code', 'present.country_code') }}
    {%- endset -%}
    {{ return({
        'inputs': [
            built_input(ref('stg_app__orders'), key='order_id', moves=true),
            built_input(
                ref('stg_app__orders'), key='order_id', group='user_id', via=renumbered_by_users,
                moves=true
            ),
            built_input(ref('fct_orders'), key='order_item_id', group='order_id'),
            built_input(
                ref('fct_payments'), key='charge_id', group='payment_intent_id', via=paid_by
            ),
        ],
        'differs': [
            differing(
                renumbered, [ref('int_identities_linked')], beside=[ref('stg_app__orders')], moves=true
            ),
            differing(
                ordered_by_others,
                [ref('int_identities_linked'), ref('int_customers_versioned'), ref('dim_customers')],
            ),
        ],
        'carries': ['customer_order_number'],
        'stamp': 'placed_at',
    }) }}
{%- endmacro %}
