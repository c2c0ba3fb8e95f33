{{ config(**built_by_key('balance_transaction_id', inputs='fct_balance_transactions_inputs()')) }}
{{ config(**laid_out('transaction_date', data_type='date')) }}
with

movements as (
    {{ affected_or_all(
        balance_transactions_attributed(only=is_affected('balance_transaction_id')),
        ref('int_balance_transactions_attributed'),
    ) | indent(4) }}
),

payments as (
    select * from {{ ref('fct_payments') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

joined as (
    select
        movements.*,
        payments.payment_key,
        payments.customer_id,
        currencies.exponent,
        {{ utc_date('movements.created_at') }} as transaction_date,
        {{ utc_date('movements.available_at') }} as available_on
    from movements
    left join payments on movements.charge_id = payments.charge_id
    left join currencies on movements.currency = currencies.code
),

final as (
    select
        -- keys
        {{ surrogate_key(['joined.balance_transaction_id']) }} as balance_transaction_key,
        joined.balance_transaction_id,
        joined.source_id,
        joined.payment_key,
        joined.charge_id,
        joined.refund_id,
        joined.dispute_id,
        joined.payout_id,
        joined.customer_id,
        customers.customer_key,
        -- attributes
        joined.transaction_type,
        joined.reporting_category,
        -- measures
        joined.currency,
        {{ money('joined.amount_minor', 'joined.exponent') }} as amount,
        {{ money('joined.fee_minor', 'joined.exponent') }} as fee,
        {{ money('joined.net_minor', 'joined.exponent') }} as net_amount,
        joined.amount_minor,
        joined.fee_minor,
        joined.net_minor as net_amount_minor,
        -- times (UTC)
        joined.created_at,
        joined.available_at,
        joined.transaction_date,
        joined.available_on
    from joined
    left join customers on {{ customer_at('joined.customer_id', 'joined.created_at') }}
)

select * from final
