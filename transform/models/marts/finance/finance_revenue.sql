with

payments as (
    select * from {{ ref('fct_payments') }}
),

refunds as (
    select * from {{ ref('fct_refunds') }}
),

disputes as (
    select * from {{ ref('fct_disputes') }}
),

movements as (
    select * from {{ ref('fct_balance_transactions') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

-- Every amount with its own day, and with the customer as they were at that time.
entries as (
    select
        payments.payment_date as revenue_date,
        payments.currency,
        payments.customer_key,
        payments.gross_amount_minor as gross_minor,
        payments.amount_refunded_minor as refunds_minor,
        0 as refunds_cash_minor,
        coalesce(movements.fee_minor, 0) as fees_minor,
        0 as disputes_lost_minor,
        0 as dispute_fees_minor,
        1 as payment_count,
        0 as refund_count
    from payments
    left join movements
        on payments.balance_transaction_id = movements.balance_transaction_id
    where payments.is_paid

    union all

    select
        refund_date as revenue_date,
        currency,
        customer_key,
        0 as gross_minor,
        0 as refunds_minor,
        amount_refunded_minor as refunds_cash_minor,
        0 as fees_minor,
        0 as disputes_lost_minor,
        0 as dispute_fees_minor,
        0 as payment_count,
        1 as refund_count
    from refunds
    where is_succeeded

    union all

    select
        dispute_date as revenue_date,
        currency,
        customer_key,
        0 as gross_minor,
        0 as refunds_minor,
        0 as refunds_cash_minor,
        0 as fees_minor,
        amount_lost_minor as disputes_lost_minor,
        fee_minor as dispute_fees_minor,
        0 as payment_count,
        0 as refund_count
    from disputes
),

summed as (
    select
        entries.revenue_date,
        {{ start_of('month', 'entries.revenue_date') }} as revenue_month,
        entries.currency,
        coalesce(customers.segment, 'None') as customer_segment,
        {{ sum_bigint('entries.gross_minor') }} as gross_minor,
        {{ sum_bigint('entries.refunds_minor') }} as refunds_minor,
        {{ sum_bigint('entries.refunds_cash_minor') }} as refunds_cash_minor,
        {{ sum_bigint('entries.fees_minor') }} as fees_minor,
        {{ sum_bigint('entries.disputes_lost_minor') }} as disputes_lost_minor,
        {{ sum_bigint('entries.dispute_fees_minor') }} as dispute_fees_minor,
        {{ sum_bigint('entries.payment_count') }} as payment_count,
        {{ sum_bigint('entries.refund_count') }} as refund_count
    from entries
    left join customers on entries.customer_key = customers.customer_key
    group by
        entries.revenue_date,
        entries.currency,
        coalesce(customers.segment, 'None')
),

priced as (
    select
        summed.*,
        {{ money('summed.gross_minor', 'currencies.exponent') }} as gross_amount,
        {{ money('summed.refunds_minor', 'currencies.exponent') }} as refunds,
        {{ money('summed.refunds_cash_minor', 'currencies.exponent') }} as refunds_cash,
        {{ money('summed.fees_minor', 'currencies.exponent') }} as fees,
        {{ money('summed.disputes_lost_minor', 'currencies.exponent') }} as disputes_lost,
        {{ money('summed.dispute_fees_minor', 'currencies.exponent') }} as dispute_fees
    from summed
    left join currencies on summed.currency = currencies.code
),

final as (
    select
        -- keys
        {{ surrogate_key(['priced.revenue_date', 'priced.currency', 'priced.customer_segment']) }}
            as revenue_key,
        priced.revenue_date,
        priced.revenue_month,
        priced.currency,
        priced.customer_segment,
        -- by the day of the charge
        priced.gross_amount,
        priced.refunds,
        priced.gross_amount - priced.refunds as net_amount,
        priced.fees,
        -- by the day on which the money moved
        priced.refunds_cash,
        priced.gross_amount - priced.refunds_cash as net_cash,
        priced.disputes_lost,
        priced.dispute_fees,
        -- in the reporting currency, at the planning rate of the month
        '{{ var("reporting_currency") }}' as reporting_currency,
        {{ convert_money('priced.gross_amount', 'rates.rate') }} as gross_amount_reporting,
        {{ convert_money('priced.gross_amount - priced.refunds', 'rates.rate') }}
            as net_amount_reporting,
        -- counts
        priced.payment_count,
        priced.refund_count
    from priced
    left join rates on {{ rate_at('priced.currency', 'priced.revenue_month') }}
)

select * from final
