-- No month collects less than nothing, or gives back more than it collected.
select
    revenue_month,
    currency,
    gross_amount,
    net_amount
from {{ ref('agg_monthly_revenue') }}
where gross_amount < 0
   or refunds < 0
   or net_amount < 0
   or refunds_cash < 0
