with

source as (
    {{ newest_versions(source('stripe', 'customers'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as stripe_customer_id,
        {{ json_text('metadata', 'user_id') }} as app_user_id,
        -- person
        {{ normalised_email('email') }} as email,
        name,
        phone,
        {{ json_text('address', 'country') }} as country_code,
        description,
        -- money (minor units)
        lower(currency) as currency,
        balance as balance_minor,
        -- flags
        delinquent as is_delinquent,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
