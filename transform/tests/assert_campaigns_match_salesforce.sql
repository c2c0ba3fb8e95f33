-- Every living campaign has Salesforce's own values, and counts what its members, opportunities and
-- customers say.
with

shown as (
    select * from {{ ref('marketing_campaigns') }}
),

campaigns as (
    select * from {{ ref('stg_salesforce__campaigns') }}
),

members as (
    select
        members.campaign_id,
        count(*) as member_count,
        sum(case when members.has_responded then 1 else 0 end) as response_count,
        sum(case when leads.is_converted then 1 else 0 end) as converted_lead_count
    from {{ ref('stg_salesforce__campaign_members') }} as members
    left join {{ ref('stg_salesforce__leads') }} as leads on members.lead_id = leads.lead_id
    group by members.campaign_id
),

opportunities as (
    select
        campaign_id,
        count(*) as opportunity_count,
        sum(case when is_won then 1 else 0 end) as won_count
    from {{ ref('fct_opportunities') }}
    group by campaign_id
),

credits as (
    select
        campaign_id,
        sum(case when attribution_model = 'first_touch' then credit else 0 end) as first_touch_customers,
        sum(case when attribution_model = 'last_touch' then credit else 0 end) as last_touch_customers,
        sum(case when attribution_model = 'linear' then credit else 0 end) as linear_customers
    from {{ ref('fct_attribution') }}
    group by campaign_id
),

joined as (
    select
        campaigns.*,
        coalesce(members.member_count, 0) as member_count,
        coalesce(members.response_count, 0) as response_count,
        coalesce(members.converted_lead_count, 0) as converted_lead_count,
        coalesce(opportunities.opportunity_count, 0) as opportunity_count,
        coalesce(opportunities.won_count, 0) as won_count,
        coalesce(credits.first_touch_customers, 0) as first_touch_customers,
        coalesce(credits.last_touch_customers, 0) as last_touch_customers,
        coalesce(credits.linear_customers, 0) as linear_customers,
        coalesce(campaigns.actual_cost, campaigns.budgeted_cost, 0) as cost
    from campaigns
    left join members on campaigns.campaign_id = members.campaign_id
    left join opportunities on campaigns.campaign_id = opportunities.campaign_id
    left join credits on campaigns.campaign_id = credits.campaign_id
),

expected as (
    select
        joined.*,
        {{ surrogate_key(['joined.campaign_id']) }} as campaign_key,
        joined.name as campaign_name,
        replace(lower(trim(joined.campaign_type)), ' ', '_') as channel,
        case
            when joined.actual_cost is null and joined.budgeted_cost is null then 'unknown'
            when joined.actual_cost is null then 'budgeted'
            else 'actual'
        end as cost_basis,
        {{ divide('joined.response_count', 'joined.member_count') }} as response_share,
        {{ divide('joined.converted_lead_count', 'joined.member_count') }} as conversion_share,
        {{ divide('joined.cost', 'joined.first_touch_customers', 3) }} as cost_per_customer
    from joined
)

{{ differing_rows(['campaign_id'], [
    'campaign_key', 'owner_id', 'campaign_name', 'campaign_type', 'channel', 'status', 'is_active',
    'member_count', 'response_count', 'converted_lead_count', 'opportunity_count', 'won_count',
    'first_touch_customers', 'last_touch_customers', 'linear_customers', 'response_share',
    'conversion_share', 'cost', 'cost_basis', 'budgeted_cost', 'actual_cost', 'expected_revenue',
    'cost_per_customer', 'starts_on', 'ends_on', 'created_at',
]) }}
