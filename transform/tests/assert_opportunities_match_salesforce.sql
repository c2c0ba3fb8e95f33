-- Every living opportunity has Salesforce's own values and the times of its stages.
with

shown as (
    select * from {{ ref('fct_opportunities') }}
),

opportunities as (
    select * from {{ ref('stg_salesforce__opportunities') }}
),

leads as (
    select
        converted_opportunity_id as opportunity_id,
        min(lead_id) as lead_id,
        min(converted_contact_id) as contact_id
    from {{ ref('stg_salesforce__leads') }}
    group by converted_opportunity_id
),

stages as (
    select
        opportunity_id,
        count(*) as stage_count,
        max(entered_at) as stage_entered_at
    from {{ ref('fct_opportunity_stages') }}
    group by opportunity_id
),

contacts as (
    select * from {{ ref('int_identities_linked') }} where source = 'salesforce'
),

customers as (
    select * from {{ ref('dim_customers') }}
),

joined as (
    select
        opportunities.*,
        coalesce(opportunities.contact_id, leads.contact_id) as buyer_id,
        leads.lead_id,
        stages.stage_count,
        stages.stage_entered_at,
        case when opportunities.is_closed then stages.stage_entered_at end as closed_at
    from opportunities
    left join leads on opportunities.opportunity_id = leads.opportunity_id
    left join stages on opportunities.opportunity_id = stages.opportunity_id
),

expected as (
    select
        joined.opportunity_id,
        {{ surrogate_key(['joined.opportunity_id']) }} as opportunity_key,
        joined.account_id,
        joined.buyer_id as contact_id,
        joined.lead_id,
        joined.campaign_id,
        joined.owner_id,
        contacts.customer_id,
        customers.customer_key,
        joined.name as opportunity_name,
        joined.opportunity_type,
        joined.lead_source,
        joined.forecast_category,
        joined.probability_pct,
        joined.stage,
        joined.is_closed,
        joined.is_won,
        coalesce(joined.currency, '{{ var("reporting_currency") }}') as currency,
        coalesce(joined.amount, 0) as amount,
        coalesce(joined.expected_revenue, 0) as expected_revenue,
        joined.stage_count,
        joined.created_at,
        joined.stage_entered_at,
        joined.closed_at,
        joined.close_on,
        {{ utc_date('joined.created_at') }} as created_date,
        {{ utc_date('joined.closed_at') }} as closed_date
    from joined
    left join contacts on joined.buyer_id = contacts.source_id
    left join customers on {{ customer_at('contacts.customer_id', 'joined.created_at') }}
)

{{ differing_rows(['opportunity_id'], [
    'opportunity_key', 'account_id', 'contact_id', 'lead_id', 'campaign_id', 'owner_id', 'customer_id',
    'customer_key', 'opportunity_name', 'opportunity_type', 'lead_source', 'forecast_category',
    'probability_pct', 'stage', 'is_closed', 'is_won', 'currency', 'amount', 'expected_revenue',
    'stage_count', 'created_at', 'stage_entered_at', 'closed_at', 'close_on', 'created_date',
    'closed_date',
]) }}
