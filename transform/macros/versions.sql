{#-
    Each key's newest version in an append-only raw table, tombstones included: the caller drops
    `_buck_op = 'd'`. Arrival order decides; Salesforce's own stamp goes before it where one exists.
    `only` is a condition on the key: what an incremental model leaves out is not even sorted.
-#}
{% macro newest_versions(relation, key, order_by='_buck_seq desc', only=none) -%}
    select *
    from (
        select
            *,
            row_number() over (
                partition by {{ key | join(', ') }} order by {{ order_by }}
            ) as _version_rank
        from {{ relation }}
        where _buck_op <> 't'
        {%- if only %}
          and {{ only }}
        {%- endif %}
    ) as versions
    where _version_rank = 1
{%- endmacro %}


{#- The same for an object of Salesforce: its key is always `id`, and its own stamp goes first. -#}
{% macro newest_salesforce_versions(relation) -%}
    {{ newest_versions(relation, ['id'], order_by=salesforce_version_order()) }}
{%- endmacro %}


{#-
    Salesforce stamps every change; records may become visible late and out of order. The stamp is in
    `_buck_source_ts` as well, which also says when a record without a stamp of its own was found to
    be gone, or to be there again.
-#}
{% macro salesforce_version_order(direction='desc') -%}
    coalesce(_buck_source_ts, systemmodstamp, _buck_observed_at) {{ direction }},
    _buck_seq {{ direction }}
{%- endmacro %}


{#-
    Columns of a version log: `version_number` (1 is the first), `became_true_at`, `record_created_at`.
    A version that arrives later never becomes true earlier, so the newest version is always the last
    one; the first version reaches back to the record's creation.
-#}
{% macro version_times(key, order_by, created_at, at=none) -%}
    {%- set raw_at = 'coalesce(' ~ (at ~ ', ' if at else '') ~ '_buck_source_ts, _buck_observed_at)' -%}
    row_number() over (partition by {{ key }} order by {{ order_by }}) as version_number,
        max({{ raw_at }}) over (
            partition by {{ key }} order by {{ order_by }}
            rows between unbounded preceding and current row
        ) as became_true_at,
        min(coalesce({{ created_at }}, {{ raw_at }})) over (partition by {{ key }}) as record_created_at
{%- endmacro %}
