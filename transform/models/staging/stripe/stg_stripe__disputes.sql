with

source as (
    {{ newest_versions(source('stripe', 'disputes'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as dispute_id,
        charge as charge_id,
        payment_intent as payment_intent_id,
        -- attributes
        status,
        reason,
        network_reason_code,
        is_charge_refundable,
        -- money (minor units)
        lower(currency) as currency,
        amount as amount_minor,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        {{ from_unix(json_bigint('evidence_details', 'due_by')) }} as evidence_due_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
