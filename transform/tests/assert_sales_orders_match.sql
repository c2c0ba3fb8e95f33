-- Every order of the app is there with the app's own values, and says of its customer what the customer's
-- versions say.
with

shown as {{ inlined() }} (
    select * from {{ ref('sales_orders') }}
),

users as (
    select * from {{ ref('int_identities_linked') }} where source = 'app'
),

customers as (
    select
        *,
        {{ hash_of(['customer_key', 'name', 'segment']) }} as version_hashed,
        {{ hash_of(['segment', 'company_name', 'industry', 'country_code']) }} as today_hashed
    from {{ ref('dim_customers') }}
),

joined as {{ inlined() }} (
    select
        orders.*,
        users.customer_id,
        {{ utc_date('orders.placed_at') }} as order_date
    from {{ ref('stg_app__orders') }} as orders
    left join users on {{ as_text('orders.user_id') }} = users.source_id
),

expected as {{ inlined() }} (
    select
        joined.*,
        joined.status as order_status,
        joined.status = 'cancelled' as is_cancelled,
        {{ start_of('month', 'joined.order_date') }} as order_month,
        {{ start_of('quarter', 'joined.order_date') }} as order_quarter,
        buyers.customer_key,
        buyers.name as customer_name,
        buyers.segment as segment_at_order,
        today.segment as segment_now,
        today.company_name,
        today.industry,
        today.country_code,
        buyers.version_hashed,
        today.today_hashed
    from joined
    left join customers as buyers
        on {{ customer_at('joined.customer_id', 'joined.placed_at', customers='buyers') }}
    left join customers as today
        on joined.customer_id = today.customer_id
        and today.is_current
)

{{ differing_rows(['order_id'], [
    'customer_id', 'customer_key', 'user_id', 'payment_intent_id', 'customer_name', 'segment_at_order',
    'segment_now', 'company_name', 'industry', 'country_code', 'channel', 'order_status', 'is_cancelled',
    'currency', 'placed_at', 'order_date', 'order_month', 'order_quarter',
], hashed_first=true, ready={
    'version_hashed': ['customer_key', 'customer_name', 'segment_at_order'],
    'today_hashed': ['segment_now', 'company_name', 'industry', 'country_code'],
}) }}
