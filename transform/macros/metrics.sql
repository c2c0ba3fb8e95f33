{#-
    A metric of the semantic-layer YAML as an aggregate over its own model's rows, so that models,
    analyses and tests add up what `buck query --metric` adds up:

        select currency, {{ metric_value('net_revenue') }} as net from {{ ref('fct_payments') }} group by currency

    All parts of the metric must come from one semantic model. Levels that are taken at the end of a
    period, and comparisons with an earlier one, need a query of their own: ask `buck query --metric`.
-#}
{% macro metric_value(name) -%}
    {%- if not execute -%}
        null
    {%- else -%}
        {{ _metric_sql(_metric_named(name), []) }}
    {%- endif -%}
{%- endmacro %}


{% macro _metric_named(name) -%}
    {%- set found = graph.metrics.values() | selectattr('name', 'equalto', name) | list -%}
    {%- if not found -%}
        {{ exceptions.raise_compiler_error("there is no metric '" ~ name ~ "'") }}
    {%- endif -%}
    {{ return(found[0]) }}
{%- endmacro %}


{% macro _metric_sql(metric, filters) -%}
    {%- set own = filters + _filters_of(metric) -%}
    {%- if metric.type == 'simple' -%}
        {{ return(_measure_sql(metric, own + _filters_of(metric.type_params.measure))) }}
    {%- elif metric.type == 'ratio' -%}
        {%- set above = _input_sql(metric.type_params.numerator, own) -%}
        {%- set below = _input_sql(metric.type_params.denominator, own) -%}
        {{ return('(' ~ above ~ ' / nullif(' ~ below ~ ', 0))') }}
    {%- elif metric.type == 'derived' -%}
        {%- set texts = {} -%}
        {%- for input in metric.type_params.metrics -%}
            {%- do texts.update({input.alias or input.name: _input_sql(input, own)}) -%}
        {%- endfor -%}
        {#- All names in one pass: a text that was put in is not looked at again. -#}
        {%- set pieces = modules.re.split('\\b(' ~ (texts.keys() | join('|')) ~ ')\\b', metric.type_params.expr) -%}
        {%- set sql = namespace(text='') -%}
        {%- for piece in pieces -%}
            {%- set sql.text = sql.text ~ texts.get(piece, piece) -%}
        {%- endfor -%}
        {{ return('(' ~ sql.text ~ ')') }}
    {%- else -%}
        {{ exceptions.raise_compiler_error("the metric " ~ metric.name ~ " is of type " ~ metric.type) }}
    {%- endif -%}
{%- endmacro %}


{% macro _input_sql(input, filters) -%}
    {%- if input.offset_window or input.offset_to_grain -%}
        {{ exceptions.raise_compiler_error(input.name ~ " is of an earlier period; ask buck query --metric") }}
    {%- endif -%}
    {{ return(_metric_sql(_metric_named(input.name), filters + _filters_of(input))) }}
{%- endmacro %}


{% macro _filters_of(part) -%}
    {{ return(((part.filter or {}).where_filters or []) | map(attribute='where_sql_template') | list) }}
{%- endmacro %}


{% macro _measure_sql(metric, filters) -%}
    {%- set found = namespace(measure=none, model=none) -%}
    {%- for model in graph.semantic_models.values() -%}
        {%- for measure in model.measures if measure.name == metric.type_params.measure.name -%}
            {%- set found.measure = measure -%}
            {%- set found.model = model -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if found.measure.non_additive_dimension -%}
        {{ exceptions.raise_compiler_error(metric.name ~ " is taken at the end of a period; ask buck query --metric") }}
    {%- endif -%}
    {%- set value = found.measure.expr or found.measure.name -%}
    {%- set conditions = [] -%}
    {%- for template in filters -%}
        {%- do conditions.append('(' ~ _filter_sql(template, found.model) ~ ')') -%}
    {%- endfor -%}
    {%- if conditions -%}
        {%- set value = 'case when ' ~ (conditions | join(' and ')) ~ ' then ' ~ value ~ ' end' -%}
    {%- endif -%}
    {%- set kind = found.measure.agg -%}
    {%- if kind == 'count_distinct' -%}
        {%- set sql = 'count(distinct ' ~ value ~ ')' -%}
    {%- elif kind == 'average' -%}
        {%- set sql = 'avg(' ~ value ~ ')' -%}
    {%- elif kind in ['sum', 'min', 'max', 'count', 'median'] -%}
        {%- set sql = kind ~ '(' ~ value ~ ')' -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error("the measure " ~ found.measure.name ~ " is aggregated by " ~ kind) }}
    {%- endif -%}
    {%- set filled = metric.type_params.measure.fill_nulls_with -%}
    {{ return(sql if filled is none else 'coalesce(' ~ sql ~ ', ' ~ filled ~ ')') }}
{%- endmacro %}


{#- A filter's `{{ Dimension('entity__name') }}` as the expression of that dimension. -#}
{% macro _filter_sql(template, model) -%}
    {%- set pieces = modules.re.split("\\{\\{\\s*Dimension\\(\\s*['\"](?:\\w+?__)?(\\w+)['\"]\\s*\\)\\s*\\}\\}", template) -%}
    {%- set sql = namespace(text='') -%}
    {%- for piece in pieces -%}
        {%- if loop.index0 % 2 == 0 -%}
            {%- set sql.text = sql.text ~ piece -%}
        {%- else -%}
            {%- set dimensions = model.dimensions | selectattr('name', 'equalto', piece) | list -%}
            {%- if not dimensions -%}
                {{ exceptions.raise_compiler_error(model.name ~ " has no dimension " ~ piece ~ " of its own") }}
            {%- endif -%}
            {%- set sql.text = sql.text ~ (dimensions[0].expr or piece) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(sql.text) }}
{%- endmacro %}
