with

performance as (
    select * from {{ ref('int_campaigns_performance') }}
),

final as (
    select
        -- keys
        {{ surrogate_key(['campaign_id']) }} as campaign_key,
        campaign_id,
        owner_id,
        -- attributes
        campaign_name,
        campaign_type,
        channel,
        status,
        is_active,
        -- counts
        member_count,
        response_count,
        converted_lead_count,
        opportunity_count,
        won_count,
        first_touch_customers,
        last_touch_customers,
        linear_customers,
        -- shares
        {{ divide('response_count', 'member_count') }} as response_share,
        {{ divide('converted_lead_count', 'member_count') }} as conversion_share,
        -- money in the reporting currency
        '{{ var("reporting_currency") }}' as reporting_currency,
        cost,
        cost_basis,
        budgeted_cost,
        actual_cost,
        expected_revenue,
        open_amount,
        won_amount,
        cast({{ divide('cost', 'first_touch_customers', 3) }} as {{ money_type() }}) as cost_per_customer,
        -- times (UTC)
        starts_on,
        ends_on,
        created_at
    from performance
)

select * from final
