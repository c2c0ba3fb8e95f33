with

source as (
    {{ newest_salesforce_versions(source('salesforce', 'lead')) }}
),

renamed as (
    select
        -- ids
        id as lead_id,
        convertedaccountid as converted_account_id,
        convertedcontactid as converted_contact_id,
        convertedopportunityid as converted_opportunity_id,
        ownerid as owner_id,
        -- person
        {{ normalised_email('email') }} as email,
        name,
        firstname as first_name,
        lastname as last_name,
        title,
        company as company_name,
        upper(countrycode) as country_code,
        -- attributes
        status,
        leadsource as lead_source,
        industry,
        -- flags
        isconverted as is_converted,
        -- times (UTC)
        converteddate as converted_on,
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
