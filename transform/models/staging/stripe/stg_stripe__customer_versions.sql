with

source as (
    select * from {{ source('stripe', 'customers') }}
),

-- A tombstone does not say its mode; any other version of the same customer does.
test_mode as (
    select distinct id
    from source
    where not livemode
),

renamed as (
    select
        -- ids
        id as stripe_customer_id,
        {{ json_text('metadata', 'user_id') }} as app_user_id,
        -- person
        {{ normalised_email('email') }} as email,
        name,
        upper({{ json_text('address', 'country') }}) as country_code,
        -- version
        _buck_op = 'd' as is_deleted,
        {{ version_times('id', '_buck_seq', from_unix('created')) }},
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 't'
      and id not in (select test_mode.id from test_mode)
)

select * from renamed
