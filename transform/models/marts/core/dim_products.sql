with

products as (
    select * from {{ ref('int_products_unified') }}
),

final as (
    select
        -- keys
        product_key,
        source,
        source_id,
        app_product_id,
        stripe_product_id,
        sku,
        -- attributes
        name as product_name,
        category,
        product_type,
        -- money
        currency,
        unit_price,
        unit_cost,
        cast(unit_price - unit_cost as {{ money_type() }}) as unit_margin,
        -- flags
        is_active,
        -- times (UTC)
        created_at,
        updated_at
    from products
)

select * from final
