{#-
    Rows of `int_orders_enriched`: orders with the customer as they were when they ordered.

    Args:
        only: A condition on `order_id`. It stands before the outer joins, where it saves their work:
            no engine moves a semi-join below them by itself.
-#}
{% macro orders_enriched(only=none) -%}
with

orders as (
    select * from {{ ref('stg_app__orders') }}
    {%- if only %}
    where {{ only }}
    {%- endif %}
),

identities as (
    select * from {{ ref('int_identities_linked') }} where source = 'app'
),

customers as (
    select * from {{ ref('int_customers_versioned') }}
),

enriched as (
    select
        orders.*,
        identities.customer_id,
        customers.customer_key,
        customers.name as customer_name,
        customers.segment as customer_segment,
        {{ utc_date('orders.placed_at') }} as order_date
    from orders
    left join identities on {{ as_text('orders.user_id') }} = identities.source_id
    left join customers on {{ customer_at('identities.customer_id', 'orders.placed_at') }}
),

final as (
    select
        -- ids
        order_id,
        user_id,
        customer_id,
        customer_key,
        payment_intent_id,
        -- customer at the time of the order
        customer_name,
        customer_segment,
        -- attributes
        channel,
        currency,
        status as order_status,
        status = 'cancelled' as is_cancelled,
        -- times (UTC)
        placed_at,
        order_date,
        {{ start_of('month', 'order_date') }} as order_month,
        {{ start_of('quarter', 'order_date') }} as order_quarter,
        -- arrival
        _buck_seq as order_seq,
        _buck_observed_at as observed_at
    from enriched
)

select * from final
{%- endmacro %}
