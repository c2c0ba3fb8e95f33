with

opportunities as (
    select * from {{ ref('stg_salesforce__opportunities') }}
),

stages as (
    select * from {{ ref('fct_opportunity_stages') }}
),

leads as (
    select * from {{ ref('stg_salesforce__leads') }}
),

identities as (
    select * from {{ ref('int_identities_linked') }} where source = 'salesforce'
),

customers as (
    select * from {{ ref('int_customers_versioned') }}
),

converted_leads as (
    select
        converted_opportunity_id as opportunity_id,
        min(lead_id) as lead_id,
        min(converted_contact_id) as contact_id
    from leads
    where converted_opportunity_id is not null
    group by converted_opportunity_id
),

opportunity_stages as (
    select
        opportunity_id,
        count(*) as stage_count,
        max(case when is_current then entered_at end) as stage_entered_at,
        max(case when is_current and is_closed then entered_at end) as closed_at
    from stages
    group by opportunity_id
),

linked as (
    select
        opportunities.*,
        converted_leads.lead_id,
        coalesce(opportunities.contact_id, converted_leads.contact_id) as buyer_contact_id,
        opportunity_stages.stage_count,
        opportunity_stages.stage_entered_at,
        opportunity_stages.closed_at
    from opportunities
    left join converted_leads on opportunities.opportunity_id = converted_leads.opportunity_id
    left join opportunity_stages
        on opportunities.opportunity_id = opportunity_stages.opportunity_id
),

final as (
    select
        -- keys
        {{ surrogate_key(['linked.opportunity_id']) }} as opportunity_key,
        linked.opportunity_id,
        linked.account_id,
        linked.buyer_contact_id as contact_id,
        linked.lead_id,
        linked.campaign_id,
        linked.owner_id,
        identities.customer_id,
        customers.customer_key,
        -- attributes
        linked.name as opportunity_name,
        linked.opportunity_type,
        linked.lead_source,
        linked.stage,
        linked.forecast_category,
        {{ as_decimal('linked.probability_pct', 18, 4) }} as probability_pct,
        coalesce(linked.is_closed, false) as is_closed,
        coalesce(linked.is_won, false) as is_won,
        -- money
        coalesce(linked.currency, '{{ var("reporting_currency") }}') as currency,
        coalesce(linked.amount, 0) as amount,
        coalesce(linked.expected_revenue, 0) as expected_revenue,
        -- counts
        linked.stage_count,
        -- times (UTC)
        linked.created_at,
        linked.stage_entered_at,
        linked.closed_at,
        linked.close_on,
        {{ utc_date('linked.created_at') }} as created_date,
        {{ utc_date('linked.closed_at') }} as closed_date
    from linked
    left join identities on linked.buyer_contact_id = identities.source_id
    left join customers on {{ customer_at('identities.customer_id', 'linked.created_at') }}
)

select * from final
