-- A cohort counts its users, and of each month those who used the product in it.
with

shown as (
    select * from {{ ref('agg_retention_cohorts') }}
),

users as (
    select * from {{ ref('product_activation') }}
),

cohorts as (
    select
        cohort_month,
        count(*) as cohort_users,
        sum(case when is_activated then 1 else 0 end) as activated_users
    from users
    group by cohort_month
),

active as (
    select
        users.cohort_month,
        usage_days.usage_month as activity_month,
        count(distinct users.user_id) as active_users
    from users
    inner join {{ ref('fct_usage_daily') }} as usage_days on users.user_id = usage_days.user_id
    group by
        users.cohort_month,
        usage_days.usage_month
),

expected as (
    select
        cohorts.cohort_month,
        days.date as activity_month,
        {{ months_between('cohorts.cohort_month', 'days.date') }} as month_number,
        {{ surrogate_key(['cohorts.cohort_month', months_between('cohorts.cohort_month', 'days.date')]) }}
            as retention_key,
        {{ start_of('month', utc_date(as_of())) }} > days.date as is_complete,
        cohorts.cohort_users,
        cohorts.activated_users,
        coalesce(active.active_users, 0) as active_users,
        {{ divide('coalesce(active.active_users, 0)', 'cohorts.cohort_users') }} as retained_share
    from cohorts
    inner join {{ ref('dim_date') }} as days
        on days.date >= cohorts.cohort_month
        and days.day_of_month = 1
        and days.date < {{ utc_date(as_of()) }}
    left join active
        on cohorts.cohort_month = active.cohort_month
        and days.date = active.activity_month
)

{{ differing_rows(['cohort_month', 'activity_month'], [
    'month_number', 'retention_key', 'is_complete', 'cohort_users', 'activated_users', 'active_users',
    'retained_share',
]) }}
