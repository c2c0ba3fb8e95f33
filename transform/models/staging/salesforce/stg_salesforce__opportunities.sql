with

source as (
    {{ newest_salesforce_versions(source('salesforce', 'opportunity')) }}
),

formulas as (
    {{ newest_versions(source('salesforce', 'opportunity__formula'), ['id']) }}
),

renamed as (
    select
        -- ids
        source.id as opportunity_id,
        accountid as account_id,
        contactid as contact_id,
        campaignid as campaign_id,
        ownerid as owner_id,
        -- attributes
        name,
        stagename as stage,
        type as opportunity_type,
        leadsource as lead_source,
        forecastcategoryname as forecast_category,
        formulas.account_segment__c as account_segment,
        -- money
        lower(currencyisocode) as currency,
        {{ as_money('amount') }} as amount,
        {{ as_money('expectedrevenue') }} as expected_revenue,
        probability as probability_pct,
        -- flags
        isclosed as is_closed,
        iswon as is_won,
        -- times (UTC)
        closedate as close_on,
        createddate as created_at,
        systemmodstamp as modified_at,
        -- arrival
        source._buck_seq,
        source._buck_observed_at
    from source
    left join formulas on formulas.id = source.id and formulas._buck_op <> 'd'
    where source._buck_op <> 'd'
      and not coalesce(isdeleted, false)
)

select * from renamed
