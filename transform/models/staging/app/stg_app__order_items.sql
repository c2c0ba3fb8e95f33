{{ config(**built_by_key('order_item_id', inputs="newest_version_inputs(source('app', 'order_items'))")) }}
with

source as (
    {{ newest_versions(source('app', 'order_items'), ['id'], only=is_affected('id')) }}
),

renamed as (
    select
        -- ids
        id as order_item_id,
        order_id,
        product_id,
        -- measures
        quantity,
        {{ as_money('unit_price') }} as unit_price,
        {{ as_money('discount') }} as discount,
        -- times (UTC)
        updated_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
)

select * from renamed
