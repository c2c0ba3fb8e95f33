with

customers as (
    select * from {{ ref('int_customers_unified') }}
),

versions as (
    select * from {{ ref('dim_customers') }}
),

users as (
    select * from {{ ref('int_users_enriched') }}
),

subscriptions as (
    select * from {{ ref('int_subscriptions_versioned') }}
),

identities as (
    select * from {{ ref('int_identities_linked') }} where source = 'app'
),

orders as (
    select * from {{ ref('stg_app__orders') }} where status <> 'cancelled'
),

currencies as (
    select * from {{ ref('currencies') }}
),

countries as (
    select * from {{ ref('dim_country') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

-- SCD type 3: beside the present segment the one before it, however long ago that was.
segments as (
    select
        customer_id,
        segment,
        lag(segment) over (partition by customer_id order by version_number) as previous_segment,
        version_number,
        valid_from
    from versions
),

segment_changes as (
    select
        customer_id,
        previous_segment,
        valid_from as segment_changed_at,
        row_number() over (partition by customer_id order by version_number desc) as newest
    from segments
    where version_number > 1
      and {{ is_distinct('segment', 'previous_segment') }}
),

customer_subscriptions as (
    select
        subscriptions.customer_id,
        {{ any_true('subscriptions.mrr_minor > 0') }} as has_earned,
        {{ count_if(
            earns('subscriptions.status') ~ ' and subscriptions.valid_to = ' ~ end_of_time()
        ) }} as earning_subscription_count,
        {{ sum_converted(
            'case when subscriptions.valid_to = ' ~ end_of_time() ~ ' then '
            ~ money('subscriptions.mrr_minor', 'currencies.exponent') ~ ' else 0 end',
            'rates.rate'
        ) }} as mrr,
        min(subscriptions.created_at) as first_subscribed_at
    from subscriptions
    left join currencies on subscriptions.currency = currencies.code
    left join rates
        on {{ rate_at('subscriptions.currency', start_of('month', utc_date(as_of()))) }}
    group by subscriptions.customer_id
),

user_orders as (
    select
        user_id,
        count(*) as order_count,
        min(placed_at) as first_ordered_at,
        max(placed_at) as last_ordered_at
    from orders
    group by user_id
),

customer_orders as (
    select
        identities.customer_id,
        {{ sum_bigint('user_orders.order_count') }} as order_count,
        min(user_orders.first_ordered_at) as first_ordered_at,
        max(user_orders.last_ordered_at) as last_ordered_at
    from user_orders
    inner join identities on {{ as_text('user_orders.user_id') }} = identities.source_id
    group by identities.customer_id
),

customer_users as (
    select
        customer_id,
        {{ first_by('marketing_channel', 'user_id') }} as marketing_channel,
        max(last_used_at) as last_used_at
    from users
    group by customer_id
),

final as (
    select
        -- keys
        customers.customer_id,
        customers.current_customer_key,
        customers.app_user_id,
        -- person
        customers.email,
        customers.name,
        customers.country_code,
        countries.country_name,
        coalesce(customer_users.marketing_channel, 'unknown') as acquisition_channel,
        -- company
        customers.company_name,
        customers.industry,
        customers.segment,
        segment_changes.previous_segment,
        segment_changes.segment_changed_at,
        -- how they are doing
        case
            when customers.is_deleted then 'gone'
            when coalesce(customer_subscriptions.earning_subscription_count, 0) > 0 then 'subscriber'
            when customer_subscriptions.has_earned then 'former_subscriber'
            when customers.payment_count > 0 then 'buyer'
            else 'prospect'
        end as lifecycle_stage,
        customers.health_score,
        case
            when customers.is_deleted then 'gone'
            when customers.health_score >= 70 then 'healthy'
            when customers.health_score >= 40 then 'watch'
            else 'at_risk'
        end as health_band,
        -- worth, in the reporting currency
        customers.reporting_currency,
        customers.lifetime_value,
        coalesce(customer_subscriptions.mrr, 0) as mrr,
        -- counts
        customers.payment_count,
        coalesce(customer_orders.order_count, 0) as order_count,
        coalesce(customer_subscriptions.earning_subscription_count, 0) as earning_subscription_count,
        customers.usage_events_30_days,
        customers.app_user_count,
        customers.stripe_customer_count,
        customers.salesforce_contact_count,
        -- flags
        customers.is_deleted,
        -- times (UTC)
        customers.first_seen_at,
        customers.first_paid_at,
        customers.last_paid_at,
        customer_subscriptions.first_subscribed_at,
        customer_orders.first_ordered_at,
        customer_orders.last_ordered_at,
        customer_users.last_used_at
    from customers
    left join segment_changes
        on customers.customer_id = segment_changes.customer_id
        and segment_changes.newest = 1
    left join customer_subscriptions on customers.customer_id = customer_subscriptions.customer_id
    left join customer_orders on customers.customer_id = customer_orders.customer_id
    left join customer_users on customers.customer_id = customer_users.customer_id
    left join countries on customers.country_code = countries.country_code
)

select * from final
