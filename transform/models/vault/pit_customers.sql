-- One row per customer and moment at which any satellite changed, with the state that held from then:
-- the history of dim_customers, put together again from hub and satellites alone.
with

hub as (
    select * from {{ ref('hub_customers') }}
),

person as (
    select
        *,
        coalesce(
            lead(applied_at) over (partition by customer_hash order by applied_at), {{ end_of_time() }}
        ) as applied_until
    from {{ ref('sat_customers_person') }}
),

company as (
    select
        *,
        coalesce(
            lead(applied_at) over (partition by customer_hash order by applied_at), {{ end_of_time() }}
        ) as applied_until
    from {{ ref('sat_customers_company') }}
),

moments as (
    select
        customer_hash,
        applied_at as moment
    from person

    {{ union_distinct() }}

    select
        customer_hash,
        applied_at as moment
    from company
),

final as (
    select
        hub.customer_id,
        row_number() over (partition by hub.customer_id order by moments.moment) as version_number,
        person.email,
        person.name,
        company.segment,
        company.company_name,
        company.industry,
        company.country_code,
        person.is_deleted,
        moments.moment as valid_from,
        coalesce(
            lead(moments.moment) over (partition by hub.customer_id order by moments.moment),
            {{ end_of_time() }}
        ) as valid_to
    from moments
    inner join hub on moments.customer_hash = hub.customer_hash
    inner join person
        on moments.customer_hash = person.customer_hash
        and moments.moment >= person.applied_at
        and moments.moment < person.applied_until
    inner join company
        on moments.customer_hash = company.customer_hash
        and moments.moment >= company.applied_at
        and moments.moment < company.applied_until
)

select * from final
