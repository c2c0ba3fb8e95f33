-- One row per living campaign with whom it reached, what became of them and what it cost. Amounts are
-- in the reporting currency.
with

campaigns as (
    select * from {{ ref('stg_salesforce__campaigns') }}
),

members as (
    select * from {{ ref('stg_salesforce__campaign_members') }}
),

leads as (
    select * from {{ ref('stg_salesforce__leads') }}
),

opportunities as (
    select * from {{ ref('fct_opportunities') }}
),

attribution as (
    select * from {{ ref('fct_attribution') }} where campaign_id is not null
),

rates as (
    select * from {{ ref('int_exchange_rates_dated') }}
),

campaign_members as (
    select
        members.campaign_id,
        count(*) as member_count,
        {{ count_if('members.has_responded') }} as response_count,
        {{ count_if('leads.is_converted') }} as converted_lead_count
    from members
    left join leads on members.lead_id = leads.lead_id
    group by members.campaign_id
),

campaign_opportunities as (
    select
        opportunities.campaign_id,
        count(*) as opportunity_count,
        {{ count_if('opportunities.is_won') }} as won_count,
        {{ sum_converted('case when not opportunities.is_closed then opportunities.amount else 0 end', 'rates.rate') }}
            as open_amount,
        {{ sum_converted('case when opportunities.is_won then opportunities.amount else 0 end', 'rates.rate') }}
            as won_amount
    from opportunities
    left join rates
        on {{ rate_at('opportunities.currency', start_of('month', 'opportunities.close_on')) }}
    where opportunities.campaign_id is not null
    group by opportunities.campaign_id
),

campaign_customers as (
    select
        campaign_id,
        {%- for model in ['first_touch', 'last_touch', 'linear'] %}
        cast(
            sum(case when attribution_model = '{{ model }}' then credit else 0 end)
            as {{ decimal_type(18, 6) }}
        ) as {{ model }}_customers{{ ',' if not loop.last }}
        {%- endfor %}
    from attribution
    group by campaign_id
),

final as (
    select
        -- ids
        campaigns.campaign_id,
        campaigns.owner_id,
        -- attributes
        campaigns.name as campaign_name,
        campaigns.campaign_type,
        lower(replace(trim(campaigns.campaign_type), ' ', '_')) as channel,
        campaigns.status,
        campaigns.is_active,
        -- counts
        coalesce(campaign_members.member_count, 0) as member_count,
        coalesce(campaign_members.response_count, 0) as response_count,
        coalesce(campaign_members.converted_lead_count, 0) as converted_lead_count,
        coalesce(campaign_opportunities.opportunity_count, 0) as opportunity_count,
        coalesce(campaign_opportunities.won_count, 0) as won_count,
        coalesce(campaign_customers.first_touch_customers, 0) as first_touch_customers,
        coalesce(campaign_customers.last_touch_customers, 0) as last_touch_customers,
        coalesce(campaign_customers.linear_customers, 0) as linear_customers,
        -- money
        coalesce(campaigns.actual_cost, campaigns.budgeted_cost, 0) as cost,
        case
            when campaigns.actual_cost is not null then 'actual'
            when campaigns.budgeted_cost is not null then 'budgeted'
            else 'unknown'
        end as cost_basis,
        campaigns.budgeted_cost,
        campaigns.actual_cost,
        campaigns.expected_revenue,
        coalesce(campaign_opportunities.open_amount, 0) as open_amount,
        coalesce(campaign_opportunities.won_amount, 0) as won_amount,
        -- times (UTC)
        campaigns.starts_on,
        campaigns.ends_on,
        campaigns.created_at
    from campaigns
    left join campaign_members on campaigns.campaign_id = campaign_members.campaign_id
    left join campaign_opportunities
        on campaigns.campaign_id = campaign_opportunities.campaign_id
    left join campaign_customers on campaigns.campaign_id = campaign_customers.campaign_id
)

select * from final
