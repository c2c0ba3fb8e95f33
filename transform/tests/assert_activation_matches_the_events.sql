-- Whether and when a user was activated follows from their events alone; first order and first payment
-- are those of their customer.
with

shown as (
    select * from {{ ref('product_activation') }}
),

users as (
    select
        *,
        {{ utc_date('record_created_at') }} as created_on
    from {{ ref('int_identities_linked') }}
    where source = 'app'
),

early as (
    select
        users.source_id,
        usage_events.occurred_at,
        row_number() over (
            partition by users.source_id
            order by usage_events.occurred_at nulls last, usage_events.usage_event_id nulls last
        ) as place
    from users
    inner join {{ ref('stg_app__usage_events') }} as usage_events
        on users.source_id = {{ as_text('usage_events.user_id') }}
    where {{ seconds_between('users.record_created_at', 'usage_events.occurred_at') }}
        < {{ var('activation_days') | int * 86400 }}
),

activity as (
    select
        source_id,
        count(*) as early_event_count,
        min(occurred_at) as first_used_at,
        max(case when place = {{ var('activation_events') | int }} then occurred_at end) as activated_at
    from early
    group by source_id
),

orders as (
    select
        customer_id,
        min(placed_at) as first_ordered_at
    from {{ ref('sales_orders') }}
    where not is_cancelled
    group by customer_id
),

payments as (
    select
        customer_id,
        min(created_at) as first_paid_at
    from {{ ref('fct_payments') }}
    where is_paid
    group by customer_id
),

customers as (
    select * from {{ ref('dim_customers') }}
),

expected as (
    select
        cast(users.source_id as bigint) as user_id,
        {{ surrogate_key(['users.source_id']) }} as activation_key,
        users.customer_id,
        customers.customer_key,
        case
            when activity.activated_at is not null then 'activated'
            when {{ seconds_between('users.record_created_at', as_of()) }}
                >= {{ var('activation_days') | int * 86400 }} then 'not_activated'
            else 'pending'
        end as activation_status,
        activity.activated_at is not null as is_activated,
        coalesce(activity.early_event_count, 0) as early_event_count,
        {{ seconds_between('users.record_created_at', 'activity.activated_at') }} as time_to_activate_s,
        users.record_created_at as signed_up_at,
        activity.first_used_at,
        activity.activated_at,
        orders.first_ordered_at,
        payments.first_paid_at,
        users.created_on as signed_up_date,
        {{ start_of('month', 'users.created_on') }} as cohort_month
    from users
    left join activity on users.source_id = activity.source_id
    left join orders on users.customer_id = orders.customer_id
    left join payments on users.customer_id = payments.customer_id
    left join customers on {{ customer_at('users.customer_id', 'users.record_created_at') }}
)

{{ differing_rows(['user_id'], [
    'activation_key', 'customer_id', 'customer_key', 'activation_status', 'is_activated',
    'early_event_count', 'time_to_activate_s', 'signed_up_at', 'first_used_at', 'activated_at',
    'first_ordered_at', 'first_paid_at', 'signed_up_date', 'cohort_month',
]) }}
