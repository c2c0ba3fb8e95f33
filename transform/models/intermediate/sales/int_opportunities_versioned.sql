-- Every state that an opportunity has been in. Salesforce's history keeps each change of stage, amount
-- and date; the version log knows deletions and what a run saw besides. A deleted opportunity takes its
-- history with it in Salesforce, so history counts here as it was last seen alive.
{%- set attributes = [
    'stage', 'currency', 'amount', 'expected_revenue', 'probability_pct', 'is_closed', 'is_won',
    'is_deleted'
] %}
with

opportunity_log as (
    select * from {{ ref('stg_salesforce__opportunity_versions') }}
),

history as (
    select * from {{ ref('stg_salesforce__opportunity_history_seen') }}
),

-- What Salesforce means by a stage is said by the opportunities that were in it.
stage_meanings as (
    select
        stage,
        max(case when is_closed then 1 else 0 end) as closed_flag,
        max(case when is_won then 1 else 0 end) as won_flag
    from opportunity_log
    where not is_deleted
      and is_closed is not null
    group by stage
),

first_history as (
    select
        opportunity_id,
        min(created_at) as first_history_at
    from history
    group by opportunity_id
),

moments as (
    select
        history.opportunity_id,
        history.created_at as moment,
        0 as precedence,
        history._buck_seq as arrival,
        history.stage,
        history.currency,
        history.amount,
        history.expected_revenue,
        history.probability_pct,
        coalesce(stage_meanings.closed_flag = 1, history.forecast_category in ('Closed', 'Omitted'))
            as is_closed,
        coalesce(stage_meanings.won_flag = 1, history.forecast_category = 'Closed') as is_won,
        false as is_deleted
    from history
    left join stage_meanings on history.stage = stage_meanings.stage

    union all

    -- Without any history, the first version seen reaches back to the creation.
    select
        opportunity_log.opportunity_id,
        case
            when opportunity_log.version_number = 1
                and first_history.opportunity_id is null
                and opportunity_log.record_created_at < opportunity_log.became_true_at
                then opportunity_log.record_created_at
            else opportunity_log.became_true_at
        end as moment,
        1 as precedence,
        opportunity_log._buck_seq as arrival,
        opportunity_log.stage,
        opportunity_log.currency,
        opportunity_log.amount,
        opportunity_log.expected_revenue,
        opportunity_log.probability_pct,
        opportunity_log.is_closed,
        opportunity_log.is_won,
        opportunity_log.is_deleted
    from opportunity_log
    left join first_history on opportunity_log.opportunity_id = first_history.opportunity_id
),

-- Of several states at one instant the last one counts; the record goes before its history.
ranked as (
    select
        *,
        row_number() over (
            partition by opportunity_id, moment
            order by precedence desc nulls last, arrival desc nulls last
        ) as moment_rank
    from moments
),

compared as (
    select
        *,
        row_number() over (partition by opportunity_id order by moment) as state_number,
        {% for attribute in attributes -%}
        lag({{ attribute }}) over (
            partition by opportunity_id order by moment
        ) as previous_{{ attribute }}{{ ',' if not loop.last }}
        {% endfor %}
    from ranked
    where moment_rank = 1
),

changed as (
    select *
    from compared
    where state_number = 1
    {%- for attribute in attributes %}
       or {{ is_distinct(attribute, 'previous_' ~ attribute) }}
    {%- endfor %}
),

final as (
    select
        -- ids
        opportunity_id,
        row_number() over (partition by opportunity_id order by moment) as version_number,
        -- attributes
        stage,
        {{ as_decimal('probability_pct', 18, 4) }} as probability_pct,
        -- money; an org with one currency does not say which
        coalesce(currency, '{{ var("reporting_currency") }}') as currency,
        coalesce(amount, 0) as amount,
        coalesce(expected_revenue, 0) as expected_revenue,
        -- flags
        coalesce(is_closed, false) as is_closed,
        coalesce(is_won, false) as is_won,
        is_deleted,
        lead(moment) over (partition by opportunity_id order by moment) is null as is_current,
        -- times (UTC)
        moment as valid_from,
        coalesce(
            lead(moment) over (partition by opportunity_id order by moment),
            {{ end_of_time() }}
        ) as valid_to
    from changed
)

select * from final
