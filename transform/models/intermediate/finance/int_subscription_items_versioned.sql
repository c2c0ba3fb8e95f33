-- What each item of a subscription cost a month, and when. Two witnesses are heard: the versions that
-- runs saw, and Stripe's events, which show each change at its own second, also those between two
-- runs. An event shows at most ten items: one that it leaves out has not changed.
with

item_log as (
    select * from {{ ref('stg_stripe__subscription_item_versions') }}
),

events as (
    select * from {{ ref('stg_stripe__subscription_events') }}
),

elements_before as (
    {{ unnest_json_array('events', ['subscription_id', 'created_at', '_buck_seq'], 'previous_items_json') }}
),

elements_after as (
    {{ unnest_json_array('events', ['subscription_id', 'created_at', '_buck_seq'], 'items_json') }}
),

elements as (
    select
        subscription_id,
        created_at,
        _buck_seq,
        element,
        0 as is_after
    from elements_before

    union all

    select
        subscription_id,
        created_at,
        _buck_seq,
        element,
        1 as is_after
    from elements_after
),

told as (
    select
        subscription_id,
        {{ json_text('element', 'id') }} as subscription_item_id,
        created_at as told_at,
        {{ from_unix(json_bigint('element', 'created')) }} as item_created_at,
        -- An event knows its second better than a run that came later.
        1 as witness,
        _buck_seq * 2 + is_after as place,
        false as is_removed,
        {{ json_bigint('element', 'quantity') }} as quantity,
        {{ json_bigint('element', 'price.unit_amount') }} as unit_amount_minor,
        {{ json_text('element', 'price.recurring.interval') }} as recurring_interval,
        {{ json_bigint('element', 'price.recurring.interval_count') }} as recurring_interval_count
    from elements
    -- An event in an old API version may show an item without its price.
    where {{ json_text('element', 'price.recurring.interval') }} is not null

    union all

    select
        subscription_id,
        subscription_item_id,
        became_true_at as told_at,
        record_created_at as item_created_at,
        0 as witness,
        version_number as place,
        is_deleted as is_removed,
        quantity,
        unit_amount_minor,
        recurring_interval,
        recurring_interval_count
    from item_log
),

ordered as (
    select
        subscription_id,
        subscription_item_id,
        is_removed,
        case when is_removed then 0 else coalesce(quantity, 0) end as quantity,
        case
            when is_removed then 0
            else coalesce(
                {{ monthly_minor(
                    'quantity * unit_amount_minor', 'recurring_interval', 'recurring_interval_count'
                ) }},
                0
            )
        end as monthly_minor,
        told_at,
        lead(told_at) over (
            partition by subscription_id, subscription_item_id order by told_at nulls last, witness nulls last, place nulls last
        ) as later_told_at,
        row_number() over (
            partition by subscription_id, subscription_item_id order by told_at nulls last, witness nulls last, place nulls last
        ) as place,
        min(item_created_at) over (
            partition by subscription_id, subscription_item_id
        ) as item_created_at
    from told
),

-- What is known first of an item held since it was there.
dated as (
    select
        subscription_id,
        subscription_item_id,
        is_removed,
        quantity,
        monthly_minor,
        case
            when place = 1 and item_created_at < told_at then item_created_at
            else told_at
        end as valid_from,
        coalesce(later_told_at, {{ end_of_time() }}) as valid_to
    from ordered
),

final as (
    select
        subscription_id,
        subscription_item_id,
        is_removed,
        quantity,
        monthly_minor,
        valid_from,
        valid_to
    from dated
    where valid_from < valid_to
)

select * from final
