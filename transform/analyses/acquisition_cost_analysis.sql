-- What a new customer cost, by channel and year so far.
with

acquisition as (
    select * from {{ ref('agg_monthly_acquisition') }}
),

final as (
    select
        channel,
        reporting_currency,
        {{ metric_value('campaign_cost') }} as campaign_cost,
        {{ metric_value('acquired_customers') }} as acquired_customers,
        {{ metric_value('customer_acquisition_cost') }} as customer_acquisition_cost
    from acquisition
    group by
        channel,
        reporting_currency
)

select * from final
order by channel
