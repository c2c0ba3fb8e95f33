-- Every version of every record that stands for a person, with the time it was valid.
with

user_versions as (
    select * from {{ ref('stg_app__user_versions') }}
),

customer_versions as (
    select * from {{ ref('stg_stripe__customer_versions') }}
),

contact_versions as (
    select * from {{ ref('stg_salesforce__contact_versions') }}
),

payers as (
    select * from {{ ref('int_payers_inferred') }}
),

landed as (
    select
        'app' as source,
        {{ as_text('user_id') }} as source_id,
        version_number,
        became_true_at,
        record_created_at,
        is_deleted,
        email,
        full_name as name,
        {{ as_text('null') }} as country_code,
        {{ as_text('null') }} as account_id,
        {{ as_text('organisation_id') }} as organisation_id,
        {{ as_text('null') }} as app_user_id
    from user_versions

    union all

    select
        'stripe' as source,
        stripe_customer_id as source_id,
        version_number,
        became_true_at,
        record_created_at,
        is_deleted,
        email,
        name,
        country_code,
        {{ as_text('null') }} as account_id,
        {{ as_text('null') }} as organisation_id,
        app_user_id
    from customer_versions

    union all

    select
        'salesforce' as source,
        contact_id as source_id,
        version_number,
        became_true_at,
        record_created_at,
        is_deleted,
        email,
        name,
        country_code,
        account_id,
        {{ as_text('null') }} as organisation_id,
        {{ as_text('null') }} as app_user_id
    from contact_versions
),

-- A charge may name a customer that never landed, or none at all (a guest): somebody paid it, so
-- that somebody exists, known by the charge alone.
inferred as (
    select
        'stripe' as source,
        payers.payer_id as source_id,
        1 as version_number,
        payers.first_paid_at as became_true_at,
        payers.first_paid_at as record_created_at,
        false as is_deleted,
        case when payers.payer_id like 'guest:%' then payers.email end as email,
        payers.name,
        payers.country_code,
        {{ as_text('null') }} as account_id,
        {{ as_text('null') }} as organisation_id,
        {{ as_text('null') }} as app_user_id
    from payers
    where not exists (
        select 1
        from customer_versions
        where customer_versions.stripe_customer_id = payers.payer_id
    )
),

all_versions as (
    select * from landed
    union all
    select * from inferred
),

-- A tombstone may carry nothing but its key: it keeps what the last living version said.
grouped as (
    select
        *,
        sum(case when is_deleted then 0 else 1 end) over (
            partition by source, source_id order by version_number
            rows between unbounded preceding and current row
        ) as living_number
    from all_versions
),

carried as (
    select
        source,
        source_id,
        version_number,
        is_deleted,
        record_created_at,
        case
            when version_number = 1 and record_created_at < became_true_at then record_created_at
            else became_true_at
        end as valid_from,
        {% for column in [
            'email', 'name', 'country_code', 'account_id', 'organisation_id', 'app_user_id'
        ] -%}
        first_value({{ column }}) over (
            partition by source, source_id, living_number order by version_number
            rows between unbounded preceding and current row
        ) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from grouped
),

final as (
    select
        source,
        source_id,
        version_number,
        is_deleted,
        record_created_at,
        valid_from,
        coalesce(
            lead(valid_from) over (partition by source, source_id order by version_number),
            {{ end_of_time() }}
        ) as valid_to,
        row_number() over (
            partition by source, source_id order by version_number desc
        ) = 1 as is_current,
        email,
        name,
        country_code,
        account_id,
        organisation_id,
        app_user_id
    from carried
)

select * from final
