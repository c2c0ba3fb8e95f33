-- The history of every subscription, computed from the version log, from Stripe's events and from the
-- payment of the first invoice: what it earns a month, kept where it differs from the state before.
with

subscription_log as (
    select * from {{ ref('stg_stripe__subscription_versions') }}
),

events as (
    select * from {{ ref('stg_stripe__subscription_events') }}
),

invoices as (
    select * from {{ ref('stg_stripe__invoices') }}
),

items as (
    select * from {{ ref('int_subscription_items_versioned') }}
),

identities as (
    select * from {{ ref('int_identities_linked') }} where source = 'stripe'
),

-- What never changes about a subscription. An end is final, whatever is told afterwards.
subscriptions as (
    select
        subscription_id,
        max(stripe_customer_id) as stripe_customer_id,
        max(currency) as currency,
        min(record_created_at) as created_at,
        min(trial_started_at) as trial_started_at,
        coalesce(
            max(ended_at),
            max(case when is_deleted then became_true_at end)
        ) as ended_at,
        coalesce(max(case when ended_at is not null then status end), 'canceled') as end_status
    from subscription_log
    group by subscription_id
),

-- Until its first invoice is paid a subscription is incomplete. That is known for good, while events
-- of that time may be gone.
first_invoices as (
    select
        invoices.subscription_id,
        invoices.invoice_id,
        invoices.created_at,
        invoices.paid_at
    from invoices
    inner join subscriptions on invoices.subscription_id = subscriptions.subscription_id
    where invoices.billing_reason = 'subscription_create'
      and invoices.collection_method = 'charge_automatically'
      and subscriptions.trial_started_at is null
),

told as (
    select
        subscription_id,
        became_true_at as told_at,
        1 as witness,
        version_number as place,
        status
    from subscription_log
    where not is_deleted

    union all

    select
        subscription_id,
        created_at as told_at,
        2 as witness,
        _buck_seq as place,
        status
    from events
    where status is not null

    union all

    select
        subscription_id,
        created_at as told_at,
        0 as witness,
        1 as place,
        'incomplete' as status
    from first_invoices

    union all

    select
        subscription_id,
        paid_at as told_at,
        0 as witness,
        2 as place,
        'active' as status
    from first_invoices
    where paid_at is not null
),

told_to_the_end as (
    select
        told.subscription_id,
        told.told_at,
        told.witness,
        told.place,
        told.status,
        subscriptions.created_at
    from told
    inner join subscriptions on told.subscription_id = subscriptions.subscription_id
    where subscriptions.ended_at is null
       or told.told_at < subscriptions.ended_at

    union all

    select
        subscription_id,
        ended_at as told_at,
        3 as witness,
        1 as place,
        end_status as status,
        created_at
    from subscriptions
    where ended_at is not null
),

statuses as (
    select
        subscription_id,
        status,
        case
            when created_at < told_at and row_number() over (
                partition by subscription_id order by told_at nulls last, witness nulls last, place nulls last
            ) = 1 then created_at
            else told_at
        end as valid_from,
        coalesce(
            lead(told_at) over (
                partition by subscription_id
                order by told_at nulls last, witness nulls last, place nulls last
            ),
            {{ end_of_time() }}
        ) as valid_to
    from told_to_the_end
),

moments as (
    select
        subscription_id,
        valid_from as moment
    from statuses
    where valid_from < valid_to

    {{ union_distinct() }}

    select
        items.subscription_id,
        items.valid_from as moment
    from items
    inner join subscriptions on items.subscription_id = subscriptions.subscription_id
    where items.valid_from > subscriptions.created_at
),

states as (
    select
        moments.subscription_id,
        moments.moment,
        statuses.status,
        coalesce({{ sum_bigint('items.quantity') }}, 0) as quantity,
        coalesce({{ sum_bigint('items.monthly_minor') }}, 0) as monthly_minor
    from moments
    inner join statuses
        on moments.subscription_id = statuses.subscription_id
        and moments.moment >= statuses.valid_from
        and moments.moment < statuses.valid_to
    left join items
        on moments.subscription_id = items.subscription_id
        and moments.moment >= items.valid_from
        and moments.moment < items.valid_to
    group by
        moments.subscription_id,
        moments.moment,
        statuses.status
),

compared as (
    select
        *,
        row_number() over (partition by subscription_id order by moment) as state_number,
        lag(status) over (partition by subscription_id order by moment) as previous_status,
        lag(quantity) over (partition by subscription_id order by moment) as previous_quantity,
        lag(monthly_minor) over (
            partition by subscription_id order by moment
        ) as previous_monthly_minor
    from states
),

changed as (
    select *
    from compared
    where state_number = 1
       or status <> previous_status
       or quantity <> previous_quantity
       or monthly_minor <> previous_monthly_minor
),

final as (
    select
        -- ids
        changed.subscription_id,
        subscriptions.stripe_customer_id,
        -- A customer whom no system shows any more is known by this subscription alone.
        coalesce(
            identities.customer_id,
            {{ surrogate_key(["'stripe'", 'subscriptions.stripe_customer_id']) }}
        ) as customer_id,
        -- state
        changed.status,
        changed.quantity,
        -- money (minor units a month)
        subscriptions.currency,
        changed.monthly_minor,
        case when {{ earns('changed.status') }} then changed.monthly_minor else 0 end as mrr_minor,
        -- times (UTC)
        subscriptions.created_at,
        row_number() over (
            partition by changed.subscription_id order by changed.moment
        ) as version_number,
        changed.moment as valid_from,
        coalesce(
            lead(changed.moment) over (
                partition by changed.subscription_id order by changed.moment
            ),
            {{ end_of_time() }}
        ) as valid_to
    from changed
    inner join subscriptions on changed.subscription_id = subscriptions.subscription_id
    left join identities on subscriptions.stripe_customer_id = identities.source_id
)

select * from final
