{#-
    What an amount per billing period is a month, in whole minor units, half a unit up: a year is
    twelve months, a week 12/52 of one and a day 12/365.
-#}
{% macro monthly_minor(amount, interval, interval_count) -%}
    case {{ interval }}
        when 'month' then {{ _share_minor(amount, 1, interval_count) }}
        when 'year' then {{ _share_minor(amount, 1, '12 * ' ~ interval_count) }}
        when 'week' then {{ _share_minor(amount, 13, '3 * ' ~ interval_count) }}
        when 'day' then {{ _share_minor(amount, 365, '12 * ' ~ interval_count) }}
    end
{%- endmacro %}


{% macro _share_minor(amount, times, parts) -%}
    cast({{ divide(amount ~ ' * ' ~ times, parts, 0) }} as bigint)
{%- endmacro %}


{#- The statuses in which a subscription earns: also while its last invoice is being tried again. -#}
{% macro earns(status) -%}
    {{ status }} in ('active', 'past_due')
{%- endmacro %}


{#-
    Join condition on a table of versions: the one that is valid at the end of a day. A day before all
    that is known belongs to the first version.
-#}
{% macro at_end_of(day, versions='customers') -%}
    {{ day }} < {{ utc_date(versions ~ '.valid_to') }}
        and {{ day }} >= case
            when {{ versions }}.version_number = 1 then cast('0001-01-01' as date)
            else {{ utc_date(versions ~ '.valid_from') }}
        end
{%- endmacro %}
