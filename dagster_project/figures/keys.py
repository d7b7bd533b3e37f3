"""Which columns name a row of a published table, in the order in which addresses give them."""

from __future__ import annotations

from collections.abc import Mapping

from dagster_project.publish.restatement import KEYS

KEY_OF: Mapping[str, tuple[str, ...]] = {
    **KEYS,
    "county_profile": ("school_year", "county_code", "topic", "stage", "item_id", "category"),
    "dim_school": ("school_year", "school_id"),
    "restatement": ("publish_id", "table_name", "row_key", "column_name"),
    "teachers_not_above_degree": ("school_year", "school_id", "stage"),
}
