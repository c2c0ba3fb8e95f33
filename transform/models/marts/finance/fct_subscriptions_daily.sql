with

versions as (
    select * from {{ ref('int_subscriptions_versioned') }}
),

days as (
    select * from {{ ref('dim_date') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

-- Whole days only: today's end is not known yet.
subscription_days as (
    select
        versions.subscription_id,
        versions.stripe_customer_id,
        versions.customer_id,
        versions.status,
        versions.quantity,
        versions.currency,
        versions.monthly_minor,
        versions.mrr_minor,
        versions.created_at,
        days.date as subscription_date
    from versions
    inner join days
        on days.date >= {{ utc_date('versions.valid_from') }}
        and days.date < {{ utc_date('versions.valid_to') }}
        and days.date < {{ utc_date(as_of()) }}
    where versions.status not in ('canceled', 'incomplete_expired')
),

final as (
    select
        -- keys
        {{ surrogate_key(['subscription_days.subscription_id', 'subscription_days.subscription_date']) }}
            as subscription_day_key,
        subscription_days.subscription_date,
        subscription_days.subscription_id,
        subscription_days.customer_id,
        customers.customer_key,
        subscription_days.stripe_customer_id,
        -- status
        subscription_days.status as subscription_status,
        {{ earns('subscription_days.status') }} as is_earning,
        -- measures
        subscription_days.quantity,
        subscription_days.currency,
        {{ money('subscription_days.monthly_minor', 'currencies.exponent') }} as monthly_amount,
        {{ money('subscription_days.mrr_minor', 'currencies.exponent') }} as mrr,
        subscription_days.monthly_minor as monthly_amount_minor,
        subscription_days.mrr_minor,
        -- times (UTC)
        subscription_days.created_at
    from subscription_days
    left join customers
        on subscription_days.customer_id = customers.customer_id
        and {{ at_end_of('subscription_days.subscription_date') }}
    left join currencies on subscription_days.currency = currencies.code
)

select * from final
