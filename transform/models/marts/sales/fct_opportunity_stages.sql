with

versions as (
    select * from {{ ref('int_opportunities_versioned') }} where not is_deleted
),

compared as (
    select
        *,
        lag(stage) over (partition by opportunity_id order by version_number) as previous_stage,
        row_number() over (partition by opportunity_id order by version_number) as living_number
    from versions
),

flagged as (
    select
        *,
        case
            when {{ is_distinct('stage', 'previous_stage') }} or living_number = 1 then 1
            else 0
        end as is_entry
    from compared
),

numbered as (
    select
        *,
        sum(is_entry) over (
            partition by opportunity_id order by version_number
            rows between unbounded preceding and current row
        ) as stage_number
    from flagged
),

placed as (
    select
        *,
        row_number() over (
            partition by opportunity_id, stage_number order by version_number desc
        ) as place_from_end
    from numbered
),

stays as (
    select
        opportunity_id,
        stage_number,
        min(stage) as stage,
        min(currency) as currency,
        min(valid_from) as entered_at,
        max(valid_to) as left_at,
        max(case when is_entry = 1 then amount end) as entry_amount,
        max(case when place_from_end = 1 then amount end) as amount,
        max(case when place_from_end = 1 then probability_pct end) as probability_pct,
        {{ any_true('place_from_end = 1 and is_closed') }} as is_closed,
        {{ any_true('place_from_end = 1 and is_won') }} as is_won
    from placed
    group by
        opportunity_id,
        stage_number
),

final as (
    select
        -- keys
        {{ surrogate_key(['opportunity_id', 'stage_number']) }} as opportunity_stage_key,
        opportunity_id,
        cast(stage_number as bigint) as stage_number,
        -- attributes
        stage,
        lead(stage) over (partition by opportunity_id order by stage_number) as next_stage,
        is_closed,
        is_won,
        left_at = {{ end_of_time() }} as is_current,
        probability_pct,
        -- money
        currency,
        entry_amount,
        amount,
        -- measures
        case
            when left_at < {{ end_of_time() }}
                then {{ seconds_between('entered_at', 'left_at') }}
        end as stay_s,
        -- times (UTC)
        entered_at,
        case when left_at < {{ end_of_time() }} then left_at end as left_at
    from stays
)

select * from final
