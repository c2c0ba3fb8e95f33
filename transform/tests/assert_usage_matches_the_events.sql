-- A day of usage is what the app's events of that day, user and kind add up to.
with

shown as (
    select * from {{ ref('fct_usage_daily') }}
),

users as (
    select * from {{ ref('int_identities_linked') }} where source = 'app'
),

customers as (
    select * from {{ ref('dim_customers') }}
),

days as (
    select
        {{ utc_date('occurred_at') }} as usage_date,
        user_id,
        event_name,
        count(*) as event_count,
        sum(coalesce({{ json_bigint('properties_json', 'duration_ms') }}, 0)) as duration_ms,
        min(occurred_at) as first_used_at,
        max(occurred_at) as last_used_at,
        max(_buck_seq) as usage_event_seq
    from {{ ref('stg_app__usage_events') }}
    group by
        {{ utc_date('occurred_at') }},
        user_id,
        event_name
),

expected as (
    select
        days.*,
        {{ surrogate_key(['days.usage_date', 'days.user_id', 'days.event_name']) }} as usage_key,
        users.customer_id,
        customers.customer_key,
        {{ start_of('month', 'days.usage_date') }} as usage_month
    from days
    left join users on {{ as_text('days.user_id') }} = users.source_id
    left join customers on {{ customer_at('users.customer_id', 'days.first_used_at') }}
)

{{ differing_rows(['usage_date', 'user_id', 'event_name'], [
    'usage_key', 'customer_id', 'customer_key', 'event_count', 'duration_ms', 'first_used_at',
    'last_used_at', 'usage_month', 'usage_event_seq',
]) }}
