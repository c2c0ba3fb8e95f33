-- Every event of usage with the customer behind the user, numbered from the user's first one on.
{{ config(materialized='view') }}
with

usage_events as (
    select * from {{ ref('stg_app__usage_events') }}
),

identities as (
    select * from {{ ref('int_identities_linked') }} where source = 'app'
),

final as (
    select
        -- ids
        usage_events.usage_event_id,
        usage_events.user_id,
        identities.customer_id,
        -- attributes
        usage_events.event_name,
        {{ json_bigint('usage_events.properties_json', 'duration_ms') }} as duration_ms,
        -- times (UTC)
        identities.record_created_at as signed_up_at,
        usage_events.occurred_at,
        {{ utc_date('usage_events.occurred_at') }} as usage_date,
        -- arrival
        usage_events._buck_seq as usage_event_seq
    from usage_events
    left join identities on {{ as_text('usage_events.user_id') }} = identities.source_id
)

select * from final
