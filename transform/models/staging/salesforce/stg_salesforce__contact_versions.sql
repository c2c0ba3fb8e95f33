with

source as (
    select * from {{ source('salesforce', 'contact') }}
),

renamed as (
    select
        -- ids
        id as contact_id,
        accountid as account_id,
        -- person
        {{ normalised_email('email') }} as email,
        name,
        upper(mailingcountrycode) as country_code,
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
