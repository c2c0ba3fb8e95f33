{{ config(severity='warn') }}
-- What is ordered is a product, and how people come is a channel that somebody has described. It only
-- warns: the shop may delete a product that was ordered, and a new kind of campaign is no bad data.
with

lines as (
    select distinct product_id from {{ ref('fct_orders') }} where product_id is not null
),

touches as (
    select distinct channel from {{ ref('fct_attribution') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

channels as (
    select * from {{ ref('dim_channel') }} where channel_kind = 'acquisition'
)

select
    'product' as finding,
    {{ as_text('lines.product_id') }} as value
from lines
left join products on lines.product_id = products.app_product_id
where products.product_key is null

union all

select
    'channel' as finding,
    touches.channel as value
from touches
left join channels on touches.channel = channels.channel
where channels.channel_key is null
