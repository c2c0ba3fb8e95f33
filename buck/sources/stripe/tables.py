"""The raw tables of Stripe's objects, declared before a row lands.

Columns are the fields of Stripe's own objects at the pinned API version, named as Stripe names
them. Times are unix seconds and amounts minor units, both as Stripe gives them; nested values are
JSON text; ids of other objects are text. A field that is not declared here still lands, as text.
"""

from __future__ import annotations

from buck.records.table import Column, ColumnType, TableSpec

SOURCE = "stripe"

_TYPES: dict[str, ColumnType] = {
    "": "text",
    "int": "bigint",
    "bool": "boolean",
    "float": "double",
    "json": "json",
}


def _columns(*declared: str) -> tuple[Column, ...]:
    """Columns from `name`, `name:int|bool|float|json`; a trailing `*` marks personal data."""
    columns = []
    for word in " ".join(declared).split():
        name, _, kind = word.removesuffix("*").partition(":")
        columns.append(Column(name, _TYPES[kind], personal=word.endswith("*")))
    return tuple(columns)


def _table(
    name: str,
    *declared: str,
    description: str,
    key: tuple[str, ...] = ("id",),
    cursor: str | None = "created",
    subject: str | None = None,
) -> TableSpec:
    return TableSpec(
        source=SOURCE,
        name=name,
        key=key,
        columns=_columns(*declared),
        cursor=cursor,
        subject=subject,
        description=description,
    )


_HEAD = "id object created:int livemode:bool"

CUSTOMERS = _table(
    "customers",
    _HEAD,
    "address:json* balance:int business_name* cash_balance:json currency customer_account",
    "default_source invoice_credit_balance:json",
    "delinquent:bool description* discount:json email* individual_name* invoice_prefix",
    "invoice_settings:json metadata:json name* next_invoice_sequence:int phone*",
    "preferred_locales:json shipping:json* tax:json* tax_exempt test_clock",
    subject="id",
    description="people and companies that pay",
)
PRODUCTS = _table(
    "products",
    _HEAD,
    "active:bool default_price description images:json marketing_features:json metadata:json name",
    "package_dimensions:json shippable:bool statement_descriptor tax_code tax_details:json type",
    "unit_label updated:int url",
    description="what is sold",
)
PRICES = _table(
    "prices",
    _HEAD,
    "active:bool billing_scheme currency currency_options:json custom_unit_amount:json lookup_key",
    "metadata:json nickname",
    "product recurring:json tax_behavior tiers_mode transform_quantity:json type unit_amount:int",
    "unit_amount_decimal",
    description="what a product costs, and how often",
)
CHARGES = _table(
    "charges",
    _HEAD,
    "amount:int amount_captured:int amount_refunded:int application application_fee",
    "application_fee_amount:int authorization_code balance_transaction billing_details:json*",
    "calculated_statement_descriptor captured:bool currency customer description disputed:bool",
    "failure_balance_transaction failure_code failure_message fraud_details:json level3:json*",
    "metadata:json",
    "on_behalf_of outcome:json paid:bool payment_intent payment_method",
    "payment_method_details:json* presentment_details:json radar_options:json receipt_email*",
    "receipt_number receipt_url* refunded:bool review shipping:json* source:json* source_transfer",
    "statement_descriptor statement_descriptor_suffix status transfer transfer_data:json",
    "transfer_group",
    subject="customer",
    description="attempts to move money from a customer, with what became of each",
)
PAYMENT_INTENTS = _table(
    "payment_intents",
    _HEAD,
    "allowed_payment_method_types:json amount:int amount_capturable:int amount_details:json",
    "amount_received:int application",
    "application_fee_amount:int automatic_payment_methods:json canceled_at:int",
    "cancellation_reason capture_method confirmation_method currency customer customer_account",
    "description excluded_payment_method_types:json hooks:json last_payment_error:json*",
    "latest_charge managed_payments:json metadata:json next_action:json*",
    "on_behalf_of payment_details:json* payment_method payment_method_configuration_details:json",
    "payment_method_options:json payment_method_types:json payment_record",
    "presentment_details:json processing:json receipt_email* review",
    "setup_future_usage shipping:json* source statement_descriptor statement_descriptor_suffix",
    "status transfer_data:json transfer_group",
    subject="customer",
    description="payments from intention to success",
)
REFUNDS = _table(
    "refunds",
    "id object created:int",
    "amount:int balance_transaction charge currency customer customer_account description",
    "destination_details:json failure_balance_transaction failure_reason instructions_email*",
    "metadata:json next_action:json* payment_intent payment_method pending_reason",
    "presentment_details:json reason receipt_number source_transfer_reversal status",
    "transfer_reversal",
    subject="customer",
    description="money given back, whole or in part; Stripe's refund carries no livemode",
)
DISPUTES = _table(
    "disputes",
    _HEAD,
    "amount:int balance_transactions:json charge currency enhanced_eligibility_types:json",
    "evidence:json* evidence_details:json intended_submission_method is_charge_refundable:bool",
    "metadata:json network_reason_code payment_intent payment_method_details:json* reason status",
    description="charges that a customer contested at the bank",
)
INVOICES = _table(
    "invoices",
    _HEAD,
    "account_country account_name account_tax_ids:json amount_due:int amount_overpaid:int",
    "amount_paid:int amount_paid_off_stripe:int amount_remaining:int amount_shipping:int",
    "application attempt_count:int",
    "attempted:bool auto_advance:bool automatic_tax:json automatically_finalizes_at:int",
    "billing_reason collection_method currency custom_fields:json customer customer_account",
    "customer_address:json* customer_email* customer_name* customer_phone* customer_shipping:json*",
    "customer_tax_exempt customer_tax_ids:json* default_payment_method default_source",
    "default_tax_rates:json description discounts:json due_date:int effective_at:int",
    "ending_balance:int footer from_invoice:json hosted_invoice_url* invoice_pdf* issuer:json",
    "last_finalization_error:json* latest_revision metadata:json next_payment_attempt:int number",
    "on_behalf_of parent:json payment_settings:json period_end:int period_start:int",
    "post_payment_credit_notes_amount:int pre_payment_credit_notes_amount:int receipt_number",
    "rendering:json shipping_cost:json shipping_details:json* starting_balance:int",
    "statement_descriptor status status_details:json status_transitions:json subtotal:int",
    "subtotal_excluding_tax:int",
    "test_clock threshold_reason:json total:int total_discount_amounts:json",
    "total_excluding_tax:int total_pretax_credit_amounts:json total_taxes:json",
    "webhooks_delivered_at:int",
    subject="customer",
    description="bills; their lines are in invoice_line_items",
)
INVOICE_LINE_ITEMS = _table(
    "invoice_line_items",
    "invoice id object livemode:bool amount:int currency description discount_amounts:json",
    "discountable:bool discounts:json metadata:json parent:json period:json",
    "pretax_credit_amounts:json pricing:json quantity:int quantity_decimal subscription",
    "subtotal:int taxes:json",
    key=("invoice", "id"),
    cursor=None,
    description="the complete lines of each invoice; a line that left its invoice is a tombstone",
)
SUBSCRIPTIONS = _table(
    "subscriptions",
    _HEAD,
    "application application_fee_percent:float automatic_tax:json billing_cycle_anchor:int",
    "billing_cycle_anchor_config:json billing_mode:json billing_schedules:json",
    "billing_thresholds:json cancel_at:int",
    "cancel_at_period_end:bool canceled_at:int cancellation_details:json collection_method",
    "currency customer customer_account days_until_due:int default_payment_method default_source",
    "default_tax_rates:json description discounts:json ended_at:int invoice_settings:json",
    "latest_invoice managed_payments:json metadata:json next_pending_invoice_item_invoice:int",
    "on_behalf_of",
    "pause_collection:json payment_settings:json pending_invoice_item_interval:json",
    "pending_setup_intent pending_update:json presentment_details:json schedule start_date:int",
    "status status_details:json test_clock",
    "transfer_data:json trial_end:int trial_settings:json trial_start:int",
    subject="customer",
    description="standing agreements, also cancelled ones; periods are on subscription_items",
)
SUBSCRIPTION_ITEMS = _table(
    "subscription_items",
    "subscription id object created:int billed_until:int billing_thresholds:json",
    "current_period_end:int",
    "current_period_start:int current_trial:json discounts:json metadata:json plan:json price:json",
    "quantity:int",
    "tax_rates:json",
    key=("subscription", "id"),
    cursor=None,
    description="the prices of each subscription; an item that was removed is a tombstone",
)
BALANCE_TRANSACTIONS = _table(
    "balance_transactions",
    "id object created:int",
    "amount:int available_on:int balance_type currency description exchange_rate:float fee:int",
    "fee_details:json net:int reporting_category source status type",
    description="every movement of the account's balance; status follows available_on",
)
PAYOUTS = _table(
    "payouts",
    _HEAD,
    "amount:int application_fee application_fee_amount:int arrival_date:int automatic:bool",
    "balance_transaction currency description destination failure_balance_transaction",
    "failure_code failure_message metadata:json method original_payout payout_method",
    "reconciliation_status reversed_by source_type statement_descriptor status trace_id:json type",
    description="money sent to the company's bank",
)
EVENTS = _table(
    "events",
    _HEAD,
    "type account api_version context data:json* request:json",
    description="what Stripe said happened, as it was told at the time; never changes",
)
COUPONS = _table(
    "coupons",
    _HEAD,
    "amount_off:int applies_to:json currency currency_options:json duration duration_in_months:int",
    "max_redemptions:int",
    "metadata:json name percent_off:float redeem_by:int times_redeemed:int valid:bool",
    description="discounts that can be given",
)
PROMOTION_CODES = _table(
    "promotion_codes",
    _HEAD,
    "active:bool code customer customer_account expires_at:int max_redemptions:int metadata:json",
    "promotion:json restrictions:json times_redeemed:int",
    subject="customer",
    description="codes that customers type to get a coupon",
)
CREDIT_NOTES = _table(
    "credit_notes",
    _HEAD,
    "amount:int amount_shipping:int currency customer customer_account",
    "customer_balance_transaction discount_amount:int discount_amounts:json effective_at:int",
    "invoice memo metadata:json number out_of_band_amount:int pdf* post_payment_amount:int",
    "pre_payment_amount:int pretax_credit_amounts:json reason refunds:json shipping_cost:json",
    "status subtotal:int subtotal_excluding_tax:int total:int total_excluding_tax:int",
    "total_taxes:json type voided_at:int",
    subject="customer",
    description="corrections of invoices",
)
INVOICEITEMS = _table(
    "invoiceitems",
    "id object date:int livemode:bool amount:int currency customer customer_account description",
    "discountable:bool discounts:json frozen_fields:json invoice invoicing_rules:json",
    "metadata:json",
    "net_amount:int parent:json period:json",
    "pricing:json proration:bool proration_details:json quantity:int quantity_decimal",
    "tax_rates:json test_clock",
    cursor="date",
    subject="customer",
    description="amounts waiting for a customer's next invoice",
)
INVOICE_PAYMENTS = _table(
    "invoice_payments",
    _HEAD,
    "amount_paid:int amount_requested:int currency invoice is_default:bool payment:json status",
    "status_transitions:json",
    description="which payment paid which invoice",
)
TAX_RATES = _table(
    "tax_rates",
    _HEAD,
    "active:bool country description display_name effective_percentage:float flat_amount:json",
    "inclusive:bool jurisdiction jurisdiction_level metadata:json percentage:float rate_type state",
    "tax_type",
    description="taxes that invoices apply",
)

CREDIT_NOTE_LINE_ITEMS = _table(
    "credit_note_line_items",
    "credit_note id object livemode:bool amount:int description discount_amount:int",
    "discount_amounts:json invoice_line_item metadata:json pretax_credit_amounts:json quantity:int",
    "tax_rates:json taxes:json type unit_amount:int unit_amount_decimal",
    key=("credit_note", "id"),
    cursor=None,
    description="the complete lines of each credit note",
)
SUBSCRIPTION_SCHEDULES = _table(
    "subscription_schedules",
    _HEAD,
    "application billing_mode:json canceled_at:int completed_at:int current_phase:json customer",
    "customer_account default_settings:json end_behavior metadata:json pause_schedules:json",
    "phases:json released_at:int released_subscription status subscription test_clock",
    subject="customer",
    description="what is planned for a subscription, phase by phase",
)
DISCOUNTS = _table(
    "discounts",
    "id object checkout_session customer customer_account end:int invoice invoice_item",
    "promotion_code source:json start:int subscription subscription_item",
    cursor=None,
    subject="customer",
    description="coupons as customers, subscriptions and invoices got them; Stripe has no list of"
    " them, so they come with the objects that carry them",
)
TRANSFERS = _table(
    "transfers",
    _HEAD,
    "amount:int amount_reversed:int balance_transaction currency description destination",
    "destination_payment metadata:json reversed:bool source_transaction source_type transfer_group",
    description="money sent to connected accounts",
)
PAYOUT_BALANCE_TRANSACTIONS = _table(
    "payout_balance_transactions",
    "payout balance_transaction amount:int currency fee:int net:int reporting_category source type",
    key=("payout", "balance_transaction"),
    cursor=None,
    description="which movements an automatic payout paid out, its own included: what a line on the"
    " bank's statement is made of",
)
ACCOUNTS = _table(
    "accounts",
    "id object created:int business_profile:json business_type capabilities:json",
    "charges_enabled:bool company:json* controller:json country default_currency",
    "details_submitted:bool email* external_accounts:json* future_requirements:json groups:json",
    "individual:json* metadata:json payouts_enabled:bool requirements:json settings:json*",
    "tos_acceptance:json* type",
    description="the account itself and those connected to it",
)

DEFAULT_TABLES: tuple[TableSpec, ...] = (
    CUSTOMERS,
    PRODUCTS,
    PRICES,
    SUBSCRIPTIONS,
    SUBSCRIPTION_ITEMS,
    INVOICES,
    INVOICE_LINE_ITEMS,
    INVOICE_PAYMENTS,
    PAYMENT_INTENTS,
    CHARGES,
    REFUNDS,
    DISPUTES,
    BALANCE_TRANSACTIONS,
    PAYOUTS,
    EVENTS,
)
"""What a source lands unless told otherwise. `events` is last: its mark is committed last."""

ALL_TABLES: tuple[TableSpec, ...] = (
    *DEFAULT_TABLES[:-1],
    COUPONS,
    PROMOTION_CODES,
    DISCOUNTS,
    CREDIT_NOTES,
    CREDIT_NOTE_LINE_ITEMS,
    INVOICEITEMS,
    SUBSCRIPTION_SCHEDULES,
    TRANSFERS,
    PAYOUT_BALANCE_TRANSACTIONS,
    TAX_RATES,
    ACCOUNTS,
    EVENTS,
)
"""Every table there is a declaration for."""
