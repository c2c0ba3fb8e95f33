select
    cast(
        cast(12345 as decimal(19, 0)) * case 2
            when 0 then cast(1.000 as decimal(4, 3))
            when 1 then cast(0.100 as decimal(4, 3))
            when 2 then cast(0.010 as decimal(4, 3))
            when 3 then cast(0.001 as decimal(4, 3))
        end as decimal(18, 3)
    ) as case_0,
    cast(
        cast(12345 as decimal(19, 0)) * case 0
            when 0 then cast(1.000 as decimal(4, 3))
            when 1 then cast(0.100 as decimal(4, 3))
            when 2 then cast(0.010 as decimal(4, 3))
            when 3 then cast(0.001 as decimal(4, 3))
        end as decimal(18, 3)
    ) as case_1,
    cast(
        cast(12345 as decimal(19, 0)) * case 3
            when 0 then cast(1.000 as decimal(4, 3))
            when 1 then cast(0.100 as decimal(4, 3))
            when 2 then cast(0.010 as decimal(4, 3))
            when 3 then cast(0.001 as decimal(4, 3))
        end as decimal(18, 3)
    ) as case_2,
    cast(
        cast(9007199254740993 as decimal(19, 0)) * case 2
            when 0 then cast(1.000 as decimal(4, 3))
            when 1 then cast(0.100 as decimal(4, 3))
            when 2 then cast(0.010 as decimal(4, 3))
            when 3 then cast(0.001 as decimal(4, 3))
        end as decimal(18, 3)
    ) as case_3,
    cast(
        cast(1 as decimal(19, 0)) * case cast(null as integer)
            when 0 then cast(1.000 as decimal(4, 3))
            when 1 then cast(0.100 as decimal(4, 3))
            when 2 then cast(0.010 as decimal(4, 3))
            when 3 then cast(0.001 as decimal(4, 3))
        end as decimal(18, 3)
    ) as case_4,
    cast(
        cast(1 as decimal(19, 0)) * case 2
            when 0 then cast(1.000 as decimal(4, 3))
            when 1 then cast(0.100 as decimal(4, 3))
            when 2 then cast(0.010 as decimal(4, 3))
            when 3 then cast(0.001 as decimal(4, 3))
        end as decimal(18, 3)
    ) as case_5,
    cast(-1.0005 as decimal(18, 3)) as case_6,
    cast(2.00005 as decimal(18, 4)) as case_7,
    cast(
        round(
            cast(57 as decimal(21, 6))
            / nullif(cast(200 as decimal(21, 6)), 0),
            2
        ) as decimal(38, 2)
    ) as case_8,
    cast(
        round(
            cast(-7 as decimal(21, 6))
            / nullif(cast(2 as decimal(21, 6)), 0),
            0
        ) as decimal(38, 0)
    ) as case_9,
    cast(
        round(
            cast(2 as decimal(21, 6))
            / nullif(cast(3 as decimal(21, 6)), 0),
            4
        ) as decimal(38, 4)
    ) as case_10,
    cast(
        round(
            cast(1 as decimal(21, 6))
            / nullif(cast(0 as decimal(21, 6)), 0),
            6
        ) as decimal(38, 6)
    ) as case_11,
    cast(
        (7 - mod(7, nullif(2, 0))) / nullif(2, 0) as bigint
    ) as case_12,
    cast(
        (7 - mod(7, nullif(0, 0))) / nullif(0, 0) as bigint
    ) as case_13,
    (select cast(
        round(
            cast(sum(amount) as decimal(21, 6))
            / nullif(cast(count(amount) as decimal(21, 6)), 0),
            2
        ) as decimal(38, 2)
    ) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as varchar(65535)), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_14,
    cast(round(cast(2.5 as decimal(38, 9)), 0) as decimal(38, 0)) as case_15,
    cast(round(cast(-2.5 as decimal(38, 9)), 0) as decimal(38, 0)) as case_16,
    cast(round(cast(1.005 as decimal(38, 9)), 2) as decimal(38, 2)) as case_17,
    cast(round(cast(10.005 as decimal(23, 3)) * cast(0.5 as decimal(14, 8)), 3) as decimal(18, 3)) as case_18,
    (select cast(round(sum(cast(amount as decimal(23, 3)) * cast(0.00050001 as decimal(14, 8))), 3) as decimal(18, 3)) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as varchar(65535)), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_19,
    3 * cast('1.255' as decimal(18, 3)) as case_20,
    (select cast(sum(amount) as bigint) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as varchar(65535)), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_21,
    (select cast(sum(amount) as decimal(18, 3)) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as varchar(65535)), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_22,
    (select cast(count(case when amount > 1 then 1 end) as bigint) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as varchar(65535)), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_23,
    (select (max(case when amount > 1 then 1 else 0 end) = 1) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as varchar(65535)), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_24,
    (select (min(case when amount > 0 then 1 else 0 end) = 1) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as varchar(65535)), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_25,
    greatest(1, cast(null as integer), 3) as case_26,
    least(2, cast(null as integer), 1) as case_27,
    (
        case
            when 1 is null and cast(null as integer) is null then false
            when 1 is null or cast(null as integer) is null then true
            else 1 <> cast(null as integer)
        end
    ) as case_28,
    (
        case
            when cast(null as integer) is null and cast(null as integer) is null then false
            when cast(null as integer) is null or cast(null as integer) is null then true
            else cast(null as integer) <> cast(null as integer)
        end
    ) as case_29,
    (not (
        case
            when 1 is null and 1 is null then false
            when 1 is null or 1 is null then true
            else 1 <> 1
        end
    )) as case_30,
    (select substring(
        min(
            case
                when name is not null
                    then lpad(cast(place as varchar(20)), 20, '0') || cast(name as varchar(65000))
            end
        ),
        21
    ) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as varchar(65535)), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_31,
    cast(cast('2026-03-01' as date) as varchar(65535)) as case_32,
    cast(12 as varchar(65535)) as case_33,
    coalesce(cast('a' as varchar(65535)), '') || coalesce(cast(null as varchar(65535)), '') || coalesce(cast(1 as varchar(65535)), '') as case_34,
    md5('a') as case_35,
    md5(coalesce(cast('a' as varchar(65535)), '~') || '|' || coalesce(cast(cast(null as integer) as varchar(65535)), '~')) as case_36,
    nullif(split_part('a-b-c', '-', 2), '') as case_37,
    nullif(split_part('a-b-c', '-', 4), '') as case_38,
    (select listagg(name, '+') within group (order by place) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as varchar(65535)), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_39,
    case when trim(' Ann@X.org ') like '%_@_%' then lower(trim(' Ann@X.org ')) end as case_40,
    case when trim('ann') like '%_@_%' then lower(trim('ann')) end as case_41,
    case
        when lower(trim(cast(' Yes' as varchar(65535)))) in ('true', 't', 'yes', 'y', 'on', '1') then true
        when lower(trim(cast(' Yes' as varchar(65535)))) in ('false', 'f', 'no', 'n', 'off', '0') then false
    end as case_42,
    case
        when lower(trim(cast('off' as varchar(65535)))) in ('true', 't', 'yes', 'y', 'on', '1') then true
        when lower(trim(cast('off' as varchar(65535)))) in ('false', 'f', 'no', 'n', 'off', '0') then false
    end as case_43,
    case
        when lower(trim(cast('maybe' as varchar(65535)))) in ('true', 't', 'yes', 'y', 'on', '1') then true
        when lower(trim(cast('maybe' as varchar(65535)))) in ('false', 'f', 'no', 'n', 'off', '0') then false
    end as case_44,
    ('xab1' ~ 'b[0-9]') as case_45,
    ('xab1' ~ '^b') as case_46,
    regexp_replace('a1b22', '[0-9]+', '#') as case_47,
    nullif(regexp_substr('a1b22', '[0-9]+'), '') as case_48,
    nullif(regexp_substr('ab', '[0-9]+'), '') as case_49,
    case when (trim(cast(' 12 ' as varchar(65535))) ~ '^-?[0-9]{1,18}$') then cast(trim(cast(' 12 ' as varchar(65535))) as bigint) end as case_50,
    case when (trim(cast('1.5' as varchar(65535))) ~ '^-?[0-9]{1,18}$') then cast(trim(cast('1.5' as varchar(65535))) as bigint) end as case_51,
    case
            when (trim(cast('1.5' as varchar(65535))) ~ '^-?[0-9]{1,7}([.][0-9]{1,2})?$')
                then cast(trim(cast('1.5' as varchar(65535))) as decimal(9, 2))
        end as case_52,
    case
            when (trim(cast('2024-02-29' as varchar(65535))) ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$')
                then case when cast(substring(trim(cast('2024-02-29' as varchar(65535))), 9, 2) as integer) <= case
        when substring(trim(cast('2024-02-29' as varchar(65535))), 6, 2) in ('04', '06', '09', '11') then 30
        when substring(trim(cast('2024-02-29' as varchar(65535))), 6, 2) <> '02' then 31
        when mod(cast(substring(trim(cast('2024-02-29' as varchar(65535))), 1, 4) as integer), 400) = 0 or (mod(cast(substring(trim(cast('2024-02-29' as varchar(65535))), 1, 4) as integer), 4) = 0 and mod(cast(substring(trim(cast('2024-02-29' as varchar(65535))), 1, 4) as integer), 100) <> 0) then 29
        else 28
    end and cast(substring(trim(cast('2024-02-29' as varchar(65535))), 1, 4) as integer) > 0 then cast(trim(cast('2024-02-29' as varchar(65535))) as date) end
        end as case_53,
    case
            when (trim(cast('2026-02-30' as varchar(65535))) ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$')
                then case when cast(substring(trim(cast('2026-02-30' as varchar(65535))), 9, 2) as integer) <= case
        when substring(trim(cast('2026-02-30' as varchar(65535))), 6, 2) in ('04', '06', '09', '11') then 30
        when substring(trim(cast('2026-02-30' as varchar(65535))), 6, 2) <> '02' then 31
        when mod(cast(substring(trim(cast('2026-02-30' as varchar(65535))), 1, 4) as integer), 400) = 0 or (mod(cast(substring(trim(cast('2026-02-30' as varchar(65535))), 1, 4) as integer), 4) = 0 and mod(cast(substring(trim(cast('2026-02-30' as varchar(65535))), 1, 4) as integer), 100) <> 0) then 29
        else 28
    end and cast(substring(trim(cast('2026-02-30' as varchar(65535))), 1, 4) as integer) > 0 then cast(trim(cast('2026-02-30' as varchar(65535))) as date) end
        end as case_54,
    datediff(microsecond, cast('1970-01-01T00:00:00+00:00' as timestamp with time zone), case
            when (trim(cast('1970-01-01T02:00:01+02:00' as varchar(65535))) ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$')
                then case when cast(substring(trim(cast('1970-01-01T02:00:01+02:00' as varchar(65535))), 9, 2) as integer) <= case
        when substring(trim(cast('1970-01-01T02:00:01+02:00' as varchar(65535))), 6, 2) in ('04', '06', '09', '11') then 30
        when substring(trim(cast('1970-01-01T02:00:01+02:00' as varchar(65535))), 6, 2) <> '02' then 31
        when mod(cast(substring(trim(cast('1970-01-01T02:00:01+02:00' as varchar(65535))), 1, 4) as integer), 400) = 0 or (mod(cast(substring(trim(cast('1970-01-01T02:00:01+02:00' as varchar(65535))), 1, 4) as integer), 4) = 0 and mod(cast(substring(trim(cast('1970-01-01T02:00:01+02:00' as varchar(65535))), 1, 4) as integer), 100) <> 0) then 29
        else 28
    end and cast(substring(trim(cast('1970-01-01T02:00:01+02:00' as varchar(65535))), 1, 4) as integer) > 0 then cast(trim(cast('1970-01-01T02:00:01+02:00' as varchar(65535))) as timestamp with time zone) end
        end) as case_55,
    datediff(microsecond, cast('1970-01-01T00:00:00+00:00' as timestamp with time zone), case
            when (trim(cast('1970-01-01T02:00:01' as varchar(65535))) ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$')
                then case when cast(substring(trim(cast('1970-01-01T02:00:01' as varchar(65535))), 9, 2) as integer) <= case
        when substring(trim(cast('1970-01-01T02:00:01' as varchar(65535))), 6, 2) in ('04', '06', '09', '11') then 30
        when substring(trim(cast('1970-01-01T02:00:01' as varchar(65535))), 6, 2) <> '02' then 31
        when mod(cast(substring(trim(cast('1970-01-01T02:00:01' as varchar(65535))), 1, 4) as integer), 400) = 0 or (mod(cast(substring(trim(cast('1970-01-01T02:00:01' as varchar(65535))), 1, 4) as integer), 4) = 0 and mod(cast(substring(trim(cast('1970-01-01T02:00:01' as varchar(65535))), 1, 4) as integer), 100) <> 0) then 29
        else 28
    end and cast(substring(trim(cast('1970-01-01T02:00:01' as varchar(65535))), 1, 4) as integer) > 0 then cast(trim(cast('1970-01-01T02:00:01' as varchar(65535))) as timestamp with time zone) end
        end) as case_56,
    case
        when lower(trim(cast('no' as varchar(65535)))) in ('true', 't', 'yes', 'y', 'on', '1') then true
        when lower(trim(cast('no' as varchar(65535)))) in ('false', 'f', 'no', 'n', 'off', '0') then false
    end as case_57,
    nullif(json_extract_path_text('{"a": {"b": "x y", "n": null, "t": true, "i": 12}}', 'a', 'b', true), '') as case_58,
    nullif(json_extract_path_text('{"a": {"b": "x y", "n": null, "t": true, "i": 12}}', 'a', 'n', true), '') as case_59,
    nullif(json_extract_path_text('{"a": {"b": "x y", "n": null, "t": true, "i": 12}}', 'z', true), '') as case_60,
    nullif(json_extract_path_text('{"a": {"b": "x y", "n": null, "t": true, "i": 12}}', 'a', 't', true), '') as case_61,
    cast(nullif(json_extract_path_text('{"a": {"b": "x y", "n": null, "t": true, "i": 12}}', 'a', 'i', true), '') as bigint) as case_62,
    (select listagg(nullif(json_extract_path_text(element, 'k', true), ''), '+') within group (order by position) from (select
        id,
        position,
        json_serialize(element) as element
    from (
        select
            id,
            json_parse(items) as elements
        from (select 1 as id, '[{"k": "one"}, {"k": "two"}]' as items) as owners
    ) as parsed, parsed.elements as element at position) as unnested) as case_63,
    cast(date_trunc('week', cast(cast('2026-03-01' as date) as timestamp)) as date) as case_64,
    cast(date_trunc('week', cast(cast('2026-03-01' as date) as timestamp)) as date) as case_65,
    cast(date_trunc('month', cast(cast('2026-03-01' as date) as timestamp)) as date) as case_66,
    cast(date_trunc('quarter', cast(cast('2026-03-01' as date) as timestamp)) as date) as case_67,
    (mod(cast(extract(dow from cast('2026-03-01' as date)) as integer) + 6, 7) + 1) as case_68,
    cast(extract(week from cast('2026-03-01' as date)) as integer) as case_69,
    cast(extract(quarter from cast('2026-03-01' as date)) as integer) as case_70,
    (cast(extract(year from cast('2026-03-01' as date)) as integer) * 10000 + cast(extract(month from cast('2026-03-01' as date)) as integer) * 100 + cast(extract(day from cast('2026-03-01' as date)) as integer)) as case_71,
    cast(dateadd(day, cast(-1 as integer), cast('2026-03-01' as date)) as date) as case_72,
    cast(dateadd(month, cast(1 as integer), cast('2026-01-31' as date)) as date) as case_73,
    datediff(day, cast('2026-02-27' as date), cast('2026-03-01' as date)) as case_74,
    (
        (cast(extract(year from cast('2026-03-01' as date)) as integer) - cast(extract(year from cast('2025-12-31' as date)) as integer)) * 12
        + cast(extract(month from cast('2026-03-01' as date)) as integer) - cast(extract(month from cast('2025-12-31' as date)) as integer)
    ) as case_75,
    (select count(*) from (select cast(dateadd(day, cast(a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d as integer), cast('2026-03-01' as date)) as date) as date_day
    from (select 0 as d union all select 1 union all select 2 union all select 3 union all select 4
        union all select 5 union all select 6 union all select 7 union all select 8 union all select 9) as a
    cross join (select 0 as d union all select 1 union all select 2 union all select 3 union all select 4
        union all select 5 union all select 6 union all select 7 union all select 8 union all select 9) as b
    cross join (select 0 as d union all select 1 union all select 2 union all select 3 union all select 4
        union all select 5 union all select 6 union all select 7 union all select 8 union all select 9) as c
    cross join (select 0 as d union all select 1 union all select 2 union all select 3 union all select 4
        union all select 5 union all select 6 union all select 7 union all select 8 union all select 9) as d
    cross join (select 0 as d union all select 1 union all select 2 union all select 3 union all select 4
        union all select 5 union all select 6 union all select 7 union all select 8 union all select 9) as e
    where a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d <= datediff(day, cast('2026-03-01' as date), cast(dateadd(day, cast(9 as integer), cast('2026-03-01' as date)) as date))) as days) as case_76,
    (select max(date_day) from (select cast(dateadd(day, cast(a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d as integer), cast('2026-01-01' as date)) as date) as date_day
    from (select 0 as d union all select 1 union all select 2 union all select 3 union all select 4
        union all select 5 union all select 6 union all select 7 union all select 8 union all select 9) as a
    cross join (select 0 as d union all select 1 union all select 2 union all select 3 union all select 4
        union all select 5 union all select 6 union all select 7 union all select 8 union all select 9) as b
    cross join (select 0 as d union all select 1 union all select 2 union all select 3 union all select 4
        union all select 5 union all select 6 union all select 7 union all select 8 union all select 9) as c
    cross join (select 0 as d union all select 1 union all select 2 union all select 3 union all select 4
        union all select 5 union all select 6 union all select 7 union all select 8 union all select 9) as d
    cross join (select 0 as d union all select 1 union all select 2 union all select 3 union all select 4
        union all select 5 union all select 6 union all select 7 union all select 8 union all select 9) as e
    where a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d <= datediff(day, cast('2026-01-01' as date), cast(dateadd(day, cast(-1 as integer), cast(dateadd(month, cast(24 as integer), cast(date_trunc('year', cast(cast(cast('2026-02-15T00:00:00Z' as timestamp with time zone) at time zone 'UTC' as date) as timestamp)) as date)) as date)) as date))) as days) as case_77,
    datediff(microsecond, cast('1970-01-01T00:00:00+00:00' as timestamp with time zone), (cast('1970-01-01T00:00:00+00:00' as timestamp with time zone) + 1767225600 * interval '1 second')) as case_78,
    cast(cast('2026-01-01T23:30:00-02:00' as timestamp with time zone) at time zone 'UTC' as date) as case_79,
    cast(cast('1969-12-31T23:59:59Z' as timestamp with time zone) at time zone 'UTC' as date) as case_80,
    datediff(microsecond, cast('1970-01-01T00:00:00+00:00' as timestamp with time zone), (cast(cast('1970-01-02' as date) as timestamp) at time zone 'UTC')) as case_81,
    cast(floor((datediff(microsecond, cast('1970-01-01T00:00:00+00:00' as timestamp with time zone), cast('1970-01-01T00:00:12.9Z' as timestamp with time zone)) - datediff(microsecond, cast('1970-01-01T00:00:00+00:00' as timestamp with time zone), (cast('1970-01-01T00:00:00+00:00' as timestamp with time zone) + 10 * interval '1 second'))) / 1000000.0) as bigint) as case_82,
    cast(dateadd(day, cast(-1 as integer), cast(cast('2026-03-01T00:30:00+01:00' as timestamp with time zone) at time zone 'UTC' as date)) as date) as case_83,
    cast(cast('9999-12-31T00:00:00Z' as timestamp with time zone) at time zone 'UTC' as date) as case_84
