with

payments as (
    select * from {{ ref('fct_payments') }}
),

refunds as (
    select * from {{ ref('fct_refunds') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

-- By the month of the charge: what a month's sales were worth in the end.
charged as (
    select
        payment_month as revenue_month,
        currency,
        sum(gross_amount_minor) as gross_minor,
        sum(amount_refunded_minor) as refunds_minor,
        cast(0 as bigint) as refunds_cash_minor,
        sum(case when is_paid then 1 else 0 end) as payment_count,
        sum(case when amount_refunded_minor > 0 then 1 else 0 end) as refunded_payment_count
    from payments
    where is_paid
    group by
        payment_month,
        currency
),

-- By the month of the refund: when the money went back.
given_back as (
    select
        refund_month as revenue_month,
        currency,
        cast(0 as bigint) as gross_minor,
        cast(0 as bigint) as refunds_minor,
        sum(amount_refunded_minor) as refunds_cash_minor,
        cast(0 as bigint) as payment_count,
        cast(0 as bigint) as refunded_payment_count
    from refunds
    where is_succeeded
    group by
        refund_month,
        currency
),

combined as (
    select * from charged
    union all
    select * from given_back
),

summed as (
    select
        revenue_month,
        currency,
        {{ sum_bigint('gross_minor') }} as gross_amount_minor,
        {{ sum_bigint('refunds_minor') }} as refunds_minor,
        cast(sum(gross_minor) - sum(refunds_minor) as bigint) as net_amount_minor,
        {{ sum_bigint('refunds_cash_minor') }} as refunds_cash_minor,
        cast(sum(gross_minor) - sum(refunds_cash_minor) as bigint) as net_cash_minor,
        {{ sum_bigint('payment_count') }} as payment_count,
        {{ sum_bigint('refunded_payment_count') }} as refunded_payment_count
    from combined
    group by
        revenue_month,
        currency
),

priced as (
    select
        -- keys
        {{ surrogate_key(['summed.revenue_month', 'summed.currency']) }} as revenue_key,
        summed.revenue_month,
        summed.currency,
        -- by the month of the charge
        {{ money('summed.gross_amount_minor', 'currencies.exponent') }} as gross_amount,
        {{ money('summed.refunds_minor', 'currencies.exponent') }} as refunds,
        {{ money('summed.net_amount_minor', 'currencies.exponent') }} as net_amount,
        -- by the month of the refund
        {{ money('summed.refunds_cash_minor', 'currencies.exponent') }} as refunds_cash,
        {{ money('summed.net_cash_minor', 'currencies.exponent') }} as net_cash,
        -- the same in minor units
        summed.gross_amount_minor,
        summed.refunds_minor,
        summed.net_amount_minor,
        summed.refunds_cash_minor,
        summed.net_cash_minor,
        -- counts
        summed.payment_count,
        summed.refunded_payment_count
    from summed
    left join currencies on summed.currency = currencies.code
),

final as (
    select
        -- keys
        priced.revenue_key,
        priced.revenue_month,
        priced.currency,
        -- by the month of the charge
        priced.gross_amount,
        priced.refunds,
        priced.net_amount,
        -- by the month of the refund
        priced.refunds_cash,
        priced.net_cash,
        -- the same in minor units
        priced.gross_amount_minor,
        priced.refunds_minor,
        priced.net_amount_minor,
        priced.refunds_cash_minor,
        priced.net_cash_minor,
        -- the same in the reporting currency, at the planning rate of the month
        '{{ var("reporting_currency") }}' as reporting_currency,
        rates.rate as exchange_rate,
        {{ convert_money('priced.gross_amount', 'rates.rate') }} as gross_amount_reporting,
        {{ convert_money('priced.refunds', 'rates.rate') }} as refunds_reporting,
        {{ convert_money('priced.gross_amount', 'rates.rate') }}
            - {{ convert_money('priced.refunds', 'rates.rate') }} as net_amount_reporting,
        {{ convert_money('priced.refunds_cash', 'rates.rate') }} as refunds_cash_reporting,
        {{ convert_money('priced.gross_amount', 'rates.rate') }}
            - {{ convert_money('priced.refunds_cash', 'rates.rate') }} as net_cash_reporting,
        -- counts
        priced.payment_count,
        priced.refunded_payment_count
    from priced
    left join rates on {{ rate_at('priced.currency', 'priced.revenue_month') }}
)

select * from final
