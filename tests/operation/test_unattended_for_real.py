"""A daemon and a webserver of our own: a file dropped into raw/ is published, with nobody at hand.

Minutes long, so only with ``--long``. The second half kills everything in the middle of a load, as
a power cut does, and starts it again.
"""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from dagster_project import sample
from tests.operation.installation import Installation

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def installation(tmp_path_factory) -> Installation:
    return Installation(tmp_path_factory.mktemp("installation"))


def drop(installation: Installation, tmp_path: Path, year: int) -> None:
    """Files of one school year, carried into raw/ as a person would."""
    sample.write_pingluo(tmp_path / "there", "flat", school_years=[year])
    shutil.copytree(tmp_path / "there", installation.settings.raw, dirs_exist_ok=True)


def ended(runs: list[dict], status: str) -> list[str]:
    return [run["tags"]["dagster/partition"] for run in runs if run["status"] == status]


def test_files_dropped_into_raw_are_published_by_themselves(installation, tmp_path):
    drop(installation, tmp_path / "a", 2022)
    drop(installation, tmp_path / "b", 2023)
    with installation.services():
        installation.wait(
            lambda: sorted(ended(installation.runs(), "SUCCESS")) == ["2022", "2023"],
            "two years dropped at once",
        )
        runs = installation.runs()
        # The same bytes, copied once more: the sensor looks, and nothing starts.
        drop(installation, tmp_path / "a", 2022)
        time.sleep(75)
        assert installation.runs() == runs
    assert installation.published_years() == [2022, 2023]
    assert {run["tags"]["junheng/started_by"] for run in runs} == {"sensor"}
    # One at a time: no run began before the other had ended.
    accounts = sorted(installation.settings.runs.glob("2*.md"))
    assert len(accounts) == 2 and all("started by sensor" in a.read_text() for a in accounts)
    spans = sorted(span(log) for log in installation.settings.logs.glob("*.jsonl"))
    assert spans[0][1] <= spans[1][0]


def span(log: Path) -> tuple[str, str]:
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return lines[0]["time"], lines[-1]["time"]


def test_a_load_that_dies_with_the_machine_is_tried_again_at_the_next_start(installation, tmp_path):
    drop(installation, tmp_path, 2021)
    with installation.services():
        installation.wait(
            lambda: (
                ended(installation.runs(), "STARTED") == ["2021"]
                and (installation.settings.build / "junheng.duckdb").exists()
            ),
            "the load of 2021 is half done",
        )
    assert installation.published_years() == [2022, 2023]
    with installation.services():
        installation.wait(
            lambda: ended(installation.runs(), "SUCCESS").count("2021") == 1, "the second attempt"
        )
        runs = [r for r in installation.runs() if r["tags"]["dagster/partition"] == "2021"]
    assert [run["status"] for run in runs] == ["SUCCESS", "FAILURE"]
    assert installation.published_years() == [2021, 2022, 2023]
    assert (installation.home / "history" / "runs.db").exists()


def test_years_are_backfilled_from_the_ui(installation):
    from dagster_project.definitions import defs

    job = defs.resolve_job_def("yearly_load")
    assets = [{"path": list(key.path)} for key in job.asset_layer.executable_asset_keys]
    version = installation.settings.current.resolve().name
    launch = """mutation ($assets: [AssetKeyInput!]!) {
        launchPartitionBackfill(
            backfillParams: {assetSelection: $assets, partitionNames: ["2021", "2022"]}
        ) {__typename ... on LaunchBackfillSuccess {backfillId}}
    }"""
    status = '{partitionBackfillOrError(backfillId: "%s") {... on PartitionBackfill {status}}}'
    with installation.services():
        installation.wait(lambda: installation.runs() is not None, "the UI is up")
        answer = installation.ask(launch, assets=assets)["launchPartitionBackfill"]
        assert answer["__typename"] == "LaunchBackfillSuccess", answer
        question = status % answer["backfillId"]
        installation.wait(
            lambda: (
                installation.ask(question)["partitionBackfillOrError"]["status"]
                not in ("REQUESTED", "CANCELING", "FAILING")
            ),
            "the backfill",
        )
        end = installation.ask(question)["partitionBackfillOrError"]["status"]
        runs = [r for r in installation.runs() if "dagster/backfill" in r["tags"]]
    assert end == "COMPLETED_SUCCESS" and {run["status"] for run in runs} == {"SUCCESS"}
    # Both years are read by one run, and nothing has changed since they were loaded.
    assert sum("dagster/asset_partition_range_start" in run["tags"] for run in runs) == 1
    assert installation.settings.current.resolve().name == version
    assert "nothing has changed" in (installation.settings.runs / "latest.md").read_text("utf-8")


def test_no_secret_of_the_services_was_written_down(installation):
    """Last: after all the loads, deaths and backfills above."""
    looked_at = 0
    for path in installation.home.parent.rglob("*"):
        if path.is_file():
            looked_at += 1
            assert b"planted" not in path.read_bytes(), path
    assert looked_at > 300 and (installation.logs / "daemon.log").stat().st_size > 0
