with

source as (
    {{ newest_salesforce_versions(source('salesforce', 'contact')) }}
),

renamed as (
    select
        -- ids
        id as contact_id,
        accountid as account_id,
        ownerid as owner_id,
        -- person
        {{ normalised_email('email') }} as email,
        name,
        firstname as first_name,
        lastname as last_name,
        title,
        phone,
        upper(mailingcountrycode) as country_code,
        leadsource as lead_source,
        -- flags
        hasoptedoutofemail as has_opted_out_of_email,
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
