with

source as (
    {{ newest_salesforce_versions(source('salesforce', 'campaign')) }}
),

renamed as (
    select
        -- ids
        id as campaign_id,
        ownerid as owner_id,
        -- attributes
        name,
        type as campaign_type,
        status,
        -- money
        {{ as_money('budgetedcost') }} as budgeted_cost,
        {{ as_money('actualcost') }} as actual_cost,
        {{ as_money('expectedrevenue') }} as expected_revenue,
        -- flags
        isactive as is_active,
        -- times (UTC)
        startdate as starts_on,
        enddate as ends_on,
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
