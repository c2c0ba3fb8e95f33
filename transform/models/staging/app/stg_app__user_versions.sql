with

source as (
    select * from {{ source('app', 'users') }}
),

renamed as (
    select
        -- ids
        id as user_id,
        organisation_id,
        -- person
        {{ normalised_email('email') }} as email,
        full_name,
        -- version
        _buck_op = 'd' as is_deleted,
        {{ version_times('id', '_buck_seq', 'created_at') }},
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 't'
)

select * from renamed
