-- No product is sold in another currency than its own. That every line and every order is there, and that
-- orders add up to their lines, is what assert_orders_match_the_app and assert_sales_orders_match compare.
select
    lines.order_item_id,
    lines.currency,
    products.currency as product_currency
from {{ ref('fct_orders') }} as lines
inner join {{ ref('stg_app__products') }} as products on lines.product_id = products.product_id
where lines.currency <> products.currency
