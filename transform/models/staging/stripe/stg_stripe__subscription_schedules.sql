{{ config(enabled='subscription_schedules' in var('stripe_optional_tables')) }}
with

source as (
    {{ newest_versions(source('stripe', 'subscription_schedules'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as subscription_schedule_id,
        customer as stripe_customer_id,
        coalesce(subscription, released_subscription) as subscription_id,
        -- attributes
        status,
        end_behavior as end_behaviour,
        phases as phases_json,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        {{ from_unix('completed_at') }} as completed_at,
        {{ from_unix('released_at') }} as released_at,
        {{ from_unix('canceled_at') }} as cancelled_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
