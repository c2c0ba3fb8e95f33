{#-
    The inputs as they are: by name the mark (a log's greatest `_buck_seq`, a model's build number),
    the rows, the newest load, and, of a log, the same again for the rows at or below the mark that the
    last build had seen. The model's own table is among them.
-#}
{% macro look_at_inputs(declared, last) -%}
    {%- set queries = [] -%}
    {%- for input in declared.inputs | unique(attribute='relation.identifier') -%}
        {%- set mark = last.seen.get(input.relation.identifier, {}).get('mark', -1) -%}
        {%- do queries.append(
            look_at_log(input, mark) if input.kind == 'log' else look_at_model(input)
        ) -%}
    {%- endfor -%}
    {%- if is_incremental() -%}
        {%- do queries.append(look_at_this(declared)) -%}
    {%- endif -%}
    {%- set present = {} -%}
    {%- for row in run_query(queries | join('\nunion all\n')).rows -%}
        {%- do present.update({row[0]: {
            'mark': row[1] | int, 'rows': row[2] | int, 'load': row[3],
            'seen_rows': row[4] | int, 'seen_load': row[5],
        }}) -%}
    {%- endfor -%}
    {{ return(present) }}
{%- endmacro %}


{% macro look_at_log(input, mark) -%}
    select
        '{{ input.relation.identifier }}' as input,
        coalesce(max(_buck_seq), -1) as mark,
        count(*) as row_count,
        max(_buck_load_id) as last_load,
        count(case when _buck_seq <= {{ mark }} then 1 end) as seen_rows,
        max(case when _buck_seq <= {{ mark }} then _buck_load_id end) as seen_load
    from {{ input.relation }}
{%- endmacro %}


{% macro look_at_model(input) -%}
    select
        '{{ input.relation.identifier }}' as input,
        build_number as mark,
        row_count,
        cast(mark as {{ text_type() }}) as last_load,
        0 as seen_rows,
        cast(null as {{ text_type() }}) as seen_load
    from {{ watermarks(input.relation) }}
    where input = '{{ built_name() }}'
      and build_number = (select max(build_number) from {{ watermarks(input.relation) }})
{%- endmacro %}


{% macro look_at_this(declared) -%}
    select
        '{{ built_name() }}' as input,
        {{ content_stamp(declared) }} as mark,
        count(*) as row_count,
        cast(null as {{ text_type() }}) as last_load,
        0 as seen_rows,
        cast(null as {{ text_type() }}) as seen_load
    from {{ this }}
{%- endmacro %}


{% macro note_inputs(declared, present, number, recipes) -%}
    insert into {{ watermarks(this) }} (build_number, input, mark, row_count, last_load) values
    {%- for input in declared.inputs | unique(attribute='relation.identifier') -%}
        {%- set name = input.relation.identifier -%}
        {%- set found = present.get(name, {'mark': -1, 'rows': -1, 'load': none}) %}
        (
            {{- number }}, '{{ name }}', {{ found.mark }}, {{ found.rows }},
            {{- " '" ~ found.load ~ "'" if found.load is not none else ' null' -}}
        ){{ ',' if not loop.last or recipes }}
    {%- endfor -%}
    {%- for name, recipe in recipes.items() %}
        ({{ number }}, '{{ name }}', 0, 0, '{{ recipe }}'){{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#- By name, what each of the queries for differing rows hangs on beside the table; where it can be told. -#}
{% macro recipes_of_differing(declared) -%}
    {%- set recipes = {} -%}
    {%- for differing in declared.get('differs', []) -%}
        {%- set ids = [] -%}
        {%- for relation in differing.reads -%}
            {%- for id, node in graph.nodes.items()
                if (node.schema, node.alias) == (relation.schema, relation.identifier) -%}
                {%- do ids.append(id) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- set recipe = recipe_of(
            differing.query, ids, beside=[this] + differing.beside
        ) if ids | length == differing.reads | length -%}
        {%- if recipe -%}
            {%- do recipes.update({differing_name(loop.index): recipe}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(recipes) }}
{%- endmacro %}


{#- Whether the query for differing rows at a place hangs on what it hung on at the last build. -#}
{% macro reads_the_same(place, recipes, last) -%}
    {%- set name = differing_name(place) -%}
    {{ return(name in recipes and recipes[name] == last.seen.get(name, {}).get('load')) }}
{%- endmacro %}


{#- Under which a query for differing rows stands among the watermarks. -#}
{% macro differing_name(place) -%}
    {{ return('(differs ' ~ place ~ ')') }}
{%- endmacro %}


{#-
    Whether the watermarks tell all: the table is as the last build left it, every log still holds what
    that build saw of it and nothing slipped in below the mark, and no build of another model was missed.
-#}
{% macro is_trusted(declared, last, present) -%}
    {%- set names = [built_name()] -%}
    {%- for input in declared.inputs -%}
        {%- do names.append(input.relation.identifier) -%}
    {%- endfor -%}
    {%- for name in names if name not in last.seen or name not in present -%}
        {{ return(false) }}
    {%- endfor -%}
    {%- set own, was = present[built_name()], last.seen[built_name()] -%}
    {%- if own.rows != was.rows or own.mark != was.mark -%}
        {{ return(false) }}
    {%- endif -%}
    {%- for input in declared.inputs -%}
        {%- set now, was = present[input.relation.identifier], last.seen[input.relation.identifier] -%}
        {%- if input.kind == 'log' and (now.seen_rows != was.rows or now.seen_load != was.load) -%}
            {{ return(false) }}
        {%- endif -%}
        {%- set is_same = now.mark == was.mark and now.rows == was.rows and now.load == was.load -%}
        {%- if input.kind == 'built' and not is_same and now.mark != was.mark + 1 -%}
            {{ return(false) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(true) }}
{%- endmacro %}


{#- The table of affected keys: of what changed, or of everything if the watermarks can't be trusted. -#}
{% macro find_affected(declared, key, last, present, recipes, trusted, young) -%}
    {%- set staying, moving = [], [] -%}
    {%- for input in declared.inputs -%}
        {%- set name = input.relation.identifier -%}
        {%- if not trusted -%}
            {%- do moving.append(changed_keys(input, all_rows(input))) -%}
        {%- elif present[name].mark != last.seen[name].mark -%}
            {%- do (moving if input.get('moves') else staying).append(
                changed_keys(input, changed_rows(input, last.seen[name].mark))
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if trusted -%}
        {%- for differing in declared.get('differs', []) -%}
            {#- What reads the same as at the last build finds nothing. -#}
            {%- if not reads_the_same(loop.index, recipes, last) -%}
                {%- do (moving if differing.moves else staying).append(differing.query) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if young -%}
            {%- do moving.append(young) -%}
        {%- endif -%}
    {%- endif %}
    create table {{ affected_keys(this) }} as
    select
        affected_key,
        max(moves) as moves
    from (
        select affected_key, 1 as moves
        from ({{ keys_of(moving, key, every=not trusted) }}) as moving
        union all
        select affected_key, 0 as moves
        from ({{ keys_of(staying, key) }}) as staying
    ) as affected
    where affected_key is not null
    group by affected_key
{%- endmacro %}


{#- The keys that some queries find; and every key that the model has. -#}
{% macro keys_of(queries, key, every=false) -%}
    {%- set own = 'select ' ~ key ~ ' as affected_key from ' ~ this ~ ('' if every else ' where 1 = 0') -%}
    {{ return(([own] + queries) | join('\n' ~ union_distinct() ~ '\n')) }}
{%- endmacro %}


{#- Of a log, every version of each record that changed; of a model, the keys it built again. -#}
{% macro changed_rows(input, mark) -%}
    {%- if input.kind == 'built' and input.group -%}
        {{ return(
            '(select affected_key from ' ~ affected_groups(input.relation, input.group)
            ~ ' ' ~ union_distinct() ~ ' select ' ~ input.group ~ ' from ' ~ input.relation
            ~ ' where ' ~ input.key ~ ' in (select affected_key from '
            ~ affected_keys(input.relation) ~ '))'
        ) }}
    {%- elif input.kind == 'built' -%}
        {{ return(affected_keys(input.relation) | string) }}
    {%- endif -%}
    {%- set changed = 'select ' ~ input.id ~ ' from ' ~ input.relation ~ ' where _buck_seq > ' ~ mark -%}
    {%- if input.key == input.id and not input.via -%}
        {{ return('(' ~ changed ~ ')') }}
    {%- endif -%}
    {{ return('(select * from ' ~ input.relation ~ ' where ' ~ input.id ~ ' in (' ~ changed ~ '))') }}
{%- endmacro %}


{#- The same if everything counts as changed. -#}
{% macro all_rows(input) -%}
    {%- set column = (input.group or input.key) ~ ' as affected_key' if input.kind == 'built' else '*' -%}
    {{ return('(select ' ~ column ~ ' from ' ~ input.relation ~ ')') }}
{%- endmacro %}


{#- A query for the model's keys in rows of an input. -#}
{% macro changed_keys(input, changed) -%}
    {%- if input.via -%}
        {{ return(input.via | replace('{changed}', changed)) }}
    {%- endif -%}
    {%- set column = input.key if input.kind == 'log' else 'affected_key' -%}
    {{ return('select ' ~ column ~ ' from ' ~ changed ~ ' as changed') }}
{%- endmacro %}
