-- A stay begins with the version that brought the stage and ends where the next stay begins, or with
-- the opportunity's last living version.
with

versions as (
    select
        *,
        lag(stage) over (partition by opportunity_id order by valid_from) as previous_stage
    from {{ ref('int_opportunities_versioned') }}
    where not is_deleted
),

entries as (
    select
        opportunity_id,
        valid_from as entered_at,
        stage,
        currency,
        amount as entry_amount,
        row_number() over (partition by opportunity_id order by valid_from) as stage_number,
        lead(stage) over (partition by opportunity_id order by valid_from) as next_stage,
        lead(valid_from) over (partition by opportunity_id order by valid_from) as next_entered_at
    from versions
    where previous_stage is null
       or stage <> previous_stage
),

ranked as (
    select
        entries.*,
        versions.amount,
        versions.probability_pct,
        versions.is_closed,
        versions.is_won,
        nullif(versions.valid_to, {{ end_of_time() }}) as left_at,
        row_number() over (
            partition by entries.opportunity_id, entries.stage_number order by versions.valid_from desc
        ) as place
    from entries
    inner join versions
        on entries.opportunity_id = versions.opportunity_id
        and versions.valid_from >= entries.entered_at
        and versions.valid_from < coalesce(entries.next_entered_at, {{ end_of_time() }})
),

expected as (
    select
        *,
        {{ surrogate_key(['opportunity_id', 'stage_number']) }} as opportunity_stage_key,
        left_at is null as is_current,
        {{ seconds_between('entered_at', 'left_at') }} as stay_s
    from ranked
    where place = 1
),

shown as (
    select * from {{ ref('fct_opportunity_stages') }}
)

{{ differing_rows(['opportunity_id', 'stage_number'], [
    'opportunity_stage_key', 'stage', 'next_stage', 'is_closed', 'is_won', 'is_current',
    'probability_pct', 'currency', 'entry_amount', 'amount', 'stay_s', 'entered_at', 'left_at',
]) }}
