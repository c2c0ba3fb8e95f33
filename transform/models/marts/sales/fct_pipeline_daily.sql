-- The state at the end of each UTC day that was over at as_of, from the versions valid at that
-- instant: nothing in it depends on when a build ran, and no later day changes an earlier one.
with

days as (
    select * from {{ ref('dim_date') }} where date < {{ utc_date(as_of()) }}
),

open_versions as (
    select
        *,
        {{ utc_date('valid_from') }} as first_date,
        {{ utc_date('valid_to') }} as end_date
    from {{ ref('int_opportunities_versioned') }}
    where not is_closed
      and not is_deleted
),

final as (
    select
        -- keys
        {{ surrogate_key(['days.date', 'open_versions.stage', 'open_versions.currency']) }}
            as pipeline_key,
        days.date as pipeline_date,
        open_versions.stage,
        open_versions.currency,
        -- measures
        count(*) as opportunity_count,
        {{ sum_money('open_versions.amount') }} as amount,
        {{ sum_money('open_versions.expected_revenue') }} as expected_revenue
    from days
    -- began on that day or before it, and was not over when the day was
    inner join open_versions
        on days.date >= open_versions.first_date
        and days.date < open_versions.end_date
    group by
        days.date,
        open_versions.stage,
        open_versions.currency
)

select * from final
