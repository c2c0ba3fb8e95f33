{{ config(enabled=var('snowflake_products')) }}
with

products as (
    select * from {{ ref('int_products_unified') }}
),

final as (
    select
        -- keys
        product_category_key,
        -- attributes
        category,
        max(case when category = 'subscription' then 'Subscriptions' else 'Goods' end)
            as category_group,
        count(*) as product_count
    from products
    group by
        product_category_key,
        category
)

select * from final
