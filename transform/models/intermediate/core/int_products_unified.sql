-- What can be sold: the app's articles, one per currency, and those products of Stripe that no article
-- names, such as the plans of subscriptions.
{{ config(materialized='view') }}
with

articles as (
    select * from {{ ref('stg_app__products') }}
),

stripe_products as (
    select * from {{ ref('stg_stripe__products') }}
),

unified as (
    select
        'app' as source,
        {{ as_text('product_id') }} as source_id,
        product_id as app_product_id,
        stripe_product_id,
        sku,
        name,
        coalesce(category, 'uncategorised') as category,
        'good' as product_type,
        currency,
        unit_price,
        unit_cost,
        true as is_active,
        created_at,
        updated_at
    from articles

    union all

    select
        'stripe' as source,
        stripe_product_id as source_id,
        cast(null as bigint) as app_product_id,
        stripe_product_id,
        cast(null as {{ text_type() }}) as sku,
        name,
        case when product_type = 'service' then 'subscription' else 'uncategorised' end as category,
        coalesce(product_type, 'service') as product_type,
        cast(null as {{ text_type() }}) as currency,
        cast(null as {{ money_type() }}) as unit_price,
        cast(null as {{ money_type() }}) as unit_cost,
        is_active,
        created_at,
        updated_at
    from stripe_products
    where not exists (
        select 1
        from articles
        where articles.stripe_product_id = stripe_products.stripe_product_id
    )
),

final as (
    select
        -- keys
        {{ surrogate_key(['source', 'source_id']) }} as product_key,
        {{ surrogate_key(['category']) }} as product_category_key,
        source,
        source_id,
        app_product_id,
        stripe_product_id,
        sku,
        -- attributes
        name,
        category,
        product_type,
        -- money
        currency,
        unit_price,
        unit_cost,
        -- flags
        is_active,
        -- times (UTC)
        created_at,
        updated_at
    from unified
)

select * from final
