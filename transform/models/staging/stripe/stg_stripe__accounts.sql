{{ config(enabled='accounts' in var('stripe_optional_tables')) }}
with

source as (
    {{ newest_versions(source('stripe', 'accounts'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as account_id,
        -- attributes
        type as account_type,
        business_type,
        upper(country) as country_code,
        lower(default_currency) as default_currency,
        {{ normalised_email('email') }} as email,
        -- flags
        charges_enabled as has_charges_enabled,
        payouts_enabled as has_payouts_enabled,
        details_submitted as has_submitted_details,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
)

select * from renamed
