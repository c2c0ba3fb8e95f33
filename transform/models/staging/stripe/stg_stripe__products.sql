with

source as (
    {{ newest_versions(source('stripe', 'products'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as stripe_product_id,
        default_price as default_price_id,
        -- attributes
        name,
        description,
        type as product_type,
        unit_label,
        metadata as metadata_json,
        -- flags
        active as is_active,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        {{ from_unix('updated') }} as updated_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
