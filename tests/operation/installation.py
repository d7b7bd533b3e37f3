"""An installation of our own: daemon, webserver, folders, and questions to them."""

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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import duckdb

from dagster_project.project import DAGSTER
from dagster_project.settings import Settings
from tests.failure.nursery import of_session

PATIENCE_SECONDS = 900
BIN = Path(sys.executable).parent
DEFINITIONS = ["-m", "dagster_project.definitions"]


class Installation:
    """Folders and environment of an installation, its services, and questions to it."""

    def __init__(self, root: Path, variables: Mapping[str, str] = MappingProxyType({})) -> None:
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
            **variables,
        }
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    @contextmanager
    def services(self, *wanted: str) -> Iterator[dict[str, int]]:
        """Daemon and webserver, as the units start them, or those that are wanted: their process
        ids by name. They are ended with all their children.

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
        running: dict[str, subprocess.Popen] = {}
        try:
            for name in wanted or commands:
                program, *rest = commands[name]
                with (self.logs / f"{name}.log").open("a") as log:
                    running[name] = subprocess.Popen(
                        [BIN / program, *rest],
                        env=self.environment,
                        cwd=self.home,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
            yield {name: process.pid for name, process in running.items()}
        finally:
            for process in running.values():
                end_session(process.pid)
            for process in running.values():
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


def end_session(leader: int, number: int = signal.SIGKILL) -> None:
    """Send a signal to every process of a session that a test began; SIGKILL: as a power cut."""
    for process in of_session(leader):
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue
