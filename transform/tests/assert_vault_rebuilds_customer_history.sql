-- Hub and satellites give every version of dim_customers, and no other.
{{ config(enabled=var('data_vault', false) | as_bool) }}
{%- set columns = [
    'customer_id', 'version_number', 'email', 'name', 'segment', 'company_name', 'industry',
    'country_code', 'is_deleted', 'valid_from', 'valid_to',
] | join(', ') %}
with

rebuilt as (
    select {{ columns }} from {{ ref('pit_customers') }}
),

dimension as (
    select {{ columns }} from {{ ref('dim_customers') }}
),

missing as (
    select * from dimension
    except
    select * from rebuilt
),

invented as (
    select * from rebuilt
    except
    select * from dimension
)

select 'missing' as problem, missing.* from missing
union all
select 'invented' as problem, invented.* from invented
