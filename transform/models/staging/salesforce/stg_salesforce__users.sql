with

source as (
    {{ newest_salesforce_versions(source('salesforce', 'user')) }}
),

renamed as (
    select
        -- ids
        id as salesforce_user_id,
        -- person
        {{ normalised_email('email') }} as email,
        name,
        username,
        title,
        department,
        usertype as user_type,
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
)

select * from renamed
