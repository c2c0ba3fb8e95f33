select
    cast(
        cast(12345 as numeric) * case 2
            when 0 then cast(1.000 as numeric)
            when 1 then cast(0.100 as numeric)
            when 2 then cast(0.010 as numeric)
            when 3 then cast(0.001 as numeric)
        end as numeric
    ) as case_0,
    cast(
        cast(12345 as numeric) * case 0
            when 0 then cast(1.000 as numeric)
            when 1 then cast(0.100 as numeric)
            when 2 then cast(0.010 as numeric)
            when 3 then cast(0.001 as numeric)
        end as numeric
    ) as case_1,
    cast(
        cast(12345 as numeric) * case 3
            when 0 then cast(1.000 as numeric)
            when 1 then cast(0.100 as numeric)
            when 2 then cast(0.010 as numeric)
            when 3 then cast(0.001 as numeric)
        end as numeric
    ) as case_2,
    cast(
        cast(9007199254740993 as numeric) * case 2
            when 0 then cast(1.000 as numeric)
            when 1 then cast(0.100 as numeric)
            when 2 then cast(0.010 as numeric)
            when 3 then cast(0.001 as numeric)
        end as numeric
    ) as case_3,
    cast(
        cast(1 as numeric) * case cast(null as integer)
            when 0 then cast(1.000 as numeric)
            when 1 then cast(0.100 as numeric)
            when 2 then cast(0.010 as numeric)
            when 3 then cast(0.001 as numeric)
        end as numeric
    ) as case_4,
    cast(
        cast(1 as numeric) * case 2
            when 0 then cast(1.000 as numeric)
            when 1 then cast(0.100 as numeric)
            when 2 then cast(0.010 as numeric)
            when 3 then cast(0.001 as numeric)
        end as numeric
    ) as case_5,
    round(cast(-1.0005 as numeric), 3) as case_6,
    round(cast(2.00005 as numeric), 4) as case_7,
    cast(
        round(
            cast(57 as bignumeric) / nullif(cast(200 as bignumeric), 0), 2
        ) as bignumeric
    ) as case_8,
    cast(
        round(
            cast(-7 as bignumeric) / nullif(cast(2 as bignumeric), 0), 0
        ) as bignumeric
    ) as case_9,
    cast(
        round(
            cast(2 as bignumeric) / nullif(cast(3 as bignumeric), 0), 4
        ) as bignumeric
    ) as case_10,
    cast(
        round(
            cast(1 as bignumeric) / nullif(cast(0 as bignumeric), 0), 6
        ) as bignumeric
    ) as case_11,
    cast(
        (7 - mod(7, nullif(2, 0))) / nullif(2, 0) as bigint
    ) as case_12,
    cast(
        (7 - mod(7, nullif(0, 0))) / nullif(0, 0) as bigint
    ) as case_13,
    (select cast(
        round(
            cast(sum(amount) as bignumeric) / nullif(cast(count(amount) as bignumeric), 0), 2
        ) as bignumeric
    ) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as string), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_14,
    cast(round(cast(2.5 as numeric), 0) as bignumeric) as case_15,
    cast(round(cast(-2.5 as numeric), 0) as bignumeric) as case_16,
    cast(round(cast(1.005 as numeric), 2) as bignumeric) as case_17,
    cast(round(round(cast(10.005 as bignumeric), 3) * round(cast(0.5 as bignumeric), 8), 3) as numeric) as case_18,
    (select cast(round(sum(round(cast(amount as bignumeric), 3) * round(cast(0.00050001 as bignumeric), 8)), 3) as numeric) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as string), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_19,
    3 * cast('1.255' as numeric) as case_20,
    (select cast(sum(amount) as bigint) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as string), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_21,
    (select cast(sum(amount) as numeric) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as string), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_22,
    (select cast(count(case when amount > 1 then 1 end) as bigint) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as string), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_23,
    (select (max(case when amount > 1 then 1 else 0 end) = 1) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as string), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_24,
    (select (min(case when amount > 0 then 1 else 0 end) = 1) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as string), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_25,
    (select max(given) from unnest([1, cast(null as integer), 3]) as given) as case_26,
    (select min(given) from unnest([2, cast(null as integer), 1]) as given) as case_27,
    (1 is distinct from cast(null as integer)) as case_28,
    (cast(null as integer) is distinct from cast(null as integer)) as case_29,
    (not (1 is distinct from 1)) as case_30,
    (select array_agg(name ignore nulls order by place limit 1)[safe_offset(0)] from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as string), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_31,
    cast(cast('2026-03-01' as date) as string) as case_32,
    cast(12 as string) as case_33,
    coalesce(cast('a' as string), '') || coalesce(cast(null as string), '') || coalesce(cast(1 as string), '') as case_34,
    to_hex(md5('a')) as case_35,
    to_hex(md5(coalesce(cast('a' as string), '~') || '|' || coalesce(cast(cast(null as integer) as string), '~'))) as case_36,
    nullif(split('a-b-c', '-')[safe_ordinal(2)], '') as case_37,
    nullif(split('a-b-c', '-')[safe_ordinal(4)], '') as case_38,
    (select string_agg(name, '+' order by place) from (
    select 'late' as name, 2 as place, 2 as amount
    union all select cast(null as string), 0, 1
    union all select 'early', 1, cast(null as bigint)
    union all select 'last', 3, 2
) as some_rows) as case_39,
    case when trim(' Ann@X.org ') like '%_@_%' then lower(trim(' Ann@X.org ')) end as case_40,
    case when trim('ann') like '%_@_%' then lower(trim('ann')) end as case_41,
    case
        when lower(trim(cast(' Yes' as string))) in ('true', 't', 'yes', 'y', 'on', '1') then true
        when lower(trim(cast(' Yes' as string))) in ('false', 'f', 'no', 'n', 'off', '0') then false
    end as case_42,
    case
        when lower(trim(cast('off' as string))) in ('true', 't', 'yes', 'y', 'on', '1') then true
        when lower(trim(cast('off' as string))) in ('false', 'f', 'no', 'n', 'off', '0') then false
    end as case_43,
    case
        when lower(trim(cast('maybe' as string))) in ('true', 't', 'yes', 'y', 'on', '1') then true
        when lower(trim(cast('maybe' as string))) in ('false', 'f', 'no', 'n', 'off', '0') then false
    end as case_44,
    regexp_contains('xab1', r'b[0-9]') as case_45,
    regexp_contains('xab1', r'^b') as case_46,
    regexp_replace('a1b22', '[0-9]+', '#') as case_47,
    nullif(regexp_extract('a1b22', r'[0-9]+'), '') as case_48,
    nullif(regexp_extract('ab', r'[0-9]+'), '') as case_49,
    case when regexp_contains(trim(cast(' 12 ' as string)), r'^-?[0-9]{1,18}$') then cast(trim(cast(' 12 ' as string)) as bigint) end as case_50,
    case when regexp_contains(trim(cast('1.5' as string)), r'^-?[0-9]{1,18}$') then cast(trim(cast('1.5' as string)) as bigint) end as case_51,
    case
            when regexp_contains(trim(cast('1.5' as string)), r'^-?[0-9]{1,7}([.][0-9]{1,2})?$')
                then cast(trim(cast('1.5' as string)) as numeric)
        end as case_52,
    case
            when regexp_contains(trim(cast('2024-02-29' as string)), r'^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$')
                then case when cast(substring(trim(cast('2024-02-29' as string)), 9, 2) as integer) <= case
        when substring(trim(cast('2024-02-29' as string)), 6, 2) in ('04', '06', '09', '11') then 30
        when substring(trim(cast('2024-02-29' as string)), 6, 2) <> '02' then 31
        when mod(cast(substring(trim(cast('2024-02-29' as string)), 1, 4) as integer), 400) = 0 or (mod(cast(substring(trim(cast('2024-02-29' as string)), 1, 4) as integer), 4) = 0 and mod(cast(substring(trim(cast('2024-02-29' as string)), 1, 4) as integer), 100) <> 0) then 29
        else 28
    end and cast(substring(trim(cast('2024-02-29' as string)), 1, 4) as integer) > 0 then cast(trim(cast('2024-02-29' as string)) as date) end
        end as case_53,
    case
            when regexp_contains(trim(cast('2026-02-30' as string)), r'^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$')
                then case when cast(substring(trim(cast('2026-02-30' as string)), 9, 2) as integer) <= case
        when substring(trim(cast('2026-02-30' as string)), 6, 2) in ('04', '06', '09', '11') then 30
        when substring(trim(cast('2026-02-30' as string)), 6, 2) <> '02' then 31
        when mod(cast(substring(trim(cast('2026-02-30' as string)), 1, 4) as integer), 400) = 0 or (mod(cast(substring(trim(cast('2026-02-30' as string)), 1, 4) as integer), 4) = 0 and mod(cast(substring(trim(cast('2026-02-30' as string)), 1, 4) as integer), 100) <> 0) then 29
        else 28
    end and cast(substring(trim(cast('2026-02-30' as string)), 1, 4) as integer) > 0 then cast(trim(cast('2026-02-30' as string)) as date) end
        end as case_54,
    unix_micros(case
            when regexp_contains(trim(cast('1970-01-01T02:00:01+02:00' as string)), r'^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$')
                then case when cast(substring(trim(cast('1970-01-01T02:00:01+02:00' as string)), 9, 2) as integer) <= case
        when substring(trim(cast('1970-01-01T02:00:01+02:00' as string)), 6, 2) in ('04', '06', '09', '11') then 30
        when substring(trim(cast('1970-01-01T02:00:01+02:00' as string)), 6, 2) <> '02' then 31
        when mod(cast(substring(trim(cast('1970-01-01T02:00:01+02:00' as string)), 1, 4) as integer), 400) = 0 or (mod(cast(substring(trim(cast('1970-01-01T02:00:01+02:00' as string)), 1, 4) as integer), 4) = 0 and mod(cast(substring(trim(cast('1970-01-01T02:00:01+02:00' as string)), 1, 4) as integer), 100) <> 0) then 29
        else 28
    end and cast(substring(trim(cast('1970-01-01T02:00:01+02:00' as string)), 1, 4) as integer) > 0 then cast(trim(cast('1970-01-01T02:00:01+02:00' as string)) as timestamp) end
        end) as case_55,
    unix_micros(case
            when regexp_contains(trim(cast('1970-01-01T02:00:01' as string)), r'^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$')
                then case when cast(substring(trim(cast('1970-01-01T02:00:01' as string)), 9, 2) as integer) <= case
        when substring(trim(cast('1970-01-01T02:00:01' as string)), 6, 2) in ('04', '06', '09', '11') then 30
        when substring(trim(cast('1970-01-01T02:00:01' as string)), 6, 2) <> '02' then 31
        when mod(cast(substring(trim(cast('1970-01-01T02:00:01' as string)), 1, 4) as integer), 400) = 0 or (mod(cast(substring(trim(cast('1970-01-01T02:00:01' as string)), 1, 4) as integer), 4) = 0 and mod(cast(substring(trim(cast('1970-01-01T02:00:01' as string)), 1, 4) as integer), 100) <> 0) then 29
        else 28
    end and cast(substring(trim(cast('1970-01-01T02:00:01' as string)), 1, 4) as integer) > 0 then cast(trim(cast('1970-01-01T02:00:01' as string)) as timestamp) end
        end) as case_56,
    case
        when lower(trim(cast('no' as string))) in ('true', 't', 'yes', 'y', 'on', '1') then true
        when lower(trim(cast('no' as string))) in ('false', 'f', 'no', 'n', 'off', '0') then false
    end as case_57,
    json_value('{"a": {"b": "x y", "n": null, "t": true, "i": 12}}', '$.a.b') as case_58,
    json_value('{"a": {"b": "x y", "n": null, "t": true, "i": 12}}', '$.a.n') as case_59,
    json_value('{"a": {"b": "x y", "n": null, "t": true, "i": 12}}', '$.z') as case_60,
    json_value('{"a": {"b": "x y", "n": null, "t": true, "i": 12}}', '$.a.t') as case_61,
    cast(json_value('{"a": {"b": "x y", "n": null, "t": true, "i": 12}}', '$.a.i') as bigint) as case_62,
    (select string_agg(json_value(element, '$.k'), '+' order by position) from (select
        id,
        position,
        element
    from (select 1 as id, '[{"k": "one"}, {"k": "two"}]' as items) as owners
    cross join unnest(json_extract_array(items)) as element with offset as position) as unnested) as case_63,
    date_trunc(cast('2026-03-01' as date), isoweek) as case_64,
    date_trunc(cast('2026-03-01' as date), isoweek) as case_65,
    date_trunc(cast('2026-03-01' as date), month) as case_66,
    date_trunc(cast('2026-03-01' as date), quarter) as case_67,
    (mod(extract(dayofweek from cast('2026-03-01' as date)) + 5, 7) + 1) as case_68,
    extract(isoweek from cast('2026-03-01' as date)) as case_69,
    cast(extract(quarter from cast('2026-03-01' as date)) as integer) as case_70,
    (cast(extract(year from cast('2026-03-01' as date)) as integer) * 10000 + cast(extract(month from cast('2026-03-01' as date)) as integer) * 100 + cast(extract(day from cast('2026-03-01' as date)) as integer)) as case_71,
    date_add(cast('2026-03-01' as date), interval -1 day) as case_72,
    date_add(cast('2026-01-31' as date), interval 1 month) as case_73,
    date_diff(cast('2026-03-01' as date), cast('2026-02-27' as date), day) as case_74,
    (
        (cast(extract(year from cast('2026-03-01' as date)) as integer) - cast(extract(year from cast('2025-12-31' as date)) as integer)) * 12
        + cast(extract(month from cast('2026-03-01' as date)) as integer) - cast(extract(month from cast('2025-12-31' as date)) as integer)
    ) as case_75,
    (select count(*) from (select date_day
    from unnest(generate_date_array(cast('2026-03-01' as date), date_add(cast('2026-03-01' as date), interval 9 day))) as date_day) as days) as case_76,
    (select max(date_day) from (select date_day
    from unnest(generate_date_array(cast('2026-01-01' as date), date_add(date_add(date_trunc(date(cast('2026-02-15T00:00:00Z' as timestamp), 'UTC'), year), interval 24 month), interval -1 day))) as date_day) as days) as case_77,
    unix_micros(timestamp_seconds(1767225600)) as case_78,
    date(cast('2026-01-01T23:30:00-02:00' as timestamp), 'UTC') as case_79,
    date(cast('1969-12-31T23:59:59Z' as timestamp), 'UTC') as case_80,
    unix_micros(timestamp(cast('1970-01-02' as date), 'UTC')) as case_81,
    cast(floor((unix_micros(cast('1970-01-01T00:00:12.9Z' as timestamp)) - unix_micros(timestamp_seconds(10))) / 1000000.0) as bigint) as case_82,
    date_add(date(cast('2026-03-01T00:30:00+01:00' as timestamp), 'UTC'), interval -1 day) as case_83,
    date(cast('9999-12-31T00:00:00Z' as timestamp), 'UTC') as case_84
