with

users as (
    select * from {{ ref('product_activation') }}
),

usage_days as (
    select * from {{ ref('fct_usage_daily') }}
),

months as (
    select distinct month_start_on as activity_month
    from {{ ref('dim_date') }}
    where month_start_on < {{ utc_date(as_of()) }}
),

cohorts as (
    select
        cohort_month,
        count(*) as cohort_users,
        {{ count_if('is_activated') }} as activated_users
    from users
    group by cohort_month
),

active as (
    select
        users.cohort_month,
        usage_days.usage_month as activity_month,
        count(distinct usage_days.user_id) as active_users
    from usage_days
    inner join users on usage_days.user_id = users.user_id
    group by
        users.cohort_month,
        usage_days.usage_month
),

numbered as (
    select
        cohorts.cohort_month,
        cohorts.cohort_users,
        cohorts.activated_users,
        months.activity_month,
        {{ months_between('cohorts.cohort_month', 'months.activity_month') }} as month_number
    from cohorts
    inner join months on cohorts.cohort_month <= months.activity_month
),

final as (
    select
        -- keys
        {{ surrogate_key(['numbered.cohort_month', 'numbered.month_number']) }} as retention_key,
        numbered.cohort_month,
        cast(numbered.month_number as bigint) as month_number,
        numbered.activity_month,
        -- a month that is not over has not seen everybody yet
        {{ add_months('numbered.activity_month', 1) }} <= {{ utc_date(as_of()) }} as is_complete,
        -- measures
        numbered.cohort_users,
        numbered.activated_users,
        coalesce(active.active_users, 0) as active_users,
        {{ divide('coalesce(active.active_users, 0)', 'numbered.cohort_users') }} as retained_share
    from numbered
    left join active
        on numbered.cohort_month = active.cohort_month
        and numbered.activity_month = active.activity_month
)

select * from final
