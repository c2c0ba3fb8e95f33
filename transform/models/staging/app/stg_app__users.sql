with

source as (
    {{ newest_versions(source('app', 'users'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as user_id,
        organisation_id,
        -- person
        {{ normalised_email('email') }} as email,
        full_name,
        locale,
        marketing_channel,
        -- attributes
        roles as roles_json,
        preferences as preferences_json,
        -- flags
        is_active,
        -- times (UTC)
        created_at,
        updated_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
)

select * from renamed
