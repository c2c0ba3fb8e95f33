-- Every refund of a live charge has Stripe's own values, and the day on which its money moved.
with

shown as (
    select * from {{ ref('fct_refunds') }}
),

charges as (
    select * from {{ ref('stg_stripe__charges') }}
),

payers as (
    select * from {{ ref('int_identities_linked') }} where source = 'stripe'
),

joined as (
    select
        refunds.*,
        payers.customer_id,
        currencies.exponent,
        refunds.status = 'succeeded' and charges.status = 'succeeded' as is_succeeded,
        {{ utc_date('charges.created_at') }} as payment_date,
        coalesce(movements.created_at, refunds.created_at) as booked_at
    from {{ ref('stg_stripe__refunds') }} as refunds
    inner join charges on refunds.charge_id = charges.charge_id
    left join payers on charges.payer_id = payers.source_id
    left join {{ ref('stg_stripe__balance_transactions') }} as movements
        on refunds.balance_transaction_id = movements.balance_transaction_id
    left join {{ ref('currencies') }} as currencies on refunds.currency = currencies.code
),

expected as (
    select
        joined.*,
        {{ surrogate_key(['joined.refund_id']) }} as refund_key,
        {{ surrogate_key(['joined.charge_id']) }} as payment_key,
        customers.customer_key,
        joined.status as refund_status,
        case when joined.is_succeeded then joined.amount_minor else 0 end as amount_refunded_minor,
        {{ money('joined.amount_minor', 'joined.exponent') }} as amount,
        {{ money('case when joined.is_succeeded then joined.amount_minor else 0 end', 'joined.exponent') }}
            as amount_refunded,
        {{ utc_date('joined.booked_at') }} as refund_date,
        {{ start_of('month', utc_date('joined.booked_at')) }} as refund_month
    from joined
    left join {{ ref('dim_customers') }} as customers
        on {{ customer_at('joined.customer_id', 'joined.created_at') }}
)

{{ differing_rows(['refund_id'], [
    'refund_key', 'payment_key', 'charge_id', 'customer_id', 'customer_key', 'balance_transaction_id',
    'currency', 'amount', 'amount_refunded', 'amount_minor', 'amount_refunded_minor', 'is_succeeded',
    'refund_status', 'reason', 'failure_reason', 'created_at', 'booked_at', 'refund_date',
    'refund_month', 'payment_date',
]) }}
