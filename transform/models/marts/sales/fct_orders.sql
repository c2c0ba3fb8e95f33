{{ config(**built_by_key('order_item_id', inputs='fct_orders_inputs()')) }}
{{ config(**laid_out('order_date', ['customer_id', 'placed_at'], data_type='date')) }}
with

lines as (
    {{ affected_or_all(
        orders_with_items(only=is_affected('order_item_id')),
        ref('int_orders_with_items'),
    ) | indent(4) }}
),

final as (
    select
        -- keys
        {{ surrogate_key(['order_item_id']) }} as order_item_key,
        order_item_id,
        order_id,
        product_id,
        product_key,
        customer_id,
        customer_key,
        user_id,
        payment_intent_id,
        -- customer at the time of the order
        customer_segment,
        -- attributes
        channel,
        order_status,
        is_cancelled,
        -- measures
        currency,
        quantity,
        unit_price,
        discount,
        line_amount,
        revenue,
        unit_cost,
        cost,
        profit,
        -- times (UTC)
        placed_at,
        order_date,
        order_month,
        -- watermarks: the newest raw version of each input that this row has seen
        order_seq,
        order_item_seq,
        observed_at as buck_updated_at
    from lines
)

select * from final
