with

payments as (
    select * from {{ ref('fct_payments') }}
),

refunds as (
    select * from {{ ref('fct_refunds') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

-- By the month of the charge: what a month's sales were worth in the end.
charged as (
    select
        payment_month as revenue_month,
        currency,
        {{ metric_value('gross_revenue') }} as gross_amount,
        {{ metric_value('refunds') }} as refunds,
        sum(gross_amount_minor) as gross_minor,
        sum(amount_refunded_minor) as refunds_minor,
        {{ metric_value('payments_succeeded') }} as payment_count,
        sum(case when amount_refunded_minor > 0 then 1 else 0 end) as refunded_payment_count,
        {{ metric_value('active_customers') }} as active_customer_count
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
        sum(amount_refunded) as refunds_cash,
        sum(amount_refunded_minor) as refunds_cash_minor
    from refunds
    where is_succeeded
    group by
        refund_month,
        currency
),

combined as (
    select
        coalesce(charged.revenue_month, given_back.revenue_month) as revenue_month,
        coalesce(charged.currency, given_back.currency) as currency,
        {%- for amount in ['gross_amount', 'refunds'] %}
        cast(coalesce(charged.{{ amount }}, 0) as {{ money_type() }}) as {{ amount }},
        {%- endfor %}
        cast(coalesce(given_back.refunds_cash, 0) as {{ money_type() }}) as refunds_cash,
        {%- for count in [
            'gross_minor', 'refunds_minor', 'payment_count', 'refunded_payment_count',
            'active_customer_count',
        ] %}
        cast(coalesce(charged.{{ count }}, 0) as bigint) as {{ count }},
        {%- endfor %}
        cast(coalesce(given_back.refunds_cash_minor, 0) as bigint) as refunds_cash_minor
    from charged
    full outer join given_back
        on charged.revenue_month = given_back.revenue_month
        and charged.currency = given_back.currency
),

priced as (
    select
        -- keys
        {{ surrogate_key(['revenue_month', 'currency']) }} as revenue_key,
        revenue_month,
        currency,
        -- by the month of the charge
        gross_amount,
        refunds,
        cast(gross_amount - refunds as {{ money_type() }}) as net_amount,
        -- by the month of the refund
        refunds_cash,
        cast(gross_amount - refunds_cash as {{ money_type() }}) as net_cash,
        -- the same in minor units
        gross_minor as gross_amount_minor,
        refunds_minor,
        gross_minor - refunds_minor as net_amount_minor,
        refunds_cash_minor,
        gross_minor - refunds_cash_minor as net_cash_minor,
        -- counts
        payment_count,
        refunded_payment_count,
        active_customer_count
    from combined
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
        priced.refunded_payment_count,
        priced.active_customer_count
    from priced
    left join rates on {{ rate_at('priced.currency', 'priced.revenue_month') }}
)

select * from final
