"""The web reports as documents: the page of a county, and those of the regions above it."""

from __future__ import annotations

from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.regions import Region
from dagster_project.reports.templates import Templates
from dagster_project.reports.web.county_page import county_context
from dagster_project.reports.web.page import render_page
from dagster_project.reports.web.region_page import region_context
from dagster_project.reports.web.wording import wording_for


def render(published: Published, county: CountyYear, templates: Templates) -> bytes:
    """The page of a county in one school year, UTF-8 html."""
    code = county.county_code
    context = county_context(published, county, wording_for(published, templates, code))
    return render_page(published, templates, code, "web_county.html", context)


def render_region(published: Published, region: Region, templates: Templates) -> bytes:
    """The page of a city, a province or the nation; the nation's is the index of the year."""
    code = "" if region.level == "nation" else region.region_code
    context = region_context(
        published, region, wording_for(published, templates, code), templates.coverage
    )
    return render_page(published, templates, code, "web_region.html", context)
