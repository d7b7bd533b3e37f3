"""A daemon and a webserver of our own: a file dropped into raw/ is published, with nobody at hand.

Minutes long, so only with ``--long``. The second half kills everything in the middle of a load, as
a power cut does, and starts it again.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from dagster_project import sample
from dagster_project.project import DAGSTER
from dagster_project.settings import Settings

PATIENCE_SECONDS = 900
BIN = Path(sys.executable).parent
DEFINITIONS = ["-m", "dagster_project.definitions"]

pytestmark = pytest.mark.long


class Installation:
    """Folders and environment of an installation, its services, and questions to it."""

    def __init__(self, root: Path) -> None:
        self.settings = Settings(raw=root / "raw", warehouse=root / "warehouse")
        self.settings.raw.mkdir(parents=True)
        self.logs, self.home = root / "services", root / "home"
        self.logs.mkdir()
        self.home.mkdir()
        shutil.copy(DAGSTER / "dagster.yaml", self.home)
        self.environment = {
            **os.environ,
            "DAGSTER_HOME": str(self.home),
            "JUNHENG_RAW": str(self.settings.raw),
            "JUNHENG_WAREHOUSE": str(self.settings.warehouse),
            "JUNHENG_UNATTENDED": "1",
            "JUNHENG_WEBHOOK": "http://127.0.0.1:9/hooks/planted-token",
            "JUNHENG_MAIL_SERVER": "smtps://bot:planted-password@127.0.0.1:9",
            "JUNHENG_MAIL_TO": "data@example.invalid",
        }
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    @contextmanager
    def services(self) -> Iterator[None]:
        """Daemon and webserver, as the units start them; ended with all their children.

        Like the units they start in their own folder: Dagster takes the ``.env`` of the folder it
        starts in before anything that it is given.
        """
        subprocess.run(
            [sys.executable, "-m", "dagster_project.defs.orphans"],
            env=self.environment, cwd=self.home, check=True,
        )  # fmt: skip
        commands = {
            "daemon": ["dagster-daemon", "run", *DEFINITIONS],
            "webserver": ["dagster-webserver", *DEFINITIONS, "-p", str(self.port)],
        }
        running = []
        try:
            for name, (program, *rest) in commands.items():
                with (self.logs / f"{name}.log").open("a") as log:
                    running.append(
                        subprocess.Popen(
                            [BIN / program, *rest],
                            env=self.environment,
                            cwd=self.home,
                            stdout=log,
                            stderr=log,
                            start_new_session=True,
                        )
                    )
            yield
        finally:
            for process in running:
                end_session(process.pid)
            for process in running:
                process.wait(60)

    def ask(self, query: str, **variables: object) -> dict:
        """An answer of the UI's own interface."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["data"]

    def runs(self) -> list[dict]:
        """The runs as the UI lists them, newest first."""
        text = "{runsOrError {... on Runs {results {runId jobName status tags {key value}}}}}"
        results = self.ask(text)["runsOrError"]["results"]
        return [
            {**run, "tags": {tag["key"]: tag["value"] for tag in run["tags"]}} for run in results
        ]

    def published_years(self) -> list[int]:
        if not self.settings.database.exists():
            return []
        with duckdb.connect(str(self.settings.database), read_only=True) as connection:
            rows = connection.execute(
                "select distinct school_year from marts.county_coefficient order by 1"
            ).fetchall()
        return [year for (year,) in rows]

    def wait(self, until: Callable[[], bool], what: str) -> None:
        """Wait until something is so; the services' own words if it never is."""
        for _ in range(PATIENCE_SECONDS):
            try:
                if until():
                    return
            except (OSError, TypeError):  # the webserver is not up yet
                pass
            time.sleep(1)
        tails = [log.read_text("utf-8")[-3000:] for log in self.logs.iterdir()]
        raise AssertionError("\n".join([f"{what}: waited {PATIENCE_SECONDS} s", *tails]))


def end_session(leader: int) -> None:
    """Kill every process of a session that this test began, as a power cut would."""
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(") ")[2].split()
            if entry.name.isdigit() and int(fields[3]) == leader:
                os.kill(int(entry.name), signal.SIGKILL)
        except (OSError, IndexError):
            continue


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
