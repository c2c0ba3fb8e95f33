with

source as (
    {{ newest_salesforce_versions(source('salesforce', 'account')) }}
),

renamed as (
    select
        -- ids
        id as account_id,
        parentid as parent_account_id,
        app_organisation_id__c as organisation_id,
        ownerid as owner_id,
        -- company
        name,
        type as account_type,
        segment__c as segment,
        industry,
        numberofemployees as employee_count,
        annualrevenue as annual_revenue,
        upper(billingcountrycode) as country_code,
        billingcity as city,
        website,
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
