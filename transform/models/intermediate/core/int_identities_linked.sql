-- Which records of which systems are one person. Two records are the same person if their newest
-- known e-mail addresses are equal, or if one names the other; whatever hangs together through any
-- number of such links gets one customer_id.
{% set rounds = 4 %}  {# each round doubles the reach: 4 rounds follow chains of 16 links #}
with

identities as (
    select * from {{ ref('int_identities_versioned') }} where is_current
),

leads as (
    select * from {{ ref('stg_salesforce__leads') }}
),

records as (
    select
        source,
        source_id,
        email,
        record_created_at,
        app_user_id,
        {{ as_text('null') }} as contact_id
    from identities

    union all

    select
        'salesforce_lead' as source,
        lead_id as source_id,
        email,
        created_at as record_created_at,
        {{ as_text('null') }} as app_user_id,
        converted_contact_id as contact_id
    from leads
),

-- Records with one e-mail address are one node from the start, so few links are left to follow.
nodes as (
    select
        *,
        coalesce('email:' || email, source || ':' || source_id) as node
    from records
),

links as (
    select
        nodes.node as node_a,
        named.node as node_b
    from nodes
    inner join nodes as named on named.source = 'app' and named.source_id = nodes.app_user_id
    where nodes.node <> named.node

    {{ union_distinct() }}

    select
        nodes.node as node_a,
        named.node as node_b
    from nodes
    inner join nodes as named on named.source = 'salesforce' and named.source_id = nodes.contact_id
    where nodes.node <> named.node
),

reach_0 as (
    select node_a, node_b from links
    {{ union_distinct() }}
    select node_b as node_a, node_a as node_b from links
),

{% for round in range(1, rounds + 1) %}
reach_{{ round }} as (
    select node_a, node_b from reach_{{ round - 1 }}
    {{ union_distinct() }}
    select
        one.node_a,
        two.node_b
    from reach_{{ round - 1 }} as one
    inner join reach_{{ round - 1 }} as two on one.node_b = two.node_a
),

{% endfor %}
people as (
    select
        nodes.node,
        {{ least_of(['nodes.node', 'min(reach.node_b)']) }} as person
    from (select distinct node from nodes) as nodes
    left join reach_{{ rounds }} as reach on nodes.node = reach.node_a
    group by nodes.node
),

members as (
    select
        nodes.source,
        nodes.source_id,
        nodes.email,
        nodes.record_created_at,
        people.person,
        row_number() over (
            partition by people.person
            order by
                case when nodes.source = 'salesforce_lead' then 1 else 0 end,
                nodes.record_created_at nulls last,
                nodes.source,
                nodes.source_id
        ) as person_rank
    from nodes
    inner join people on nodes.node = people.node
),

-- The oldest record names the person: records that are linked later are younger, so the name stays.
-- A lead that no other system knows is not a customer yet.
anchors as (
    select
        person,
        {{ surrogate_key(['source', 'source_id']) }} as customer_id
    from members
    where person_rank = 1
      and source <> 'salesforce_lead'
),

final as (
    select
        members.source,
        members.source_id,
        anchors.customer_id,
        members.email,
        members.record_created_at,
        members.person_rank
    from members
    inner join anchors on members.person = anchors.person
)

select * from final
