{#-
    How a big table lies on disk, for its `config`: cut by a day or an instant, ordered by some keys.
    Each target is told in its own words; DuckDB and PostgreSQL, which have none, are told nothing.
    `meta.layout` keeps it for all: published files are sorted by it.

    Args:
        partition_by: A date or timestamp column [performance.partitioning.default_field].
        cluster_by: Columns, the one most asked for first [performance.clustering.default_keys].
        granularity: hour, day, month or year [performance.partitioning.default_granularity].
        data_type: `date` or `timestamp`, what partition_by is.
-#}
{% macro laid_out(partition_by=none, cluster_by=none, granularity=none, data_type='timestamp') -%}
    {%- set field = partition_by or var('partition_field') -%}
    {%- set keys = cluster_by if cluster_by is not none else var('cluster_keys') -%}
    {%- set layout = {
        'partition_by': field,
        'granularity': granularity or var('partition_granularity'),
        'data_type': data_type,
        'cluster_by': keys if var('clustering_enabled') else [],
    } -%}
    {%- set config = {'meta': {'layout': layout}} -%}
    {%- do config.update(adapter.dispatch('layout_config', 'buck')(layout)) -%}
    {{ return(config) }}
{%- endmacro %}


{% macro default__layout_config(layout) -%}
    {{ return({}) }}
{%- endmacro %}


{#- At most four columns to cluster by; partitions of hours need instants. -#}
{% macro bigquery__layout_config(layout) -%}
    {%- set found = {'partition_by': {
        'field': layout.partition_by,
        'data_type': layout.data_type,
        'granularity': 'day' if layout.data_type == 'date' and layout.granularity == 'hour' else layout.granularity,
    }} -%}
    {%- if layout.cluster_by -%}
        {%- do found.update({'cluster_by': layout.cluster_by[:4]}) -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}


{#- It has no partitions to declare: a coarse first key makes them. -#}
{% macro snowflake__layout_config(layout) -%}
    {%- set coarse = "date_trunc('" ~ layout.granularity ~ "', " ~ layout.partition_by ~ ')' -%}
    {{ return({'cluster_by': [coarse] + layout.cluster_by} if layout.cluster_by else {}) }}
{%- endmacro %}


{#- Rows of one key lie on one node, so that joins by it send nothing around. -#}
{% macro redshift__layout_config(layout) -%}
    {%- set found = {'sort': [layout.partition_by] + other_keys(layout), 'sort_type': 'compound'} -%}
    {%- if layout.cluster_by -%}
        {%- do found.update({'dist': layout.cluster_by[0]}) -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}


{#- Liquid clustering takes the place of partitions; at most four columns. -#}
{% macro databricks__layout_config(layout) -%}
    {{ return({'liquid_clustered_by': ([layout.partition_by] + other_keys(layout))[:4]}) }}
{%- endmacro %}


{% macro other_keys(layout) -%}
    {{ return(layout.cluster_by | reject('equalto', layout.partition_by) | list) }}
{%- endmacro %}
