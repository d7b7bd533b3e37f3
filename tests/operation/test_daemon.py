"""One real daemon, from the first file to its end: what lies in raw/ is what is published.

Every change below raw/ starts one load, also where bytes come back that were there before; of a run
that died somebody is told, and it is tried again; a stop ends everything, and nothing is torn.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from configparser import ConfigParser
from types import SimpleNamespace

import dagster as dg
import duckdb
import pytest

from dagster_project.messages import say
from dagster_project.project import ROOT
from tests.defs.test_notices import a_mail_server, a_webhook
from tests.failure.nursery import of_session
from tests.failure.published import inspect
from tests.lake.conftest import Drop
from tests.operation.installation import Installation, end_session

pytestmark = pytest.mark.long
QUIET = 45  # seconds in which the sensor has looked, and Dagster has started what it asked for
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
FILE, OTHER = "2023/autumn/a_2023.csv", "2023/autumn/b_2023.csv"
SCHOOL, ELSEWHERE = "0640221001", "0640221002"
UNIT = ROOT / "dagster_project" / "deploy" / "junheng-daemon.service"


class Daemon:
    """The installation's daemon, and questions to Dagster's memory and to what is published."""

    def __init__(self, place: Installation, instance: dg.DagsterInstance) -> None:
        self.place, self.instance = place, instance
        self.drop = Drop(place.settings.raw.parent)
        self.counted = 0

    def put(self, pupils: int, path: str = FILE, school: str = SCHOOL) -> None:
        self.drop.put(path, (school, pupils, 2))

    def statuses(self) -> list[str]:
        """Of all runs, oldest first."""
        records = self.instance.get_run_records(ascending=True)
        return [record.dagster_run.status.value for record in records]

    def settles(self) -> None:
        """Wait until something is published and nothing is under way, however many runs it took."""
        self.place.wait(
            lambda: self.statuses()[-1:] == ["SUCCESS"] and set(self.statuses()) <= ENDED,
            "the first runs",
        )
        time.sleep(QUIET)
        self.place.wait(lambda: set(self.statuses()) <= ENDED, "no run")
        self.counted = len(self.statuses())

    def ends(self, *expected: str) -> None:
        """Wait until the runs since the last question have ended so, and see that none follows."""
        wanted = self.counted + len(expected)
        self.place.wait(
            lambda: len(self.statuses()) >= wanted and set(self.statuses()) <= ENDED,
            f"runs that end as {expected}",
        )
        time.sleep(QUIET)
        assert self.statuses()[self.counted :] == list(expected)
        self.counted = wanted
        print(f"{wanted} runs, the last {expected}; published: {self.published()}", flush=True)

    def half_done(self) -> int:
        """Wait until a run computes; its process, which holds the warehouse."""
        build = self.place.settings.build / "junheng.duckdb"
        self.place.wait(build.exists, "a run that computes")
        return int((self.place.settings.warehouse / ".writing").read_text())

    def published(self) -> dict[str, float]:
        with duckdb.connect(str(self.place.settings.database), read_only=True) as connection:
            rows = connection.execute("select school_id, pupils from marts.class_size").fetchall()
        return dict(rows)


@pytest.fixture
def receivers() -> Iterator[SimpleNamespace]:
    """A webhook and a mail server that take what they are told."""
    with a_webhook() as hook, a_mail_server() as mail:
        yield SimpleNamespace(hook=hook, mail=mail)


@pytest.fixture
def daemon(tmp_path, receivers, monkeypatch) -> Iterator[Daemon]:
    place = Installation(
        tmp_path,
        {
            "JUNHENG_WEBHOOK": receivers.hook.url,
            "JUNHENG_MAIL_SERVER": f"smtp://{receivers.mail.address}",
            "JUNHENG_REPORT_COUNTIES": "0",
        },
    )
    monkeypatch.setenv("DAGSTER_HOME", str(place.home))
    with dg.DagsterInstance.get() as instance:
        yield Daemon(place, instance)


def test_what_lies_in_raw_is_what_is_published(daemon, receivers):
    daemon.put(60, OTHER, ELSEWHERE)
    daemon.put(90)
    with daemon.place.services("daemon"):
        daemon.settles()  # the profile asks for a look at everything, beside the year's own load
        for pupils in (120, 90):  # a correction, and the bytes of before once more
            daemon.put(pupils)
            daemon.ends("SUCCESS")
            assert daemon.published() == {SCHOOL: pupils, ELSEWHERE: 60}

        daemon.put(130)
        daemon.half_done()
        daemon.put(140)  # a correction that comes during a run
        daemon.ends("SUCCESS", "SUCCESS")
        assert daemon.published()[SCHOOL] == 140
        assert told_of_failures(receivers) == ([], [])

        daemon.put(150)
        os.kill(daemon.half_done(), signal.SIGKILL)
        daemon.ends("FAILURE", "SUCCESS")
        assert daemon.published()[SCHOOL] == 150
        (told,), (mail,) = told_of_failures(receivers)
        assert told["partition"] == "2023" and say("runs.notice_died") in told["text"]
        assert b"yearly_load 2023 has failed" in mail

        (daemon.place.settings.raw / OTHER).unlink()
        daemon.ends("SUCCESS")
        assert daemon.published() == {SCHOOL: 150}


@pytest.mark.parametrize("whom", ["all", "the daemon"])
def test_a_stop_ends_everything_and_the_next_start_finishes(daemon, whom):
    """systemd tells all processes of the unit, a container its first one, whose end ends it."""
    unit = ConfigParser(interpolation=None, strict=False)
    unit.read(UNIT, encoding="utf-8")
    patience = int(unit["Service"]["TimeoutStopSec"])
    daemon.put(100)
    with daemon.place.services("daemon") as services:
        daemon.half_done()
        leader, began = services["daemon"], time.monotonic()
        if whom == "all":
            end_session(leader, signal.Signals[unit["Service"]["KillSignal"]])
        else:
            os.kill(leader, signal.SIGTERM)
        while is_running(leader, whom) and time.monotonic() - began < patience:
            time.sleep(0.2)
        print(f"{whom}: ended after {time.monotonic() - began:.0f} s")
        assert not is_running(leader, whom)
    assert not daemon.place.settings.current.exists()
    with daemon.place.services("daemon"):
        daemon.place.wait(
            lambda: daemon.statuses()[-1:] == ["SUCCESS"] and set(daemon.statuses()) <= ENDED,
            "the next start",
        )
    inspect(daemon.place.settings.warehouse)
    assert daemon.published() == {SCHOOL: 100}


def told_of_failures(receivers: SimpleNamespace) -> tuple[list[dict], list[bytes]]:
    """What webhook and mail server heard of runs that failed."""
    told = [notice for notice in receivers.hook.told if notice["event"] == "run_failed"]
    return told, [mail for mail in receivers.mail.mails if b"has failed" in mail]


def is_running(leader: int, whom: str) -> bool:
    processes = set(of_session(leader))
    return bool(processes if whom == "all" else processes & {leader})
