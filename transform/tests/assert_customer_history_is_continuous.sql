-- A customer's versions follow each other without gap or overlap, and exactly the last one is current.
with

versions as (
    select
        customer_id,
        version_number,
        valid_from,
        valid_to,
        is_current,
        lead(valid_from) over (
            partition by customer_id order by valid_from, version_number
        ) as next_valid_from,
        row_number() over (partition by customer_id order by valid_from, version_number) as place
    from {{ ref('dim_customers') }}
)

select *
from versions
where valid_from >= valid_to
   or version_number <> place
   or valid_to <> coalesce(next_valid_from, {{ end_of_time() }})
   or is_current <> (next_valid_from is null)
