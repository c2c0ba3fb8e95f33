with

-- Newest living version of each entry: tombstones are left out before the newest is chosen.
source as (
    select *
    from (
        select
            *,
            row_number() over (
                partition by id order by {{ salesforce_version_order() }}
            ) as version_rank
        from {{ source('salesforce', 'opportunityhistory') }}
        where _buck_op not in ('d', 't')
          and not coalesce(isdeleted, false)
    ) as living
    where version_rank = 1
),

renamed as (
    select
        -- ids
        id as opportunity_history_id,
        opportunityid as opportunity_id,
        -- attributes
        stagename as stage,
        forecastcategory as forecast_category,
        probability as probability_pct,
        -- money
        lower(currencyisocode) as currency,
        {{ as_money('amount') }} as amount,
        {{ as_money('expectedrevenue') }} as expected_revenue,
        -- times (UTC)
        createddate as created_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
)

select * from renamed
