-- The present state of an opportunity in its stage history is the one that Salesforce shows, and the
-- newest day of the pipeline holds the opportunities that were open when that day ended.
with

opportunities as (
    select * from {{ ref('fct_opportunities') }}
),

stages as (
    select * from {{ ref('fct_opportunity_stages') }}
),

pipeline as (
    select * from {{ ref('fct_pipeline_daily') }}
),

newest_day as (
    select max(pipeline_date) as pipeline_date from pipeline
),

pipeline_sums as (
    select
        pipeline_date,
        stage,
        currency,
        sum(amount) as amount
    from pipeline
    group by
        pipeline_date,
        stage,
        currency
),

stage_sums as (
    select
        newest_day.pipeline_date,
        stages.stage,
        stages.currency,
        count(*) as opportunity_count
    from stages
    inner join newest_day
        on {{ utc_date('stages.entered_at') }} <= newest_day.pipeline_date
        and (
            stages.left_at is null
            or {{ utc_date('stages.left_at') }} > newest_day.pipeline_date
        )
    where not stages.is_closed
    group by
        newest_day.pipeline_date,
        stages.stage,
        stages.currency
)

select
    'present stage or amount differs' as finding,
    opportunities.opportunity_id as subject
from opportunities
left join stages
    on opportunities.opportunity_id = stages.opportunity_id
    and stages.is_current
where {{ is_distinct('opportunities.stage', 'stages.stage') }}
   or {{ is_distinct('opportunities.amount', 'stages.amount') }}
   or {{ is_distinct('opportunities.is_closed', 'stages.is_closed') }}
   or {{ is_distinct('opportunities.is_won', 'stages.is_won') }}

union all

select
    'newest day of the pipeline differs' as finding,
    coalesce(pipeline.stage, stage_sums.stage) as subject
from (
    select pipeline.*
    from pipeline
    inner join newest_day on pipeline.pipeline_date = newest_day.pipeline_date
) as pipeline
full outer join stage_sums
    on pipeline.stage = stage_sums.stage
    and pipeline.currency = stage_sums.currency
where {{ is_distinct('pipeline.opportunity_count', 'stage_sums.opportunity_count') }}
