with

source as (
    {{ newest_versions(source('app', 'organisations'), ['id']) }}
),

renamed as (
    select
        -- ids
        id as organisation_id,
        -- attributes
        name,
        upper(country_code) as country_code,
        plan as plan_tier,
        -- times (UTC)
        created_at,
        updated_at,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
)

select * from renamed
