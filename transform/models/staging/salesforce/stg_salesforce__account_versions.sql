with

source as (
    select * from {{ source('salesforce', 'account') }}
),

renamed as (
    select
        -- ids
        id as account_id,
        app_organisation_id__c as organisation_id,
        -- company
        name,
        segment__c as segment,
        industry,
        numberofemployees as employee_count,
        upper(billingcountrycode) as country_code,
        -- version
        _buck_op = 'd' or coalesce(isdeleted, false) as is_deleted,
        {{ version_times(
            'id', salesforce_version_order('asc'), 'createddate', at='systemmodstamp'
        ) }},
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 't'
)

select * from renamed
