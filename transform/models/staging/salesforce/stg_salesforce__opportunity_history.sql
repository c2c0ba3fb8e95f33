with

source as (
    {{ newest_salesforce_versions(source('salesforce', 'opportunityhistory')) }}
),

renamed as (
    select
        -- ids
        id as opportunity_history_id,
        opportunityid as opportunity_id,
        createdbyid as created_by_id,
        -- attributes
        stagename as stage,
        forecastcategory as forecast_category,
        probability as probability_pct,
        -- money
        lower(currencyisocode) as currency,
        {{ as_money('amount') }} as amount,
        {{ as_money('expectedrevenue') }} as expected_revenue,
        -- times (UTC)
        closedate as close_on,
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
