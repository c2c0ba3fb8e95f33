{{ config(**built_by_key('invoice_id', inputs="newest_version_inputs(source('stripe', 'invoices'))")) }}
with

source as (
    {{ newest_versions(source('stripe', 'invoices'), ['id'], only=is_affected('id')) }}
),

renamed as (
    select
        -- ids
        id as invoice_id,
        customer as stripe_customer_id,
        {{ json_text('parent', 'subscription_details.subscription') }} as subscription_id,
        number as invoice_number,
        -- attributes
        status,
        billing_reason,
        collection_method,
        {{ normalised_email('customer_email') }} as customer_email,
        customer_name,
        -- money (minor units)
        lower(currency) as currency,
        subtotal as subtotal_minor,
        total as total_minor,
        amount_due as amount_due_minor,
        amount_paid as amount_paid_minor,
        amount_remaining as amount_remaining_minor,
        -- times (UTC)
        {{ from_unix('created') }} as created_at,
        {{ from_unix('period_start') }} as period_started_at,
        {{ from_unix('period_end') }} as period_ends_at,
        {{ from_unix('due_date') }} as due_at,
        {{ from_unix(json_bigint('status_transitions', 'finalized_at')) }} as finalised_at,
        {{ from_unix(json_bigint('status_transitions', 'paid_at')) }} as paid_at,
        {{ from_unix(json_bigint('status_transitions', 'voided_at')) }} as voided_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
      and livemode
)

select * from renamed
