{#-
    What a query's result hangs on, as one hash: its text, the views that it reads, the contents of the
    tables behind them, and the engine's version. The same hash, the same rows; so what was built from it
    need not be built again. None where that cannot be told: on other engines, and for a query that asks
    the clock, throws dice, or reads something that dbt was not told of. See
    docs/explanation/incremental.md.

    Args:
        query: The query, compiled.
        nodes: The unique ids of the seeds, sources, snapshots and models that it reads.
        beside: Relations that it reads beside these, whose rows do not count.
        settings: Whatever else decides about its result, as text.
-#}
{% macro recipe_of(query, nodes, beside=[], settings='') -%}
    {{ return(adapter.dispatch('recipe_of', 'buck')(query, nodes, beside, settings)) }}
{%- endmacro %}

{% macro default__recipe_of(query, nodes, beside, settings) -%}
    {{ return(none) }}
{%- endmacro %}

{% macro duckdb__recipe_of(query, nodes, beside, settings) -%}
    {%- set reads = {'views': {}, 'tables': {}} -%}
    {%- do gather_reads(nodes, reads) -%}
    {%- set found = look_at_reads(reads) -%}
    {%- set views, meanings = found.views or {}, {} -%}
    {%- for name, tree in (found.meanings or {}).items() -%}
        {%- do meanings.update({name: modules.re.sub('"query_location":[0-9]+', '', tree)}) -%}
    {%- endfor -%}
    {%- set known = beside + (reads.views.values() | list) + (reads.tables.values() | map(attribute='relation') | list) -%}
    {%- for text in [query] + (views.values() | list) if asks_elsewhere(text, known) -%}
        {{ return(none) }}
    {%- endfor -%}
    {{ return(local_md5(tojson(
        [found.engine, query, settings, meanings, contents_of(reads.tables, found)], sort_keys=true
    ))) }}
{%- endmacro %}


{#- The recipe of the model that is being built. -#}
{% macro recipe_of_model() -%}
    {{ return(recipe_of(
        compiled_code, model.depends_on.nodes, settings=tojson([model.config, model.columns])
    )) }}
{%- endmacro %}


{#- Whether a table still has the rows that were written when it was built, by this recipe. -#}
{% macro is_as_built(relation, recipe) -%}
    {%- set noted = run_query(
        'select content from ' ~ table_contents()
        ~ " where table_name = '" ~ relation ~ "' and recipe = '" ~ recipe ~ "'"
    ).rows if recipe is not none else [] -%}
    {{ return(noted | length == 1 and run_query(rows_of(relation)).rows[0][0] == noted[0][0]) }}
{%- endmacro %}


{#- Whether a model is a table and nothing but its query, no hook or program, says what is in it. -#}
{% macro writes_its_rows_alone(node) -%}
    {{ return(
        node.config.materialized == 'table'
        and node.language == 'sql'
        and not node.config['pre-hook']
        and not node.config['post-hook']
    ) }}
{%- endmacro %}


{#- Follow views down to the tables behind them; each once. -#}
{% macro gather_reads(nodes, reads) -%}
    {%- for id in nodes if id not in reads.views and id not in reads.tables -%}
        {%- set node = graph.sources[id] if id in graph.sources else graph.nodes[id] -%}
        {%- set relation = api.Relation.create(
            database=node.database,
            schema=node.schema,
            identifier=node.identifier if id in graph.sources else node.alias,
        ) -%}
        {%- set materialized = none if id in graph.sources else node.config.materialized -%}
        {%- if materialized in ('view', 'ephemeral') -%}
            {%- if materialized == 'view' -%}
                {%- do reads.views.update({id: relation}) -%}
            {%- endif -%}
            {%- do gather_reads(node.depends_on.nodes, reads) -%}
        {%- else -%}
            {%- do reads.tables.update({id: {
                'relation': relation,
                'is_raw': id in graph.sources,
                'is_noted': id not in graph.sources
                    and (writes_its_rows_alone(node) or 'built_by_key' in (node.config.meta or {})),
            }}) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{#-
    In one query: which engine this is; what the views say, by name, resolved by the engine so that it is
    all that they say; what that means, since the text of a view that was just created is another one
    once it is read back from the file; what is noted of the tables, and how many rows those have that a
    build notes.
-#}
{% macro look_at_reads(reads) -%}
    {%- set counts = [] -%}
    {%- for table in reads.tables.values() if table.is_noted -%}
        {%- do counts.append("'" ~ table.relation ~ "', (select count(*) from " ~ table.relation ~ ')') -%}
    {%- endfor -%}
    {%- set query -%}
        with views as (
            select *
            from (
                select
                    format('"{}"."{}"."{}"', database_name, schema_name, view_name) as name,
                    sql,
                    left(sql, position(' AS ' in sql)) as head,
                    cast(json_serialize_sql(substr(sql, position(' AS ' in sql) + 4)) as varchar) as tree
                from duckdb_views()
                where not internal
            ) as views
            where name in ({{ quoted_names(reads.views.values()) }})
        )
        select json_object(
            'engine', version(),
            'views', (select json_group_object(name, sql) from views),
            'meanings', (
                select json_group_object(
                    name, case when starts_with(tree, '{"error":false,"statements":[{"') then head || tree else sql end
                )
                from views
            ),
            'noted', (
                select json_group_object(table_name, content)
                from {{ table_contents() }}
                where table_name in ({{ quoted_names(reads.tables.values() | map(attribute='relation')) }})
            ),
            'counts', json_object({{ counts | join(', ') }})
        )
    {%- endset -%}
    {{ return(fromjson(run_query(query).rows[0][0])) }}
{%- endmacro %}


{% macro quoted_names(relations) -%}
    {%- set names = relations | map('string') | list -%}
    {{ return("'" ~ names | join("', '") ~ "'" if names else 'null') }}
{%- endmacro %}


{#- Whether a query's result can be another one although nothing of what dbt knows has changed. -#}
{% macro asks_elsewhere(query, known) -%}
    {%- set words = [
        '\\b(now|today|random|setseed|uuid|uuidv[0-9]|gen_random_uuid|nextval|currval|getenv|getvariable)\\s*\\(',
        '\\b(current_(date|time|timestamp|setting)|localtime(stamp)?|transaction_timestamp|get_current_\\w+)\\b',
        '\\b(read_\\w+|\\w+_scan|glob|query|query_table|\\w+_query)\\s*\\(',
        '\\b(from|join)\\s+\'',
        '\\b(tablesample|using\\s+sample)\\b',
    ] -%}
    {%- if modules.re.search(words | join('|'), query, modules.re.IGNORECASE) -%}
        {{ return(true) }}
    {%- endif -%}
    {%- set names = [] -%}
    {%- for relation in known -%}
        {%- do names.append((relation.database ~ '.' ~ relation.schema ~ '.' ~ relation.identifier) | lower) -%}
        {%- do names.append((relation.schema ~ '.' ~ relation.identifier) | lower) -%}
    {%- endfor -%}
    {%- set tables = modules.re.sub('(?i)\\b(extract\\s*\\(\\s*\\w+|is\\s+(not\\s+)?distinct)\\s+from\\b', '', query) -%}
    {%- for name in modules.re.findall(
        '(?i)\\b(?:from|join)\\s+((?:"[^"]+"|\\w+)(?:\\.(?:"[^"]+"|\\w+))+)', tables
    ) if (name | replace('"', '') | lower) not in names -%}
        {{ return(true) }}
    {%- endfor -%}
    {{ return(false) }}
{%- endmacro %}
