with

source as (
    select * from {{ source('stripe', 'subscriptions') }}
),

-- A tombstone does not say its mode; any other version of the same subscription does.
test_mode as (
    select distinct id
    from source
    where not livemode
),

renamed as (
    select
        -- ids
        id as subscription_id,
        customer as stripe_customer_id,
        -- attributes
        status,
        lower(currency) as currency,
        -- times (UTC)
        {{ from_unix('trial_start') }} as trial_started_at,
        {{ from_unix('ended_at') }} as ended_at,
        -- version: what a list showed was true when it was read, whatever it was before
        _buck_op = 'd' as is_deleted,
        {{ version_times(
            'id', '_buck_seq', from_unix('created'),
            at="case when _buck_op = 'r' then _buck_observed_at end"
        ) }},
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 't'
      and id not in (select test_mode.id from test_mode)
)

select * from renamed
