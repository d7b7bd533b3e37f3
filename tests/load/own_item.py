"""A county's own item of other data, 校车, and its target: two csv lines, and a return with it."""

from __future__ import annotations

from pathlib import Path

from dagster_project.returns.writer import Heading, write_county_return

COUNTY, YEAR = "370306", 2021


def write_own_item(raw: Path) -> None:
    """Mappings and one more county return of the Zhoucun sample."""
    mappings = raw / "mappings"
    mappings.mkdir(exist_ok=True)
    (mappings / "measure_items.csv").write_text(
        "item_id,name_zh,unit\nschool_buses,校车,辆\n", "utf-8"
    )
    (mappings / "policy_targets.csv").write_text(
        "county_code,target_id,school_year,target_value,comparator,document\n"
        f"{COUNTY},school_buses,{YEAR},30,>=,区政府工作报告\n",
        "utf-8",
    )
    write_county_return(
        raw / str(YEAR) / "autumn" / "returns" / "校车.xlsx",
        Heading(COUNTY, "周村区", YEAR, "autumn"),
        measures=[{"item": "校车", "value": 32, "unit": "辆"}],
    )
