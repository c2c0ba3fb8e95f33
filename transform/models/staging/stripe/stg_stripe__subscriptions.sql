with

source as (
    {{ newest_versions(source('stripe', 'subscriptions'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as subscription_id,
        customer as stripe_customer_id,
        latest_invoice as latest_invoice_id,
        -- attributes
        status,
        collection_method,
        lower(currency) as currency,
        {{ json_text('cancellation_details', 'reason') }} as cancellation_reason,
        -- flags
        cancel_at_period_end as is_cancelled_at_period_end,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        {{ from_unix('start_date') }} as started_at,
        {{ from_unix('trial_start') }} as trial_started_at,
        {{ from_unix('trial_end') }} as trial_ends_at,
        {{ from_unix('cancel_at') }} as cancels_at,
        {{ from_unix('canceled_at') }} as cancelled_at,
        {{ from_unix('ended_at') }} as ended_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
