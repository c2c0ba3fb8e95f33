-- The same money, looked at from two sides: refunds and their payments, days and months of revenue,
-- payouts and the balance.
with

payments as (
    select * from {{ ref('fct_payments') }}
),

refunds as (
    select * from {{ ref('fct_refunds') }}
),

days as (
    select * from {{ ref('finance_revenue') }}
),

months as (
    select * from {{ ref('agg_monthly_revenue') }}
),

payouts as (
    select * from {{ ref('fct_payouts') }}
),

movements as (
    select * from {{ ref('fct_balance_transactions') }}
),

entries as (
    select
        'refunds of a payment' as finding,
        charge_id as subject,
        amount_refunded_minor as amount
    from payments

    union all

    select
        'refunds of a payment' as finding,
        charge_id as subject,
        -amount_refunded_minor as amount
    from refunds

    union all

    select
        'net cash of a month' as finding,
        currency || ' ' || {{ as_text('revenue_month') }} as subject,
        net_cash as amount
    from months

    union all

    select
        'net cash of a month' as finding,
        currency || ' ' || {{ as_text('revenue_month') }} as subject,
        -net_cash as amount
    from days

    union all

    select
        'net of a month' as finding,
        currency || ' ' || {{ as_text('revenue_month') }} as subject,
        net_amount as amount
    from months

    union all

    select
        'net of a month' as finding,
        currency || ' ' || {{ as_text('revenue_month') }} as subject,
        -net_amount as amount
    from days

    union all

    select
        'payout and balance' as finding,
        payout_id as subject,
        amount_paid_out_minor as amount
    from payouts

    union all

    select
        'payout and balance' as finding,
        payout_id as subject,
        amount_minor as amount
    from movements
    where payout_id is not null
)

select
    finding,
    subject,
    sum(amount) as difference
from entries
group by
    finding,
    subject
having sum(amount) <> 0
