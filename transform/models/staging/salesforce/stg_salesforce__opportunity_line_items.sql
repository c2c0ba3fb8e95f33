with

source as (
    {{ newest_salesforce_versions(source('salesforce', 'opportunitylineitem')) }}
),

renamed as (
    select
        -- ids
        id as opportunity_line_item_id,
        opportunityid as opportunity_id,
        product2id as product_id,
        -- attributes
        productcode as product_code,
        name,
        quantity,
        servicedate as service_on,
        -- money
        lower(currencyisocode) as currency,
        {{ as_money('unitprice') }} as unit_price,
        {{ as_money('totalprice') }} as total_price,
        discount as discount_pct,
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
