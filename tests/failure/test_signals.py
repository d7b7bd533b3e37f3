"""Real processes, real signals: one sentence, a true exit code, and nothing left behind."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dagster_project.cli.load import cut_off
from dagster_project.publish.versions import publish
from dagster_project.settings import Settings
from tests.failure.processes import ended, read_until, started
from tests.failure.published import inspect, left_behind
from tests.publish.test_versions import build


@pytest.mark.parametrize(
    ("word", "delay", "number", "sentence"),
    [
        ("judge", 0.1, signal.SIGTERM, "Ended by SIGTERM. Nothing was published."),
        pytest.param("compute", 0.3, signal.SIGINT, "Interrupted. Nothing was published.",
                     marks=pytest.mark.long),
        pytest.param("reports", 0.0, signal.SIGTERM, "Ended by SIGTERM. Version ",
                     marks=pytest.mark.long),
    ],
)  # fmt: skip
def test_a_load_that_is_told_to_end_says_what_stands(county, word, delay, number, sentence):
    raw, warehouse = county
    before = inspect(warehouse)["publish_id"]
    process = started("load", raw=raw, warehouse=warehouse)
    said = read_until(process, word)
    time.sleep(delay)
    process.send_signal(number)
    code, last = ended(process)
    is_new = inspect(warehouse)["publish_id"] != before
    assert is_new == (word == "reports"), said + last
    assert code == (3 if is_new else 1) and last.count(sentence) == 1
    assert "Traceback" not in said + last
    assert (before in last) == (not is_new)  # the version that is still in place
    if is_new:  # what was cut off is done by the next load, though no file is new
        process = started("load", raw=raw, warehouse=warehouse)
        code, said = ended(process)
        assert (code, left_behind(warehouse)) == (0, []), said
        assert any((warehouse / "reports").rglob("*.docx"))


def test_a_command_whose_process_dies_says_of_what():
    """No load is needed for that: work that ends itself, supervised as every command is."""
    program = (
        "import os, sys; from dagster_project.cli.interruption import hold, supervised; hold();"
        "sys.exit(supervised(lambda: os.kill(os.getpid(), int(sys.argv[1])),"
        " lambda ending: (1, ['So it is.'])))"
    )
    for number, sentence in (
        (signal.SIGKILL, "The process was killed, perhaps because the machine ran out of memory"),
        (signal.SIGSEGV, "The process crashed (SIGSEGV). So it is."),
    ):
        done = subprocess.run(
            [sys.executable, "-c", program, str(int(number))], capture_output=True, text=True,
            check=False, env={**os.environ, "JUNHENG_LANG": "en", "COLUMNS": "200"},
        )  # fmt: skip
        assert done.returncode == 1 and sentence in done.stderr


@pytest.mark.long
def test_a_load_whose_process_is_killed_says_so(county):
    raw, warehouse = county
    process = started("load", raw=raw, warehouse=warehouse)
    read_until(process, "judge")
    (child,) = children(process.pid)
    os.kill(child, signal.SIGKILL)
    code, last = ended(process)
    assert code == 1 and "The process was killed, perhaps because" in last


def children(parent: int) -> list[int]:
    stats = [entry / "stat" for entry in Path("/proc").glob("[0-9]*")]
    fields = [(s.parent.name, s.read_text().rpartition(") ")[2].split()) for s in stats
              if s.exists()]  # fmt: skip
    return [int(name) for name, field in fields if int(field[1]) == parent]


def test_what_is_said_of_a_load_that_was_cut_off_goes_by_the_version_in_force(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    settings = Settings(raw=tmp_path / "raw", warehouse=tmp_path / "warehouse")
    assert cut_off(settings, None, 77) == (1, ["Nothing is published."])
    first = publish(settings, build(settings, 1, process=76), "v1").resolve()
    assert cut_off(settings, first, 77)[0] == 1
    # Another load may have published meanwhile: that is not this one's doing.
    assert cut_off(settings, None, 77)[0] == 1
    publish(settings, build(settings, 2, process=77), "v2")
    code, sentences = cut_off(settings, first, 77)
    assert code == 3 and "v2" in sentences[0]


@pytest.mark.parametrize(
    ("command", "delay"),
    [
        ("load", 0.3),
        pytest.param("report", 0.5, marks=pytest.mark.long),
        pytest.param("status", 0.3, marks=pytest.mark.long),
    ],
)
def test_a_command_interrupted_at_its_start_says_nothing_more_than_that(county, command, delay):
    raw, warehouse = county
    process = started(command, raw=raw, warehouse=warehouse)
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    code, last = ended(process)
    # Python itself may just be starting; a command that reads may have ended.
    assert code in (1, -signal.SIGINT) or command == "status", last
    assert "Traceback" not in last or "dagster_project" not in last, last


@contextmanager
def holding(database: Path) -> Iterator[int]:
    """A process that has the database open for writing, as some tools open every file; its id."""
    holder = subprocess.Popen(
        [sys.executable, "-c", "import duckdb, sys\nc = duckdb.connect(sys.argv[1])\n"
         "print('open', flush=True)\nsys.stdin.read()", str(database)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout.readline() == "open\n"
        yield holder.pid
    finally:
        holder.stdin.close()
        holder.wait(10)


@pytest.mark.parametrize(
    "commands", [["status"], pytest.param(["flags", "report"], marks=pytest.mark.long)]
)
def test_who_holds_the_database_is_told(county, commands):
    raw, warehouse = county
    with holding(warehouse / "junheng.duckdb") as process:
        for command in commands:
            code, said = ended(started(command, raw=raw, warehouse=warehouse))
            assert code == 1 and f"(process {process})" in said, said
            assert "Traceback" not in said and len(said.splitlines()) == 1


@pytest.mark.long
def test_a_load_restates_though_somebody_holds_the_version_before(county):
    raw, warehouse = county
    with holding(warehouse / "junheng.duckdb"):
        code, said = ended(started("load", raw=raw, warehouse=warehouse))
    assert code == 0, said
    manifest = inspect(warehouse)
    assert manifest["restatement"]["compared_with"], manifest["restatement"]


@pytest.mark.parametrize(
    "commands", [["status"], pytest.param(["flags", "load"], marks=pytest.mark.long)]
)
def test_a_screen_without_chinese_gets_what_it_can_show(county, commands):
    raw, warehouse = county
    variables = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    for command in commands:
        code, said = ended(started(command, raw=raw, warehouse=warehouse, **variables))
        assert code == 0 and "Traceback" not in said, said
        assert "640221" in said or command == "flags"


@pytest.mark.long
def test_a_signal_at_any_time_of_a_real_process(county, tmp_path):
    raw, start = county
    before, luck, told = inspect(start)["publish_id"], random.Random(20261128), []
    for number in range(12):
        warehouse = tmp_path / f"w{number}"
        shutil.copytree(start, warehouse, symlinks=True)
        process = started("load", raw=raw, warehouse=warehouse)
        time.sleep(luck.random() * 14)
        process.send_signal(luck.choice((signal.SIGTERM, signal.SIGINT, signal.SIGHUP)))
        code, said = ended(process)
        is_new = inspect(warehouse)["publish_id"] != before
        assert (code in (0, 3)) == is_new, (code, said)
        assert "Traceback" not in said, said
        told.append(code)
        shutil.rmtree(warehouse)
    print({code: told.count(code) for code in set(told)})
