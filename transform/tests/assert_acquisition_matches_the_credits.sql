-- A month's acquisition by channel is what the credits of its conversions and the costs of the campaigns
-- that began in it add up to.
with

shown as (
    select * from {{ ref('agg_monthly_acquisition') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

campaigns as (
    select * from {{ ref('marketing_campaigns') }}
),

entries as (
    select
        attribution.conversion_month as acquisition_month,
        attribution.channel,
        0 as cost
        {%- for model in ['first_touch', 'last_touch', 'linear'] %},
        case when attribution.attribution_model = '{{ model }}' then attribution.credit else 0 end
            as {{ model }},
        case
            when attribution.attribution_model = '{{ model }}'
                then {{ exact_product('attribution.attributed_amount', 'rates.rate') }}
            else 0
        end as {{ model }}_amount
        {%- endfor %}
    from {{ ref('fct_attribution') }} as attribution
    left join rates on {{ rate_at('attribution.currency', 'attribution.conversion_month') }}

    union all

    select
        {{ start_of('month', 'starts_on') }} as acquisition_month,
        channel,
        cost,
        0 as first_touch,
        0 as first_touch_amount,
        0 as last_touch,
        0 as last_touch_amount,
        0 as linear,
        0 as linear_amount
    from campaigns
    where starts_on <= {{ utc_date(as_of()) }}
),

summed as (
    select
        acquisition_month,
        channel,
        {{ sum_money('cost') }} as campaign_cost,
        sum(first_touch) as first_touch_customers,
        sum(last_touch) as last_touch_customers,
        sum(linear) as linear_customers
        {%- for model in ['first_touch', 'last_touch', 'linear'] %},
        cast({{ round_to('sum(' ~ model ~ '_amount)', 3) }} as {{ money_type() }}) as {{ model }}_amount
        {%- endfor %}
    from entries
    group by
        acquisition_month,
        channel
),

expected as (
    select
        *,
        {{ surrogate_key(['acquisition_month', 'channel']) }} as acquisition_key,
        '{{ var("reporting_currency") }}' as reporting_currency
    from summed
)

{{ differing_rows(['acquisition_month', 'channel'], [
    'acquisition_key', 'campaign_cost', 'first_touch_customers', 'last_touch_customers',
    'linear_customers', 'first_touch_amount', 'last_touch_amount', 'linear_amount',
    'reporting_currency',
]) }}
