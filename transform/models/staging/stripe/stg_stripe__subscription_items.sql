with

source as (
    {{ newest_versions(source('stripe', 'subscription_items'), ['subscription', 'id']) }}
),

renamed as (
    select
        -- ids
        subscription as subscription_id,
        id as subscription_item_id,
        {{ json_text('price', 'id') }} as price_id,
        {{ json_text('price', 'product') }} as stripe_product_id,
        -- attributes
        quantity,
        {{ json_text('price', 'recurring.interval') }} as recurring_interval,
        {{ json_bigint('price', 'recurring.interval_count') }} as recurring_interval_count,
        -- money (minor units)
        lower({{ json_text('price', 'currency') }}) as currency,
        {{ json_bigint('price', 'unit_amount') }} as unit_amount_minor,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        {{ from_unix('current_period_start') }} as current_period_started_at,
        {{ from_unix('current_period_end') }} as current_period_ends_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
)

select * from renamed
