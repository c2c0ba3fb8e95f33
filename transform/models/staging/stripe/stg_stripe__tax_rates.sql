{{ config(enabled='tax_rates' in var('stripe_optional_tables')) }}
with

source as (
    {{ newest_versions(source('stripe', 'tax_rates'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as tax_rate_id,
        -- attributes
        display_name,
        tax_type,
        upper(country) as country_code,
        state,
        jurisdiction,
        percentage,
        effective_percentage,
        -- flags
        inclusive as is_inclusive,
        active as is_active,
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
