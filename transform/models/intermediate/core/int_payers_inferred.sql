{{ config(**built_by_key('payer_id', inputs='int_payers_inferred_inputs()')) }}
with

charges as (
    select * from {{ ref('stg_stripe__charges') }}
    where {{ is_affected('payer_id') }}
),

final as (
    select
        payer_id,
        min(created_at) as first_paid_at,
        max(billing_email) as email,
        {{ first_by('billing_name', '_buck_seq') }} as name,
        {{ first_by('upper(billing_country_code)', '_buck_seq') }} as country_code
    from charges
    group by payer_id
)

select * from final
