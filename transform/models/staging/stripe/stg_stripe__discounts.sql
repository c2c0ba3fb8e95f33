{{ config(enabled='discounts' in var('stripe_optional_tables')) }}
with

source as (
    {{ newest_versions(source('stripe', 'discounts'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as discount_id,
        customer as stripe_customer_id,
        subscription as subscription_id,
        subscription_item as subscription_item_id,
        invoice as invoice_id,
        invoice_item as invoice_item_id,
        promotion_code as promotion_code_id,
        {{ json_text('source', 'coupon') }} as coupon_id,
        -- times (UTC); start and end are words of SQL
        {{ from_unix('source."start"') }} as started_at,
        {{ from_unix('source."end"') }} as ends_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
)

select * from renamed
