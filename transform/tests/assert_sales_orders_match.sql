-- Every order of the app with what its lines, its payments and its customer say.
with

shown as (
    select * from {{ ref('sales_orders') }}
),

orders as (
    select * from {{ ref('stg_app__orders') }}
),

lines as (
    select
        order_id,
        count(*) as line_count,
        sum(quantity) as item_quantity,
        sum(line_amount) as order_amount,
        sum(discount) as discount,
        sum(revenue) as revenue,
        case when count(cost) = count(*) then sum(cost) end as cost
    from {{ ref('fct_orders') }}
    group by order_id
),

payments as (
    select
        payment_intent_id,
        sum(gross_amount) as paid_amount,
        sum(amount_refunded) as refunded_amount
    from {{ ref('fct_payments') }}
    group by payment_intent_id
),

users as (
    select * from {{ ref('int_identities_linked') }} where source = 'app'
),

customers as (
    select * from {{ ref('dim_customers') }}
),

joined as (
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
        users.customer_id,
        coalesce(lines.line_count, 0) as line_count,
        coalesce(lines.item_quantity, 0) as item_quantity,
        coalesce(lines.order_amount, 0) as order_amount,
        coalesce(lines.discount, 0) as discount,
        coalesce(lines.revenue, 0) as revenue,
        case when lines.order_id is null then 0 else lines.cost end as cost,
        coalesce(payments.paid_amount, 0) as paid_amount,
        coalesce(payments.refunded_amount, 0) as refunded_amount
    from orders
    left join lines on orders.order_id = lines.order_id
    left join payments on orders.payment_intent_id = payments.payment_intent_id
    left join users on {{ as_text('orders.user_id') }} = users.source_id
),

expected as (
    select
        joined.*,
        joined.revenue - joined.cost as profit,
        {{ start_of('month', 'joined.order_date') }} as order_month,
        {{ start_of('quarter', 'joined.order_date') }} as order_quarter,
        case
            when not joined.is_cancelled and joined.customer_id is not null
                then row_number() over (
                    partition by joined.customer_id, joined.is_cancelled
                    order by joined.placed_at nulls last, joined.order_id nulls last
                )
        end as customer_order_number,
        buyers.customer_key,
        buyers.name as customer_name,
        buyers.segment as segment_at_order,
        today.segment as segment_now,
        today.company_name,
        today.industry,
        today.country_code
    from joined
    left join customers as buyers
        on {{ customer_at('joined.customer_id', 'joined.placed_at', customers='buyers') }}
    left join customers as today
        on joined.customer_id = today.customer_id
        and today.is_current
)

{{ differing_rows(['order_id'], [
    'customer_id', 'customer_key', 'user_id', 'payment_intent_id', 'customer_name', 'segment_at_order',
    'segment_now', 'company_name', 'industry', 'country_code', 'channel', 'order_status', 'is_cancelled',
    'customer_order_number', 'line_count', 'item_quantity', 'currency', 'order_amount', 'discount',
    'revenue', 'cost', 'profit', 'paid_amount', 'refunded_amount', 'placed_at', 'order_date',
    'order_month', 'order_quarter',
]) }}
