with

users as (
    select * from {{ ref('int_identities_linked') }} where source = 'app'
),

usage_events as (
    select * from {{ ref('int_usage_attributed') }}
),

customers as (
    select * from {{ ref('customer_360') }}
),

customer_versions as (
    select * from {{ ref('int_customers_versioned') }}
),

early_events as (
    select
        user_id,
        occurred_at,
        row_number() over (
            partition by user_id order by occurred_at nulls last, usage_event_id nulls last
        ) as event_number
    from usage_events
    where {{ seconds_between('signed_up_at', 'occurred_at') }}
        < {{ var('activation_days') | int * 86400 }}
),

activations as (
    select
        {{ as_text('user_id') }} as source_id,
        min(occurred_at) as first_used_at,
        count(*) as early_event_count,
        min(case when event_number = {{ var('activation_events') | int }} then occurred_at end)
            as activated_at
    from early_events
    group by {{ as_text('user_id') }}
),

final as (
    select
        -- keys
        {{ surrogate_key(['users.source_id']) }} as activation_key,
        cast(users.source_id as bigint) as user_id,
        users.customer_id,
        customer_versions.customer_key,
        -- status
        case
            when activations.activated_at is not null then 'activated'
            when {{ seconds_between('users.record_created_at', as_of()) }}
                < {{ var('activation_days') | int * 86400 }} then 'pending'
            else 'not_activated'
        end as activation_status,
        activations.activated_at is not null as is_activated,
        -- measures
        coalesce(activations.early_event_count, 0) as early_event_count,
        {{ seconds_between('users.record_created_at', 'activations.activated_at') }}
            as time_to_activate_s,
        -- times (UTC)
        users.record_created_at as signed_up_at,
        activations.first_used_at,
        activations.activated_at,
        customers.first_ordered_at,
        customers.first_paid_at,
        {{ utc_date('users.record_created_at') }} as signed_up_date,
        {{ start_of('month', utc_date('users.record_created_at')) }} as cohort_month
    from users
    left join activations on users.source_id = activations.source_id
    left join customers on users.customer_id = customers.customer_id
    left join customer_versions
        on {{ customer_at('users.customer_id', 'users.record_created_at', 'customer_versions') }}
)

select * from final
