-- Where both know something, the snapshot and the version log say the same: what the snapshot holds
-- now is the current version, and each of its states is one that the log has too.
{{ config(enabled=var('customers_snapshot', false) | as_bool) }}
with

seen as (
    select * from {{ ref('customers_snapshot') }}
),

versions as (
    select * from {{ ref('dim_customers') }}
)

select
    seen.customer_id,
    seen.dbt_valid_from
from seen
left join versions
    on seen.customer_id = versions.customer_id
    and {{ is_same('seen.email', 'versions.email') }}
    and {{ is_same('seen.name', 'versions.name') }}
    and {{ is_same('seen.segment', 'versions.segment') }}
    and {{ is_same('seen.company_name', 'versions.company_name') }}
    and {{ is_same('seen.industry', 'versions.industry') }}
    and {{ is_same('seen.country_code', 'versions.country_code') }}
    and seen.is_deleted = versions.is_deleted
    and (seen.dbt_valid_to is not null or versions.is_current)
where versions.customer_id is null
