-- Every occasion on which the company and somebody who is a customer by now came into contact before
-- or without a sale: a campaign that addressed them, a lead that sales wrote down, their sign-up.
with

identities as (
    select * from {{ ref('int_identities_linked') }}
),

members as (
    select * from {{ ref('stg_salesforce__campaign_members') }}
),

campaigns as (
    select * from {{ ref('stg_salesforce__campaigns') }}
),

leads as (
    select * from {{ ref('stg_salesforce__leads') }}
),

users as (
    select * from {{ ref('stg_app__users') }}
),

touches as (
    select
        case when members.lead_id is null then 'salesforce' else 'salesforce_lead' end as source,
        coalesce(members.lead_id, members.contact_id) as source_id,
        'campaign' as touch_type,
        members.campaign_member_id as touch_id,
        members.campaign_id,
        campaigns.campaign_type as channel_name,
        members.has_responded,
        members.created_at as touched_at,
        1 as precedence
    from members
    left join campaigns on members.campaign_id = campaigns.campaign_id

    union all

    select
        'salesforce_lead' as source,
        lead_id as source_id,
        'lead' as touch_type,
        lead_id as touch_id,
        {{ as_text('null') }} as campaign_id,
        lead_source as channel_name,
        true as has_responded,
        created_at as touched_at,
        2 as precedence
    from leads

    union all

    select
        'app' as source,
        {{ as_text('user_id') }} as source_id,
        'sign_up' as touch_type,
        {{ as_text('user_id') }} as touch_id,
        {{ as_text('null') }} as campaign_id,
        marketing_channel as channel_name,
        true as has_responded,
        created_at as touched_at,
        3 as precedence
    from users
),

final as (
    select
        -- ids
        {{ surrogate_key(['touches.touch_type', 'touches.touch_id']) }} as touch_key,
        touches.touch_type,
        touches.touch_id,
        identities.customer_id,
        touches.campaign_id,
        -- attributes
        coalesce(lower(replace(trim(touches.channel_name), ' ', '_')), 'unknown') as channel,
        coalesce(touches.has_responded, false) as has_responded,
        touches.precedence,
        -- times (UTC)
        touches.touched_at
    from touches
    inner join identities
        on touches.source = identities.source
        and touches.source_id = identities.source_id
)

select * from final
