-- A month's revenue is what its payments and the refunds booked in it add up to, in every currency and
-- in the reporting currency.
with

shown as (
    select * from {{ ref('agg_monthly_revenue') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

entries as (
    select
        payment_month as revenue_month,
        currency,
        gross_amount_minor as gross_minor,
        amount_refunded_minor as refunded_minor,
        0 as cash_minor,
        1 as payment_count,
        case when amount_refunded_minor > 0 then 1 else 0 end as refunded_count
    from {{ ref('fct_payments') }}
    where is_paid

    union all

    select
        refund_month as revenue_month,
        currency,
        0 as gross_minor,
        0 as refunded_minor,
        amount_refunded_minor as cash_minor,
        0 as payment_count,
        0 as refunded_count
    from {{ ref('fct_refunds') }}
    where is_succeeded
),

summed as (
    select
        revenue_month,
        currency,
        sum(gross_minor) as gross_amount_minor,
        sum(refunded_minor) as refunds_minor,
        sum(gross_minor - refunded_minor) as net_amount_minor,
        sum(cash_minor) as refunds_cash_minor,
        sum(gross_minor - cash_minor) as net_cash_minor,
        sum(payment_count) as payment_count,
        sum(refunded_count) as refunded_payment_count
    from entries
    group by
        revenue_month,
        currency
),

priced as (
    select
        summed.*,
        rates.rate as exchange_rate
        {%- for amount in ['gross_amount', 'refunds', 'net_amount', 'refunds_cash', 'net_cash'] %},
        {{ money('summed.' ~ amount ~ '_minor', 'currencies.exponent') }} as {{ amount }}
        {%- endfor %}
    from summed
    left join {{ ref('currencies') }} as currencies on summed.currency = currencies.code
    left join rates on {{ rate_at('summed.currency', 'summed.revenue_month') }}
),

converted as (
    select
        priced.*,
        {{ convert_money('priced.gross_amount', 'priced.exchange_rate') }} as gross_amount_reporting,
        {{ convert_money('priced.refunds', 'priced.exchange_rate') }} as refunds_reporting,
        {{ convert_money('priced.refunds_cash', 'priced.exchange_rate') }} as refunds_cash_reporting
    from priced
),

expected as (
    select
        converted.*,
        {{ surrogate_key(['converted.revenue_month', 'converted.currency']) }} as revenue_key,
        '{{ var("reporting_currency") }}' as reporting_currency,
        converted.gross_amount_reporting - converted.refunds_reporting as net_amount_reporting,
        converted.gross_amount_reporting - converted.refunds_cash_reporting as net_cash_reporting
    from converted
)

{{ differing_rows(['revenue_month', 'currency'], [
    'revenue_key', 'gross_amount', 'refunds', 'net_amount', 'refunds_cash', 'net_cash',
    'gross_amount_minor', 'refunds_minor', 'net_amount_minor', 'refunds_cash_minor', 'net_cash_minor',
    'reporting_currency', 'exchange_rate', 'gross_amount_reporting', 'refunds_reporting',
    'net_amount_reporting', 'refunds_cash_reporting', 'net_cash_reporting', 'payment_count',
    'refunded_payment_count',
]) }}
