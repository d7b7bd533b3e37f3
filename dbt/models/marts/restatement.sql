-- Empty here: what publishing a build says of itself is written when it is published.
{{ config(tags=['book']) }}
{{ inline_table([]) }}
