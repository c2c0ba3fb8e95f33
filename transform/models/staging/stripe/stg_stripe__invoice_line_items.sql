{{ config(**built_by_key('invoice_line_item_id', inputs="newest_version_inputs(source('stripe', 'invoice_line_items'))")) }}
with

source as (
    {{ newest_versions(
        source('stripe', 'invoice_line_items'), ['invoice', 'id'], only=is_affected('id')
    ) }}
),

renamed as (
    select
        -- ids
        invoice as invoice_id,
        id as invoice_line_item_id,
        coalesce(
            subscription,
            {{ json_text('parent', 'subscription_item_details.subscription') }}
        ) as subscription_id,
        {{ json_text('parent', 'subscription_item_details.subscription_item') }} as subscription_item_id,
        {{ json_text('pricing', 'price_details.price') }} as price_id,
        {{ json_text('pricing', 'price_details.product') }} as stripe_product_id,
        -- attributes
        description,
        quantity,
        -- money (minor units)
        lower(currency) as currency,
        amount as amount_minor,
        subtotal as subtotal_minor,
        -- flags
        coalesce(
            {{ json_text('parent', 'subscription_item_details.proration') }} = 'true', false
        ) as is_proration,
        -- times (UTC)
        {{ from_unix(json_bigint('period', 'start')) }} as period_started_at,
        {{ from_unix(json_bigint('period', 'end')) }} as period_ends_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
