-- Every line has the values of the app's order, and the customer who is behind the app's user.
with

shown as {{ inlined() }} (
    select * from {{ ref('fct_orders') }}
),

users as (
    select * from {{ ref('int_identities_linked') }} where source = 'app'
),

customers as (
    select * from {{ ref('dim_customers') }}
),

looked_up as {{ inlined() }} (
    select
        orders.order_id,
        orders.user_id,
        orders.payment_intent_id,
        orders.channel,
        orders.status as order_status,
        orders.status = 'cancelled' as is_cancelled,
        orders.currency,
        orders.placed_at,
        {{ utc_date('orders.placed_at') }} as order_date,
        orders._buck_seq as order_seq,
        users.customer_id,
        customers.customer_key,
        customers.segment as customer_segment
    from {{ ref('stg_app__orders') }} as orders
    left join users on {{ as_text('orders.user_id') }} = users.source_id
    left join customers on {{ customer_at('users.customer_id', 'orders.placed_at') }}
),

-- The order's own mart, which assert_sales_orders_match compares with the app, and which
-- assert_sales_orders_add_up holds to the number of its lines.
counted as {{ inlined() }} (
    select
        wide.*,
        wide.segment_at_order as customer_segment,
        wide.line_count as row_count,
        orders._buck_seq as order_seq
    from {{ ref('sales_orders') }} as wide
    left join {{ ref('stg_app__orders') }} as orders on wide.order_id = orders.order_id
)

{{ differing_lookups('order_item_id', 'order_id', [
    'user_id', 'payment_intent_id', 'channel', 'order_status', 'is_cancelled', 'currency', 'placed_at',
    'order_date', 'order_seq', 'customer_id', 'customer_key', 'customer_segment',
]) }}
