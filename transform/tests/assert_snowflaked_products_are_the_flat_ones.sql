{{ config(enabled=var('snowflake_products')) }}
-- Joined back together, the snowflaked product dimension is the flat one, row for row.
select
    coalesce(flat.product_key, products.product_key) as product_key,
    flat.category as flat_category,
    categories.category
from {{ ref('dim_products') }} as flat
full outer join {{ ref('dim_products_snowflaked') }} as products
    on flat.product_key = products.product_key
left join {{ ref('dim_product_categories') }} as categories
    on products.product_category_key = categories.product_category_key
where {{ is_distinct('flat.category', 'categories.category') }}
   or {{ is_distinct('flat.product_name', 'products.product_name') }}
   or {{ is_distinct('flat.unit_price', 'products.unit_price') }}
