-- A subscription has one row per day on which it was there, as its version at the day's end says.
with

shown as (
    select * from {{ ref('fct_subscriptions_daily') }}
),

versions as (
    select * from {{ ref('int_subscriptions_versioned') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

expected as (
    select
        versions.*,
        days.date as subscription_date,
        {{ surrogate_key(['versions.subscription_id', 'days.date']) }} as subscription_day_key,
        customers.customer_key,
        versions.status as subscription_status,
        versions.status in ('active', 'past_due') as is_earning,
        versions.monthly_minor as monthly_amount_minor,
        {{ money('versions.monthly_minor', 'currencies.exponent') }} as monthly_amount,
        {{ money('versions.mrr_minor', 'currencies.exponent') }} as mrr
    from versions
    inner join {{ ref('dim_date') }} as days
        on days.date >= {{ utc_date('versions.valid_from') }}
        and days.date < {{ utc_date('versions.valid_to') }}
        and days.date < {{ utc_date(as_of()) }}
    left join customers
        on versions.customer_id = customers.customer_id
        and {{ at_end_of('days.date') }}
    left join {{ ref('currencies') }} as currencies on versions.currency = currencies.code
    where versions.status not in ('canceled', 'incomplete_expired')
)

{{ differing_rows(['subscription_id', 'subscription_date'], [
    'subscription_day_key', 'customer_id', 'customer_key', 'stripe_customer_id', 'subscription_status',
    'is_earning', 'quantity', 'currency', 'monthly_amount', 'mrr', 'monthly_amount_minor', 'mrr_minor',
    'created_at',
]) }}
