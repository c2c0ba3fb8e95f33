with

source as (
    {{ newest_versions(source('app', 'products'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as product_id,
        stripe_product_id,
        sku,
        -- attributes
        name,
        category,
        attributes as attributes_json,
        -- money
        lower(currency) as currency,
        {{ as_money('unit_price') }} as unit_price,
        {{ as_money('unit_cost') }} as unit_cost,
        -- times (UTC)
        created_at,
        updated_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
)

select * from renamed
