{#-
    dbt's own way to keep history, for sources that have no version log: what was seen, when it was
    seen. It only knows what a build saw and cannot be built again from raw, so it is off by default
    and dim_customers does without it. Its time is the run's as_of; a clock would make up history.
-#}
{% snapshot customers_snapshot %}
{{
    config(
        enabled=var('customers_snapshot', false) | as_bool,
        schema='snapshots',
        unique_key='customer_id',
        strategy='check',
        check_cols=['email', 'name', 'segment', 'company_name', 'industry', 'country_code', 'is_deleted'],
        updated_at='seen_at',
    )
}}
select
    customer_id,
    email,
    name,
    segment,
    company_name,
    industry,
    country_code,
    is_deleted,
    {{ as_of() }} as seen_at
from {{ ref('dim_customers') }}
where is_current
{% endsnapshot %}
