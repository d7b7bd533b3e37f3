"""The definitions that `dagster dev` opens: jobs, partitions, and what they run."""

from itertools import pairwise

import dagster as dg
import pytest

from dagster_project.defs.partitions import school_year_of, school_years, semester_key, semester_of
from dagster_project.defs.partitions import semesters as semester_partitions


@pytest.fixture(scope="module")
def defs():
    from dagster_project.definitions import defs

    return defs


def test_jobs(defs):
    assert {job.name for job in defs.resolve_all_job_defs()} >= {
        "yearly_load",
        "semester_load",
        "rebuild",
    }


def test_the_assets_follow_a_figure(defs):
    graph = defs.resolve_asset_graph()
    published = dg.AssetKey("published_warehouse")
    assert dg.AssetKey(["marts", "county_coefficient"]) in graph.get(published).parent_keys
    path = ["census_files", "current_figures", "figures_judged"]
    for parent, child in pairwise(path):
        assert dg.AssetKey(child) in graph.get(dg.AssetKey(parent)).child_keys
    staging = graph.get(dg.AssetKey(["staging", "stg_lake__section"]))
    assert dg.AssetKey("figures_judged") in staging.parent_keys


def test_every_model_waits_for_the_figures(defs):
    """A backfill starts what waits for nothing at once, and then there is nothing to read yet."""
    graph = defs.resolve_asset_graph()
    figures = {dg.AssetKey("current_figures"), dg.AssetKey("figures_judged")}
    made = [key for key in graph.executable_asset_keys if len(key.path) > 1]
    assert len(made) > 20
    for key in made:
        parents = graph.get(key).parent_keys
        assert figures <= parents or parents & set(made), key


def test_dbt_tests_are_asset_checks(defs):
    graph = defs.resolve_asset_graph()
    checked = {key.asset_key for key in graph.asset_check_keys}
    keys = graph.executable_asset_keys  # the seeds and the book are tested once for all runs
    # A mart that is a view of a table of facts is tested where its rows are stored.
    stored = {
        dg.AssetKey(["marts", key.path[-1].removeprefix("fct_")]): key
        for key in keys
        if key.path[0] == "facts"
    }
    models = {stored.get(key, key) for key in keys if key.path[0] in ("marts", "quality")}
    assert models and models <= checked


def test_the_yearly_job_runs_the_census_and_not_the_semester(defs):
    nodes = {node.name for node in defs.resolve_job_def("yearly_load").graph.nodes}
    assert "census_files" in nodes and "semester_files" not in nodes
    nodes = {node.name for node in defs.resolve_job_def("semester_load").graph.nodes}
    assert "semester_files" in nodes and "census_files" not in nodes


def test_partition_keys():
    assert {"2013", "2023"} <= set(school_years.get_partition_keys())
    assert {"2023-autumn", "2024-spring"} <= set(semester_partitions.get_partition_keys())


@pytest.mark.parametrize(
    ("school_year", "term", "key"),
    [(2023, "autumn", "2023-autumn"), (2023, "spring", "2024-spring")],
)
def test_a_semester_is_named_by_the_calendar_year_it_begins_in(school_year, term, key):
    assert semester_key(school_year, term) == key
    assert semester_of(key) == (school_year, term)


def test_the_school_year_begins_in_september():
    from datetime import date

    assert [school_year_of(day) for day in (date(2024, 8, 31), date(2024, 9, 1))] == [2023, 2024]


def test_telemetry_is_off_without_setup():
    """The .env file leads `dagster dev` to an instance whose telemetry is off."""
    import yaml

    from dagster_project.project import ROOT

    assert "DAGSTER_HOME=${PWD}/.dagster" in (ROOT / ".env").read_text("utf-8")
    config = yaml.safe_load((ROOT / ".dagster" / "dagster.yaml").read_text("utf-8"))
    assert config["telemetry"] == {"enabled": False}
    flags = yaml.safe_load((ROOT / "dbt" / "dbt_project.yml").read_text("utf-8"))["flags"]
    assert flags["send_anonymous_usage_stats"] is False
