-- How often customers moved from one segment to another, and how long they had stayed before.
with

versions as (
    select * from {{ ref('dim_customers') }}
),

moves as (
    select
        customer_id,
        lag(segment) over (partition by customer_id order by valid_from) as from_segment,
        segment as to_segment,
        lag(valid_from) over (partition by customer_id order by valid_from) as since,
        valid_from as moved_at
    from versions
),

final as (
    select
        from_segment,
        to_segment,
        count(*) as moves,
        count(distinct customer_id) as customers,
        avg({{ unix_micros('moved_at') }} - {{ unix_micros('since') }}) / 86400000000 as average_days_before
    from moves
    where from_segment is distinct from to_segment
      and since is not null
    group by
        from_segment,
        to_segment
)

select * from final
order by
    moves desc,
    from_segment nulls last,
    to_segment nulls last
