{{ config(enabled='coupons' in var('stripe_optional_tables')) }}
with

source as (
    {{ newest_versions(source('stripe', 'coupons'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as coupon_id,
        -- attributes
        name,
        duration,
        duration_in_months,
        percent_off,
        max_redemptions,
        times_redeemed,
        -- money (minor units)
        lower(currency) as currency,
        amount_off as amount_off_minor,
        -- flags
        valid as is_valid,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        {{ from_unix('redeem_by') }} as redeemable_until,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
