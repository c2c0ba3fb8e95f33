-- Credit is counted in whole millionths, money in minor units: a touch gets what its place and all
-- before it get together, less what those before it get. So the shares always add up to the whole.
with

touches as (
    select * from {{ ref('int_conversions_touched') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

weighted as (
    select
        *,
        'first_touch' as attribution_model,
        1 as share_number,
        1 as share_count
    from touches
    where touch_number = 1

    union all

    select
        *,
        'last_touch' as attribution_model,
        1 as share_number,
        1 as share_count
    from touches
    where touch_number = touch_count

    union all

    select
        *,
        'linear' as attribution_model,
        touch_number as share_number,
        touch_count as share_count
    from touches
),

shared as (
    select
        *,
        {{ divide_whole('1000000 * share_number', 'share_count') }}
        - {{ divide_whole('1000000 * (share_number - 1)', 'share_count') }} as credit_millionths,
        {{ divide_whole('gross_amount_minor * share_number', 'share_count') }}
        - {{ divide_whole('gross_amount_minor * (share_number - 1)', 'share_count') }}
            as attributed_amount_minor
    from weighted
),

final as (
    select
        -- keys
        {{ surrogate_key(['shared.customer_id', 'shared.attribution_model', 'shared.touch_number']) }}
            as attribution_key,
        shared.customer_id,
        shared.customer_key,
        shared.attribution_model,
        shared.touch_number,
        shared.touch_count,
        shared.touch_key,
        shared.campaign_id,
        shared.charge_id,
        -- attributes
        shared.touch_type,
        shared.channel,
        -- measures
        cast(shared.credit_millionths * cast(0.000001 as {{ decimal_type(7, 6) }}) as {{ decimal_type(9, 6) }})
            as credit,
        shared.currency,
        {{ money('shared.attributed_amount_minor', 'currencies.exponent') }} as attributed_amount,
        shared.attributed_amount_minor,
        -- times (UTC)
        shared.touched_at,
        shared.converted_at,
        shared.conversion_date,
        shared.conversion_month
    from shared
    left join currencies on shared.currency = currencies.code
)

select * from final
