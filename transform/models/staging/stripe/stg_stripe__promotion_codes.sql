{{ config(enabled='promotion_codes' in var('stripe_optional_tables')) }}
with

source as (
    {{ newest_versions(source('stripe', 'promotion_codes'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as promotion_code_id,
        customer as stripe_customer_id,
        {{ json_text('promotion', 'coupon') }} as coupon_id,
        -- attributes
        code,
        max_redemptions,
        times_redeemed,
        -- flags
        active as is_active,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        {{ from_unix('expires_at') }} as expires_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
