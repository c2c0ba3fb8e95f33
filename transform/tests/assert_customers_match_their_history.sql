-- dim_customers shows every version that the logs of all systems give, and no other.
with

shown as (
    select * from {{ ref('dim_customers') }}
),

expected as (
    select * from {{ ref('int_customers_versioned') }}
)

{{ differing_rows(['customer_key'], [
    'customer_id', 'email', 'name', 'segment', 'company_name', 'industry', 'country_code', 'is_deleted',
    'is_current', 'version_number', 'created_at', 'valid_from', 'valid_to',
]) }}
