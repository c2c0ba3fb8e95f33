-- One row per customer as known now, with what they were worth and how they are doing.
with

identities as (
    select * from {{ ref('int_identities_linked') }}
),

customers as (
    select * from {{ ref('int_customers_versioned') }} where is_current
),

first_versions as (
    select * from {{ ref('int_customers_versioned') }} where version_number = 1
),

payments as (
    select * from {{ ref('fct_payments') }}
),

usage_events as (
    select * from {{ ref('stg_app__usage_events') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

identity_counts as (
    select
        customer_id,
        min(case when source = 'app' then source_id end) as app_user_id,
        {{ count_if("source = 'app'") }} as app_user_count,
        {{ count_if("source = 'stripe'") }} as stripe_customer_count,
        {{ count_if("source = 'salesforce'") }} as salesforce_contact_count
    from identities
    group by customer_id
),

-- What customers paid and kept paid, in the reporting currency at the planning rate of each payment's
-- month; rounded once.
customer_payments as (
    select
        payments.customer_id,
        {{ count_if('payments.is_paid') }} as payment_count,
        {{ sum_converted('payments.net_amount', 'rates.rate') }} as lifetime_value,
        min(case when payments.is_paid then payments.created_at end) as first_paid_at,
        max(case when payments.is_paid then payments.created_at end) as last_paid_at,
        sum(
            case
                when payments.payment_status <> 'pending'
                    and payments.payment_date >= {{ day_before(as_of(), 90) }} then 1
                else 0
            end
        ) as recent_attempt_count,
        sum(
            case
                when payments.is_paid
                    and payments.payment_date >= {{ day_before(as_of(), 90) }} then 1
                else 0
            end
        ) as recent_paid_count,
        sum(
            case
                when payments.is_disputed
                    and payments.payment_date >= {{ day_before(as_of(), 180) }} then 1
                else 0
            end
        ) as recent_dispute_count
    from payments
    left join rates on {{ rate_at('payments.currency', 'payments.payment_month') }}
    where payments.customer_id is not null
    group by payments.customer_id
),

customer_usage as (
    select
        identities.customer_id,
        count(*) as recent_usage_count
    from usage_events
    inner join identities
        on identities.source = 'app'
        and {{ as_text('usage_events.user_id') }} = identities.source_id
    where {{ utc_date('usage_events.occurred_at') }} >= {{ day_before(as_of(), 30) }}
    group by identities.customer_id
),

final as (
    select
        -- ids
        customers.customer_id,
        customers.customer_key as current_customer_key,
        identity_counts.app_user_id,
        -- person
        customers.email,
        customers.name,
        -- company
        customers.segment,
        customers.company_name,
        customers.industry,
        customers.country_code,
        -- flags
        customers.is_deleted,
        -- counts
        identity_counts.app_user_count,
        identity_counts.stripe_customer_count,
        identity_counts.salesforce_contact_count,
        coalesce(customer_payments.payment_count, 0) as payment_count,
        coalesce(customer_usage.recent_usage_count, 0) as usage_events_30_days,
        -- worth
        '{{ var("reporting_currency") }}' as reporting_currency,
        cast(coalesce(customer_payments.lifetime_value, 0) as {{ money_type() }}) as lifetime_value,
        -- 40 for use in the last 30 days (2 per event), 40 for the share of the last 90 days' attempts
        -- that were paid (20 where there were none), 20 for no dispute in 180 days
        cast(
            case
                when customers.is_deleted then 0
                else
                    {{ least_of(['coalesce(customer_usage.recent_usage_count, 0)', '20']) }} * 2
                    + case
                        when coalesce(customer_payments.recent_attempt_count, 0) = 0 then 20
                        else {{ divide_whole(
                            '40 * customer_payments.recent_paid_count',
                            'customer_payments.recent_attempt_count',
                        ) }}
                    end
                    + case when coalesce(customer_payments.recent_dispute_count, 0) = 0 then 20 else 0 end
            end as integer
        ) as health_score,
        -- times (UTC)
        first_versions.valid_from as first_seen_at,
        customer_payments.first_paid_at,
        customer_payments.last_paid_at
    from customers
    inner join first_versions on customers.customer_id = first_versions.customer_id
    inner join identity_counts on customers.customer_id = identity_counts.customer_id
    left join customer_payments on customers.customer_id = customer_payments.customer_id
    left join customer_usage on customers.customer_id = customer_usage.customer_id
)

select * from final
