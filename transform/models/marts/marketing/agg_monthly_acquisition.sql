with

attribution as (
    select * from {{ ref('fct_attribution') }}
),

campaigns as (
    select * from {{ ref('int_campaigns_performance') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

-- A campaign's whole cost belongs to the month in which it starts.
costs as (
    select
        {{ start_of('month', 'starts_on') }} as acquisition_month,
        channel,
        {{ sum_money('cost') }} as campaign_cost
    from campaigns
    where starts_on is not null
      and starts_on <= {{ utc_date(as_of()) }}
    group by
        {{ start_of('month', 'starts_on') }},
        channel
),

customers as (
    select
        attribution.conversion_month as acquisition_month,
        attribution.channel,
        {%- for model in ['first_touch', 'last_touch', 'linear'] %}
        cast(
            sum(case when attribution.attribution_model = '{{ model }}' then attribution.credit else 0 end)
            as {{ decimal_type(18, 6) }}
        ) as {{ model }}_customers,
        {{ sum_converted(
            "case when attribution.attribution_model = '" ~ model ~ "' then attribution.attributed_amount else 0 end",
            'rates.rate'
        ) }} as {{ model }}_amount{{ ',' if not loop.last }}
        {%- endfor %}
    from attribution
    left join rates on {{ rate_at('attribution.currency', 'attribution.conversion_month') }}
    group by
        attribution.conversion_month,
        attribution.channel
),

final as (
    select
        -- keys
        {{ surrogate_key([
            'coalesce(customers.acquisition_month, costs.acquisition_month)',
            'coalesce(customers.channel, costs.channel)',
        ]) }} as acquisition_key,
        coalesce(customers.acquisition_month, costs.acquisition_month) as acquisition_month,
        coalesce(customers.channel, costs.channel) as channel,
        -- counts
        coalesce(customers.first_touch_customers, 0) as first_touch_customers,
        coalesce(customers.last_touch_customers, 0) as last_touch_customers,
        coalesce(customers.linear_customers, 0) as linear_customers,
        -- money in the reporting currency
        '{{ var("reporting_currency") }}' as reporting_currency,
        coalesce(costs.campaign_cost, 0) as campaign_cost,
        coalesce(customers.first_touch_amount, 0) as first_touch_amount,
        coalesce(customers.last_touch_amount, 0) as last_touch_amount,
        coalesce(customers.linear_amount, 0) as linear_amount
    from customers
    full outer join costs
        on customers.acquisition_month = costs.acquisition_month
        and customers.channel = costs.channel
)

select * from final
