-- Every staging model of Salesforce has one row per key and no row without one.
{{ unsound_keys({
    'stg_salesforce__accounts': ['account_id'],
    'stg_salesforce__contacts': ['contact_id'],
    'stg_salesforce__leads': ['lead_id'],
    'stg_salesforce__opportunities': ['opportunity_id'],
    'stg_salesforce__opportunity_line_items': ['opportunity_line_item_id'],
    'stg_salesforce__opportunity_history': ['opportunity_history_id'],
    'stg_salesforce__campaigns': ['campaign_id'],
    'stg_salesforce__campaign_members': ['campaign_member_id'],
    'stg_salesforce__users': ['salesforce_user_id'],
    'stg_salesforce__products': ['product_id'],
    'stg_salesforce__field_descriptions': ['object_name', 'field_name'],
}) }}
