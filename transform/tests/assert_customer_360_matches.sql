-- The whole view of a customer says what the customer's record, versions, orders, subscriptions and
-- usage say.
with

shown as (
    select * from {{ ref('customer_360') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

versions as (
    select
        customer_id,
        segment,
        valid_from,
        version_number,
        lag(segment) over (partition by customer_id order by version_number) as previous_segment
    from {{ ref('dim_customers') }}
),

changes as (
    select
        customer_id,
        previous_segment,
        valid_from as segment_changed_at,
        row_number() over (partition by customer_id order by version_number desc) as place
    from versions
    where version_number > 1
      and {{ is_distinct('segment', 'previous_segment') }}
),

orders as (
    select
        customer_id,
        count(*) as order_count,
        min(placed_at) as first_ordered_at,
        max(placed_at) as last_ordered_at
    from {{ ref('sales_orders') }}
    where not is_cancelled
    group by customer_id
),

subscriptions as (
    select
        subscriptions.customer_id,
        max(subscriptions.mrr_minor) > 0 as has_earned,
        sum(
            case
                when subscriptions.valid_to = {{ end_of_time() }} and {{ earns('subscriptions.status') }} then 1
                else 0
            end
        ) as earning_count,
        min(subscriptions.created_at) as first_subscribed_at,
        {{ sum_converted(
            'case when subscriptions.valid_to = ' ~ end_of_time() ~ ' then '
            ~ money('subscriptions.mrr_minor', 'currencies.exponent') ~ ' else 0 end',
            'rates.rate'
        ) }} as mrr
    from {{ ref('int_subscriptions_versioned') }} as subscriptions
    left join {{ ref('currencies') }} as currencies on subscriptions.currency = currencies.code
    left join rates on {{ rate_at('subscriptions.currency', start_of('month', utc_date(as_of()))) }}
    group by subscriptions.customer_id
),

usage_days as (
    select
        customer_id,
        max(last_used_at) as last_used_at
    from {{ ref('fct_usage_daily') }}
    group by customer_id
),

channels as (
    select
        customer_id,
        {{ first_by('marketing_channel', 'user_id') }} as marketing_channel
    from {{ ref('int_users_enriched') }}
    group by customer_id
),

joined as (
    select
        customers.*,
        countries.country_name,
        coalesce(channels.marketing_channel, 'unknown') as acquisition_channel,
        changes.previous_segment,
        changes.segment_changed_at,
        coalesce(orders.order_count, 0) as order_count,
        orders.first_ordered_at,
        orders.last_ordered_at,
        coalesce(subscriptions.earning_count, 0) as earning_subscription_count,
        coalesce(subscriptions.has_earned, false) as has_earned,
        coalesce(subscriptions.mrr, 0) as mrr,
        subscriptions.first_subscribed_at,
        usage_days.last_used_at
    from {{ ref('int_customers_unified') }} as customers
    left join {{ ref('dim_country') }} as countries on customers.country_code = countries.country_code
    left join channels on customers.customer_id = channels.customer_id
    left join changes on customers.customer_id = changes.customer_id and changes.place = 1
    left join orders on customers.customer_id = orders.customer_id
    left join subscriptions on customers.customer_id = subscriptions.customer_id
    left join usage_days on customers.customer_id = usage_days.customer_id
),

expected as (
    select
        *,
        case
            when is_deleted then 'gone'
            when earning_subscription_count > 0 then 'subscriber'
            when has_earned then 'former_subscriber'
            when payment_count > 0 then 'buyer'
            else 'prospect'
        end as lifecycle_stage,
        case
            when is_deleted then 'gone'
            when health_score < 40 then 'at_risk'
            when health_score < 70 then 'watch'
            else 'healthy'
        end as health_band
    from joined
)

{{ differing_rows(['customer_id'], [
    'current_customer_key', 'app_user_id', 'email', 'name', 'country_code', 'country_name',
    'acquisition_channel', 'company_name', 'industry', 'segment', 'previous_segment',
    'segment_changed_at', 'lifecycle_stage', 'health_score', 'health_band', 'reporting_currency',
    'lifetime_value', 'mrr', 'payment_count', 'order_count', 'earning_subscription_count',
    'usage_events_30_days', 'app_user_count', 'stripe_customer_count', 'salesforce_contact_count',
    'is_deleted', 'first_seen_at', 'first_paid_at', 'last_paid_at', 'first_subscribed_at',
    'first_ordered_at', 'last_ordered_at', 'last_used_at',
]) }}
