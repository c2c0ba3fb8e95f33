-- Every line of an order that landed is in fct_orders in its newest version, every order in
-- sales_orders, and orders add up to their lines. No product is sold in another currency than its own.
with

items as (
    select * from {{ ref('stg_app__order_items') }}
),

orders as (
    select * from {{ ref('stg_app__orders') }}
),

products as (
    select * from {{ ref('stg_app__products') }}
),

lines as (
    select * from {{ ref('fct_orders') }}
),

sales_orders as (
    select * from {{ ref('sales_orders') }}
),

expected_lines as (
    select
        items.order_item_id,
        items._buck_seq,
        orders.currency,
        products.currency as product_currency
    from items
    inner join orders on items.order_id = orders.order_id
    left join products on items.product_id = products.product_id
),

summed as (
    select
        order_id,
        sum(revenue) as revenue,
        sum(cost) as cost
    from lines
    group by order_id
)

select
    'line is missing, old or not there' as finding,
    coalesce(expected_lines.order_item_id, lines.order_item_id) as id
from expected_lines
full outer join lines on expected_lines.order_item_id = lines.order_item_id
where {{ is_distinct('expected_lines._buck_seq', 'lines.order_item_seq') }}

union all

select
    'line in another currency than its product' as finding,
    order_item_id as id
from expected_lines
where currency <> product_currency

union all

select
    'order is missing or not there' as finding,
    coalesce(orders.order_id, sales_orders.order_id) as id
from orders
full outer join sales_orders on orders.order_id = sales_orders.order_id
where orders.order_id is null
   or sales_orders.order_id is null

union all

select
    'order is not the sum of its lines' as finding,
    sales_orders.order_id as id
from sales_orders
left join summed on sales_orders.order_id = summed.order_id
where sales_orders.revenue <> coalesce(summed.revenue, 0)
   or sales_orders.cost <> coalesce(summed.cost, 0)
