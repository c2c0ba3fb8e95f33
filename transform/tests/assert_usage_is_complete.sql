-- Every event of usage that landed is counted once, on its day, and every user is in one cohort.
with

usage_events as (
    select
        {{ utc_date('occurred_at') }} as usage_date,
        count(*) as event_count
    from {{ ref('stg_app__usage_events') }}
    group by {{ utc_date('occurred_at') }}
),

usage_days as (
    select
        usage_date,
        sum(event_count) as event_count
    from {{ ref('fct_usage_daily') }}
    group by usage_date
),

users as (
    select * from {{ ref('product_activation') }}
),

cohorts as (
    select * from {{ ref('agg_retention_cohorts') }} where month_number = 0
),

user_counts as (
    select
        cohort_month,
        count(*) as cohort_users
    from users
    where cohort_month < {{ utc_date(as_of()) }}
    group by cohort_month
)

select
    'events of a day' as finding,
    coalesce(usage_events.usage_date, usage_days.usage_date) as subject
from usage_events
full outer join usage_days on usage_events.usage_date = usage_days.usage_date
where {{ is_distinct('usage_events.event_count', 'usage_days.event_count') }}

union all

select
    'users of a cohort' as finding,
    coalesce(user_counts.cohort_month, cohorts.cohort_month) as subject
from user_counts
full outer join cohorts on user_counts.cohort_month = cohorts.cohort_month
where {{ is_distinct('user_counts.cohort_users', 'cohorts.cohort_users') }}
