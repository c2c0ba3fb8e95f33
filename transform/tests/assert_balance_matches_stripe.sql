-- Every movement of the live balance has Stripe's own values, and goes back to what it books.
with

shown as (
    select * from {{ ref('fct_balance_transactions') }}
),

movements as (
    select * from {{ ref('int_balance_transactions_attributed') }}
),

log as (
    select * from {{ ref('stg_stripe__balance_transactions') }}
),

payments as (
    select * from {{ ref('fct_payments') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

expected as (
    select
        log.balance_transaction_id,
        {{ surrogate_key(['log.balance_transaction_id']) }} as balance_transaction_key,
        log.source_id,
        payments.payment_key,
        movements.charge_id,
        movements.refund_id,
        movements.dispute_id,
        movements.payout_id,
        payments.customer_id,
        customers.customer_key,
        log.transaction_type,
        log.reporting_category,
        log.currency,
        {{ money('log.amount_minor', 'currencies.exponent') }} as amount,
        {{ money('log.fee_minor', 'currencies.exponent') }} as fee,
        {{ money('log.net_minor', 'currencies.exponent') }} as net_amount,
        log.amount_minor,
        log.fee_minor,
        log.net_minor as net_amount_minor,
        log.created_at,
        log.available_at,
        {{ utc_date('log.created_at') }} as transaction_date,
        {{ utc_date('log.available_at') }} as available_on
    from log
    inner join movements on log.balance_transaction_id = movements.balance_transaction_id
    left join payments on movements.charge_id = payments.charge_id
    left join currencies on log.currency = currencies.code
    left join {{ ref('dim_customers') }} as customers
        on {{ customer_at('payments.customer_id', 'log.created_at') }}
)

{{ differing_rows(['balance_transaction_id'], [
    'balance_transaction_key', 'source_id', 'payment_key', 'charge_id', 'refund_id', 'dispute_id',
    'payout_id', 'customer_id', 'customer_key', 'transaction_type', 'reporting_category', 'currency',
    'amount', 'fee', 'net_amount', 'amount_minor', 'fee_minor', 'net_amount_minor', 'created_at',
    'available_at', 'transaction_date', 'available_on',
]) }}
