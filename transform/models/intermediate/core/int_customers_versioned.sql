-- The history of every customer, computed from the version logs of all systems: a state for each
-- moment at which any record behind the customer changed, kept where it differs from the one before.
{%- set attributes = [
    'email', 'name', 'segment', 'company_name', 'industry', 'country_code', 'is_deleted'
] %}
with

identities as (
    select * from {{ ref('int_identities_linked') }}
),

identity_versions as (
    select * from {{ ref('int_identities_versioned') }}
),

account_log as (
    select * from {{ ref('stg_salesforce__account_versions') }}
),

account_versions as (
    select
        account_id,
        organisation_id,
        name,
        segment,
        industry,
        country_code,
        is_deleted,
        version_number,
        case
            when version_number = 1 and record_created_at < became_true_at then record_created_at
            else became_true_at
        end as valid_from,
        coalesce(
            lead(became_true_at) over (partition by account_id order by version_number),
            {{ end_of_time() }}
        ) as valid_to,
        row_number() over (partition by account_id order by version_number desc) = 1 as is_current
    from account_log
),

-- The oldest living account that claims an organisation speaks for it.
organisation_accounts as (
    select
        organisation_id,
        {{ first_by('account_id', 'account_rank') }} as account_id
    from (
        select
            organisation_id,
            account_id,
            row_number() over (
                partition by organisation_id order by valid_from, account_id
            ) as account_rank
        from account_versions
        where is_current
          and not is_deleted
          and organisation_id is not null
    ) as ranked
    group by organisation_id
),

-- Living records before deleted ones, the app before Stripe before Salesforce, older before younger.
person_versions as (
    select
        identities.customer_id,
        versions.valid_from,
        versions.valid_to,
        versions.is_deleted,
        versions.email,
        versions.name,
        versions.country_code,
        coalesce(versions.account_id, organisation_accounts.account_id) as account_id,
        case when versions.is_deleted then 1000000 else 0 end
        + case versions.source when 'app' then 0 when 'stripe' then 100000 else 200000 end
        + identities.person_rank as precedence
    from identity_versions as versions
    inner join identities
        on versions.source = identities.source
        and versions.source_id = identities.source_id
    left join organisation_accounts
        on versions.organisation_id = organisation_accounts.organisation_id
    where versions.valid_from < versions.valid_to
),

first_seen as (
    select
        customer_id,
        min(valid_from) as first_seen_at
    from person_versions
    group by customer_id
),

moments as (
    select
        customer_id,
        valid_from as moment
    from person_versions

    {{ union_distinct() }}

    select
        person_versions.customer_id,
        account_versions.valid_from as moment
    from person_versions
    inner join account_versions on person_versions.account_id = account_versions.account_id
    inner join first_seen on person_versions.customer_id = first_seen.customer_id
    where account_versions.valid_from > first_seen.first_seen_at
),

person_states as (
    select
        moments.customer_id,
        moments.moment,
        {{ first_by('person_versions.email', 'person_versions.precedence') }} as email,
        {{ first_by('person_versions.name', 'person_versions.precedence') }} as name,
        {{ first_by('person_versions.country_code', 'person_versions.precedence') }} as country_code,
        {{ first_by('person_versions.account_id', 'person_versions.precedence') }} as account_id,
        min(case when person_versions.is_deleted then 1 else 0 end) = 1 as is_deleted
    from moments
    inner join person_versions
        on moments.customer_id = person_versions.customer_id
        and moments.moment >= person_versions.valid_from
        and moments.moment < person_versions.valid_to
    group by
        moments.customer_id,
        moments.moment
),

states as (
    select
        person_states.customer_id,
        person_states.moment,
        person_states.email,
        person_states.name,
        account_versions.segment,
        account_versions.name as company_name,
        account_versions.industry,
        coalesce(account_versions.country_code, person_states.country_code) as country_code,
        person_states.is_deleted
    from person_states
    left join account_versions
        on person_states.account_id = account_versions.account_id
        and person_states.moment >= account_versions.valid_from
        and person_states.moment < account_versions.valid_to
),

compared as (
    select
        *,
        row_number() over (partition by customer_id order by moment) as state_number,
        min(moment) over (partition by customer_id) as created_at,
        {% for attribute in attributes -%}
        lag({{ attribute }}) over (
            partition by customer_id order by moment
        ) as previous_{{ attribute }}{{ ',' if not loop.last }}
        {% endfor %}
    from states
),

changed as (
    select *
    from compared
    where state_number = 1
    {%- for attribute in attributes %}
       or {{ is_distinct(attribute, 'previous_' ~ attribute) }}
    {%- endfor %}
),

final as (
    select
        -- ids
        {{ surrogate_key(['customer_id', unix_micros('moment')]) }} as customer_key,
        customer_id,
        -- person
        email,
        name,
        -- company
        segment,
        company_name,
        industry,
        country_code,
        -- flags
        is_deleted,
        lead(moment) over (partition by customer_id order by moment) is null as is_current,
        -- times (UTC)
        created_at,
        row_number() over (partition by customer_id order by moment) as version_number,
        moment as valid_from,
        coalesce(
            lead(moment) over (partition by customer_id order by moment),
            {{ end_of_time() }}
        ) as valid_to
    from changed
)

select * from final
