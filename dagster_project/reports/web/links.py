"""Relative links between the reports of a school year, and what their pages are called."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from dagster_project.figures.published import CountyYear
from dagster_project.figures.regions import Region
from dagster_project.reports.documents import WEB
from dagster_project.reports.folder import county_folder, region_folder


def link_to(place: CountyYear | Region) -> str:
    """From any page of the same school year to the page of ``place``."""
    if isinstance(place, Region):
        folder = region_folder(Path(), place)
    else:
        folder = county_folder(Path(), place)
    return f"../{quote(folder.name)}/{quote(WEB)}"


def region_name(region: Region, words: dict[str, Any]) -> str:
    """A region as people call it; the page of all counties there are speaks for no nation yet."""
    return region.name or words["all_counties"]


def year_label(school_year: int) -> str:
    """2023 is the school year 2023—2024."""
    return f"{school_year}—{school_year + 1}学年"
