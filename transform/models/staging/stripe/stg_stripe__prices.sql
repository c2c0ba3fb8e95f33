with

source as (
    {{ newest_versions(source('stripe', 'prices'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as price_id,
        product as stripe_product_id,
        -- attributes
        nickname,
        type as price_type,
        billing_scheme,
        {{ json_text('recurring', 'interval') }} as recurring_interval,
        {{ json_bigint('recurring', 'interval_count') }} as recurring_interval_count,
        -- money (minor units)
        lower(currency) as currency,
        unit_amount as unit_amount_minor,
        -- flags
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
