-- One row per order and the customer who placed it.
with

orders as (
    select * from {{ ref('stg_app__orders') }}
),

identities as (
    select * from {{ ref('int_identities_linked') }} where source = 'app'
),

final as (
    select
        {{ surrogate_key(['orders.order_id', 'identities.customer_id']) }} as order_customer_hash,
        {{ surrogate_key(['orders.order_id']) }} as order_hash,
        {{ surrogate_key(['identities.customer_id']) }} as customer_hash,
        orders._buck_observed_at as first_seen_at,
        'app' as record_source
    from orders
    inner join identities on {{ as_text('orders.user_id') }} = identities.source_id
)

select * from final
