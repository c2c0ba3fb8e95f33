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
        coalesce(payments.customer_segment, 'None') as customer_segment,
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
        refunds.refund_date as revenue_date,
        refunds.currency,
        coalesce(customers.segment, 'None') as customer_segment,
        0 as gross_minor,
        0 as refunds_minor,
        refunds.amount_refunded_minor as refunds_cash_minor,
        0 as fees_minor,
        0 as disputes_lost_minor,
        0 as dispute_fees_minor,
        0 as payment_count,
        1 as refund_count
    from refunds
    left join customers on refunds.customer_key = customers.customer_key
    where refunds.is_succeeded

    union all

    select
        disputes.dispute_date as revenue_date,
        disputes.currency,
        coalesce(customers.segment, 'None') as customer_segment,
        0 as gross_minor,
        0 as refunds_minor,
        0 as refunds_cash_minor,
        0 as fees_minor,
        disputes.amount_lost_minor as disputes_lost_minor,
        disputes.fee_minor as dispute_fees_minor,
        0 as payment_count,
        0 as refund_count
    from disputes
    left join customers on disputes.customer_key = customers.customer_key
),

summed as (
    select
        revenue_date,
        {{ start_of('month', 'revenue_date') }} as revenue_month,
        currency,
        customer_segment,
        {{ sum_bigint('gross_minor') }} as gross_minor,
        {{ sum_bigint('refunds_minor') }} as refunds_minor,
        {{ sum_bigint('refunds_cash_minor') }} as refunds_cash_minor,
        {{ sum_bigint('fees_minor') }} as fees_minor,
        {{ sum_bigint('disputes_lost_minor') }} as disputes_lost_minor,
        {{ sum_bigint('dispute_fees_minor') }} as dispute_fees_minor,
        {{ sum_bigint('payment_count') }} as payment_count,
        {{ sum_bigint('refund_count') }} as refund_count
    from entries
    group by
        revenue_date,
        currency,
        customer_segment
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
