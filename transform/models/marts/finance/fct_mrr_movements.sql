with

versions as (
    select * from {{ ref('int_subscriptions_versioned') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

steps as (
    select
        customer_id,
        currency,
        {{ utc_date('valid_from') }} as movement_date,
        mrr_minor - coalesce(
            lag(mrr_minor) over (partition by subscription_id order by version_number), 0
        ) as change_minor
    from versions
),

-- What changes and changes back within a day is no movement. Today's end is not known yet.
daily as (
    select
        customer_id,
        currency,
        movement_date,
        {{ sum_bigint('change_minor') }} as change_minor
    from steps
    where movement_date < {{ utc_date(as_of()) }}
    group by
        customer_id,
        currency,
        movement_date
    having sum(change_minor) <> 0
),

totalled as (
    select
        *,
        cast(
            sum(change_minor) over (
                partition by customer_id, currency order by movement_date
                rows between unbounded preceding and current row
            ) as bigint
        ) as after_minor,
        row_number() over (partition by customer_id, currency order by movement_date) as place
    from daily
),

named as (
    select
        totalled.*,
        totalled.after_minor - totalled.change_minor as before_minor,
        case
            when totalled.place = 1 then 'new'
            when totalled.after_minor = totalled.change_minor then 'reactivation'
            when totalled.after_minor = 0 then 'churn'
            when totalled.change_minor > 0 then 'expansion'
            else 'contraction'
        end as movement_type
    from totalled
),

final as (
    select
        -- keys
        {{ surrogate_key(['named.customer_id', 'named.currency', 'named.movement_date']) }}
            as mrr_movement_key,
        named.customer_id,
        customers.customer_key,
        named.movement_date,
        {{ start_of('month', 'named.movement_date') }} as movement_month,
        named.movement_type,
        -- measures
        named.currency,
        {{ money('named.before_minor', 'currencies.exponent') }} as mrr_before,
        {{ money('named.change_minor', 'currencies.exponent') }} as mrr_change,
        {{ money('named.after_minor', 'currencies.exponent') }} as mrr_after,
        named.before_minor as mrr_before_minor,
        named.change_minor as mrr_change_minor,
        named.after_minor as mrr_after_minor
    from named
    left join customers
        on named.customer_id = customers.customer_id
        and {{ at_end_of('named.movement_date') }}
    left join currencies on named.currency = currencies.code
)

select * from final
