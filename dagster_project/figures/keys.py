"""Which columns name a row of a published table, in the order in which addresses give them."""

from __future__ import annotations

from dagster_project.publish.book import keys_of_marts

KEY_OF = keys_of_marts()
