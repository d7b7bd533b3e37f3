"""The rule catalogue: its entries as typed rules, checked before any data is judged by them."""
