with

usage_events as (
    select * from {{ ref('int_usage_attributed') }}
),

customers as (
    select * from {{ ref('int_customers_versioned') }}
),

days as (
    select
        usage_date,
        user_id,
        event_name,
        min(customer_id) as customer_id,
        count(*) as event_count,
        {{ sum_bigint('coalesce(duration_ms, 0)') }} as duration_ms,
        min(occurred_at) as first_used_at,
        max(occurred_at) as last_used_at,
        max(usage_event_seq) as usage_event_seq
    from usage_events
    group by
        usage_date,
        user_id,
        event_name
),

final as (
    select
        -- keys
        {{ surrogate_key(['days.usage_date', 'days.user_id', 'days.event_name']) }} as usage_key,
        days.usage_date,
        days.user_id,
        days.customer_id,
        customers.customer_key,
        -- attributes
        days.event_name,
        -- measures
        days.event_count,
        days.duration_ms,
        -- times (UTC)
        days.first_used_at,
        days.last_used_at,
        {{ start_of('month', 'days.usage_date') }} as usage_month,
        -- watermark
        days.usage_event_seq
    from days
    left join customers on {{ customer_at('days.customer_id', 'days.first_used_at') }}
)

select * from final
