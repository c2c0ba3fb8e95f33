-- Every staging model of the app has one row per key and no row without one.
{{ unsound_keys({
    'stg_app__organisations': ['organisation_id'],
    'stg_app__users': ['user_id'],
    'stg_app__products': ['product_id'],
    'stg_app__orders': ['order_id'],
    'stg_app__order_items': ['order_item_id'],
    'stg_app__usage_events': ['usage_event_id'],
}, numbered=['stg_app__orders', 'stg_app__order_items']) }}
