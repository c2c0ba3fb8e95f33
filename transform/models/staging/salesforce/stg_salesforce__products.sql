with

source as (
    {{ newest_salesforce_versions(source('salesforce', 'product2')) }}
),

renamed as (
    select
        -- ids
        id as product_id,
        -- attributes
        name,
        productcode as product_code,
        family,
        stockkeepingunit as sku,
        description,
        -- flags
        isactive as is_active,
        -- times (UTC)
        createddate as created_at,
        systemmodstamp as modified_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and not coalesce(isdeleted, false)
)

select * from renamed
