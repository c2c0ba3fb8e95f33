{#-
    Fails for every key that is missing or occurs twice: unique and not_null in one scan. `numbered`: see
    `shared_keys`.
-#}
{% test primary_key(model, columns, numbered=false) %}
{{ shared_keys(model, columns, numbered) }}
{% endtest %}
