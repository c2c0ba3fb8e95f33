-- Every record behind a customer belongs to one customer only, and so does every e-mail address.
with

identities as (
    select * from {{ ref('int_identities_linked') }}
),

records as (
    select * from {{ ref('int_identities_versioned') }} where is_current
)

select
    'e-mail address of two customers' as finding,
    email as subject
from identities
where email is not null
group by email
having count(distinct customer_id) > 1

union all

select
    'record of two customers' as finding,
    source || ':' || source_id as subject
from identities
group by source || ':' || source_id
having count(*) > 1

union all

select
    'record without a customer' as finding,
    records.source || ':' || records.source_id as subject
from records
left join identities
    on records.source = identities.source
    and records.source_id = identities.source_id
where identities.customer_id is null

union all

select
    'link between two customers' as finding,
    records.source || ':' || records.source_id as subject
from records
inner join identities
    on records.source = identities.source
    and records.source_id = identities.source_id
inner join identities as users
    on users.source = 'app'
    and users.source_id = records.app_user_id
where identities.customer_id <> users.customer_id
