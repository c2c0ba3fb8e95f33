-- One row per user of the app with their organisation, the customer they are, and what they do.
with

users as (
    select * from {{ ref('stg_app__users') }}
),

organisations as (
    select * from {{ ref('stg_app__organisations') }}
),

usage_events as (
    select * from {{ ref('stg_app__usage_events') }}
),

identities as (
    select * from {{ ref('int_identities_linked') }} where source = 'app'
),

customers as (
    select * from {{ ref('int_customers_versioned') }} where is_current
),

usage_totals as (
    select
        user_id,
        count(*) as usage_event_count,
        count(distinct {{ utc_date('occurred_at') }}) as usage_day_count,
        min(occurred_at) as first_used_at,
        max(occurred_at) as last_used_at
    from usage_events
    group by user_id
),

final as (
    select
        -- ids
        users.user_id,
        users.organisation_id,
        identities.customer_id,
        customers.customer_key as current_customer_key,
        -- person
        users.email,
        users.full_name,
        users.locale,
        coalesce(users.marketing_channel, 'unknown') as marketing_channel,
        -- organisation
        organisations.name as organisation_name,
        organisations.plan_tier,
        organisations.country_code as organisation_country_code,
        customers.segment,
        -- flags
        users.is_active,
        usage_totals.user_id is not null as has_used,
        -- counts
        coalesce(usage_totals.usage_event_count, 0) as usage_event_count,
        coalesce(usage_totals.usage_day_count, 0) as usage_day_count,
        -- times (UTC)
        users.created_at,
        {{ utc_date('users.created_at') }} as signed_up_on,
        usage_totals.first_used_at,
        usage_totals.last_used_at
    from users
    left join organisations on users.organisation_id = organisations.organisation_id
    left join identities on {{ as_text('users.user_id') }} = identities.source_id
    left join customers on identities.customer_id = customers.customer_id
    left join usage_totals on users.user_id = usage_totals.user_id
)

select * from final
