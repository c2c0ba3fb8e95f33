-- Every line of an order has the app's own values, and the customer who is behind the app's user.
with

shown as (
    select * from {{ ref('fct_orders') }}
),

orders as (
    select * from {{ ref('stg_app__orders') }}
),

items as (
    select * from {{ ref('stg_app__order_items') }}
),

users as (
    select * from {{ ref('int_identities_linked') }} where source = 'app'
),

customers as (
    select * from {{ ref('dim_customers') }}
),

numbered as (
    select
        product_id,
        currency,
        unit_cost,
        became_true_at,
        lead(became_true_at) over (partition by product_id order by version_number) as ends_at,
        row_number() over (partition by product_id order by version_number) as place
    from {{ ref('stg_app__product_versions') }}
    where not is_deleted
),

-- With an `or` in the join below, DuckDB would compare every line with every version.
costs as (
    select
        product_id,
        currency,
        unit_cost,
        case when place = 1 then {{ start_of_time() }} else became_true_at end as starts_at,
        coalesce(ends_at, {{ end_of_time() }}) as ends_at
    from numbered
),

lines as (
    select
        items.order_item_id,
        items.order_id,
        items.product_id,
        items.quantity,
        items.unit_price,
        items.discount,
        items._buck_seq as order_item_seq,
        orders.user_id,
        orders.payment_intent_id,
        orders.channel,
        orders.status as order_status,
        orders.status = 'cancelled' as is_cancelled,
        orders.currency,
        orders.placed_at,
        {{ utc_date('orders.placed_at') }} as order_date,
        orders._buck_seq as order_seq,
        {{ greatest_of(['items._buck_observed_at', 'orders._buck_observed_at']) }} as buck_updated_at,
        case when costs.currency = orders.currency then costs.unit_cost end as unit_cost
    from items
    inner join orders on items.order_id = orders.order_id
    left join costs
        on items.product_id = costs.product_id
        and orders.placed_at >= costs.starts_at
        and orders.placed_at < costs.ends_at
),

expected as (
    select
        lines.*,
        {{ surrogate_key(['lines.order_item_id']) }} as order_item_key,
        users.customer_id,
        customers.customer_key,
        customers.segment as customer_segment,
        case when lines.is_cancelled then 0 else lines.quantity * lines.unit_cost end as cost
    from lines
    left join users on {{ as_text('lines.user_id') }} = users.source_id
    left join customers on {{ customer_at('users.customer_id', 'lines.placed_at') }}
)

{{ differing_rows(['order_item_id'], [
    'order_item_key', 'order_id', 'product_id', 'customer_id', 'customer_key', 'user_id',
    'payment_intent_id', 'customer_segment', 'channel', 'order_status', 'is_cancelled', 'currency',
    'quantity', 'unit_price', 'discount', 'unit_cost', 'cost', 'placed_at', 'order_date', 'order_seq',
    'order_item_seq', 'buck_updated_at',
]) }}
