-- A day of the pipeline is the day before it, with what came in and without what went out that day.
with

versions as (
    select
        *,
        {{ utc_date('valid_from') }} as in_on,
        {{ utc_date('valid_to') }} as out_on
    from {{ ref('int_opportunities_versioned') }}
    where not is_closed
      and not is_deleted
),

changes as (
    select in_on as day, stage, currency, 1 as opportunities, amount, expected_revenue
    from versions

    union all

    select out_on as day, stage, currency, -1 as opportunities, -amount as amount, -expected_revenue as expected_revenue
    from versions
),

steps as (
    select
        day,
        stage,
        currency,
        sum(opportunities) as opportunities,
        sum(amount) as amount,
        sum(expected_revenue) as expected_revenue
    from changes
    group by
        day,
        stage,
        currency
),

levels as (
    select
        stage,
        currency,
        day as first_day,
        lead(day) over (partition by stage, currency order by day nulls last) as end_day,
        sum(opportunities) over (partition by stage, currency order by day nulls last) as opportunity_count,
        sum(amount) over (partition by stage, currency order by day nulls last) as amount,
        sum(expected_revenue) over (partition by stage, currency order by day nulls last) as expected_revenue
    from steps
),

expected as (
    select
        days.date as pipeline_date,
        levels.stage,
        levels.currency,
        {{ surrogate_key(['days.date', 'levels.stage', 'levels.currency']) }} as pipeline_key,
        levels.opportunity_count,
        levels.amount,
        levels.expected_revenue
    from levels
    inner join {{ ref('dim_date') }} as days
        on days.date >= levels.first_day
        and days.date < coalesce(levels.end_day, {{ utc_date(as_of()) }})
    where levels.opportunity_count > 0
      and days.date < {{ utc_date(as_of()) }}
),

shown as (
    select * from {{ ref('fct_pipeline_daily') }}
)

{{ differing_rows(['pipeline_date', 'stage', 'currency'], [
    'pipeline_key', 'opportunity_count', 'amount', 'expected_revenue',
]) }}
