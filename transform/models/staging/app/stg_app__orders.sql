{{ config(**built_by_key('order_id', inputs="newest_version_inputs(source('app', 'orders'), groups=['user_id'])")) }}
with

source as (
    {{ newest_versions(source('app', 'orders'), ['id'], only=is_affected('id')) }}
),

renamed as (
    select
        -- ids
        id as order_id,
        user_id,
        stripe_payment_intent_id as payment_intent_id,
        -- attributes
        status,
        channel,
        lower(currency) as currency,
        note,
        -- times (UTC)
        placed_at,
        updated_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
)

select * from renamed
