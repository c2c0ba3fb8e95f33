with

source as (
    {{ newest_versions(source('salesforce', 'describe_snapshot'), ['object_name', 'field_name']) }}
),

renamed as (
    select
        -- ids
        object_name,
        field_name,
        -- attributes
        type as field_type,
        soap_type,
        field_precision,
        field_scale,
        -- flags
        is_calculated,
        is_nillable,
        is_permissionable,
        is_filterable,
        is_landed,
        -- arrival
        _buck_seq,
        _buck_observed_at
    from source
    where _buck_op <> 'd'
)

select * from renamed
