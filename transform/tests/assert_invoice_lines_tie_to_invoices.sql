{{ config(severity='warn') }}
-- The lines of an invoice add up to its subtotal. It only warns: the two land one after the other.
select
    invoices.invoice_id,
    invoices.subtotal_minor,
    sum(lines.subtotal_minor) as lines_minor
from {{ ref('fct_invoices') }} as invoices
inner join {{ ref('fct_invoice_lines') }} as lines on invoices.invoice_id = lines.invoice_id
group by
    invoices.invoice_id,
    invoices.subtotal_minor
having invoices.subtotal_minor <> sum(lines.subtotal_minor)
