with

source as (
    {{ newest_salesforce_versions(source('salesforce', 'campaignmember')) }}
),

renamed as (
    select
        -- ids
        id as campaign_member_id,
        campaignid as campaign_id,
        leadid as lead_id,
        contactid as contact_id,
        -- attributes
        status,
        -- flags
        hasresponded as has_responded,
        -- times (UTC)
        firstrespondeddate as first_responded_on,
        createddate as created_at,
        systemmodstamp as modified_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and not coalesce(isdeleted, false)
)

select * from renamed
