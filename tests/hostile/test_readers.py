"""Whatever a file does to its reader process concerns that file alone."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from dagster_project.census.rejection import FileRejected
from dagster_project.lake.readers import LimitReached, Limits, ReadingFailed, each
from tests.hostile.misbehaving import behave, die_once

LIMITS = Limits(seconds=3, memory=600_000_000)


@pytest.fixture(scope="module")
def results():
    items = ["a", "sleep", "fill", "abort", "exit", "raise", "refuse", "b", "print", "c"]
    return dict(each(behave, items, processes=2, limits=LIMITS))


def test_the_others_are_read(results):
    assert [results[item] for item in ("a", "b", "c", "print")] == ["a", "b", "c", "print"]
    assert len(results) == 10


@pytest.mark.parametrize(
    ("item", "kind", "reason"),
    [
        ("sleep", LimitReached, "more than 3 seconds"),
        ("fill", LimitReached, "more than 0.6 GB of memory"),
        ("abort", LimitReached, "more than 0.6 GB of memory"),
        ("exit", ReadingFailed, "ended its reader process twice"),
        ("raise", ReadingFailed, "RuntimeError: odd"),
        ("refuse", FileRejected, "It is empty."),
    ],
)
def test_each_gets_its_sentence(results, item, kind, reason):
    assert type(results[item]) is kind
    assert reason in results[item].reason and results[item].advice


def test_a_reader_killed_from_outside_is_tried_once_more(tmp_path):
    marker = str(tmp_path / "died")
    assert dict(each(die_once, [marker], processes=1, limits=LIMITS)) == {marker: "done"}


def test_the_limits_are_settings(monkeypatch, tmp_path):
    from dagster_project.settings import Settings

    monkeypatch.setenv("JUNHENG_FILE_SECONDS", "2.5")
    monkeypatch.setenv("JUNHENG_FILE_MEMORY", "1.5GB")
    settings = Settings.from_environment(tmp_path, tmp_path)
    assert (settings.file_seconds, settings.file_memory_bytes) == (2.5, 1_500_000_000)
    with pytest.raises(ValueError, match="JUNHENG_FILE_MEMORY is 'much'"):
        _ = Settings(tmp_path, tmp_path, file_memory="much").file_memory_bytes


def test_what_was_too_much_is_tried_again_under_other_limits(drop):
    drop.put("2023/autumn/a_2023.csv", ("0640221001", 90, 2))
    profile = drop.raw / "profiles" / "slow.yml"
    # A pattern that backtracks for ever on this name: the profile hangs whoever asks it.
    profile.write_text(
        (drop.raw / "profiles" / "small.yml").read_text("utf-8")
        .replace("profile: small", "profile: slow")
        .replace("recognise: {", "recognise: {file_name: '^(a+)+$', "), "utf-8",
    )  # fmt: skip
    slow = drop.put(f"2023/autumn/{'a' * 60}_2023.csv", ("0640221002", 60, 2))
    short = Limits(seconds=1)
    first = {e.path: e for e in drop.load(limits=short).entries}
    assert "more than 1 seconds" in first[f"2023/autumn/{slow.name}"].reason
    assert first["2023/autumn/a_2023.csv"].accepted
    assert drop.load(limits=short).read == 0
    assert drop.load(limits=Limits(seconds=1.5)).read == 1


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_a_helper_ends_with_the_load_that_was_killed():
    helper = (
        "import os, time\nfrom dagster_project.machine.end_with_parent import end_with_parent\n"
        "end_with_parent()\n"
        "print(os.getpid(), flush=True); time.sleep(600)"
    )
    load = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {helper!r}])"
    process = subprocess.Popen([sys.executable, "-c", load], stdout=subprocess.PIPE, text=True)
    number = int(process.stdout.readline())
    process.kill()
    process.wait()
    for _ in range(100):
        if not _is_running(number):
            return
        time.sleep(0.1)
    raise AssertionError(f"{number} lives on")


def _is_running(number: int) -> bool:
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
