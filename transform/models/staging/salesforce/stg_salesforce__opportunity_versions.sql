with

source as (
    select * from {{ source('salesforce', 'opportunity') }}
),

renamed as (
    select
        -- ids
        id as opportunity_id,
        -- attributes
        stagename as stage,
        forecastcategoryname as forecast_category,
        probability as probability_pct,
        -- money
        lower(currencyisocode) as currency,
        {{ as_money('amount') }} as amount,
        {{ as_money('expectedrevenue') }} as expected_revenue,
        -- flags
        isclosed as is_closed,
        iswon as is_won,
        -- version
        _buck_op = 'd' or coalesce(isdeleted, false) as is_deleted,
        {{ version_times(
            'id', salesforce_version_order('asc'), 'createddate', at='systemmodstamp'
        ) }},
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 't'
)

select * from renamed
