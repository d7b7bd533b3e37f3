"""What is said of a fault of the disk: what happened, where, and the advice that fits it."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from dagster_project import cli
from dagster_project.cli import faults

FITTING = {
    errno.ENOSPC: "is full: make room",
    errno.EDQUOT: "is full: make room",
    errno.EACCES: "the permission to read and write",
    errno.EROFS: "mounted for writing",
    errno.ENOENT: "Put /data/x back",
    errno.ENOTDIR: "Move away what stands at /data/x",
    errno.EISDIR: "Move away what stands at /data/x",
    errno.ENAMETOOLONG: "a shorter path",
    errno.EMFILE: "more open files",
    errno.EBUSY: "Close what has /data/x open",
    errno.ENOMEM: "JUNHENG_MEMORY_LIMIT",
    errno.EIO: "have it checked",
    errno.ESTALE: "check the network",
    errno.EDOM: "Check the disk and the permissions",  # one that no file should ever give
}


@pytest.mark.parametrize("number", FITTING, ids=errno.errorcode.get)
def test_a_fault_of_the_disk_gets_the_advice_that_fits(number, tmp_path):
    error = OSError(number, os.strerror(number), "/data/x")
    assert FITTING[number] in faults.of_the_disk(error, tmp_path)


def test_without_a_file_the_folder_is_named(tmp_path):
    error = duckdb.IOException(f"IO Error: Could not write: {os.strerror(errno.EROFS)}")
    said = faults.of_the_disk(error, tmp_path)
    assert f"Have the disk of {tmp_path} mounted for writing" in said


def test_every_command_says_a_fault_of_the_disk_in_a_sentence(tmp_path):
    """A folder to write to that is a file, for a command that has no catching of its own."""
    (tmp_path / "here").write_text("")
    program = "from dagster_project.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "sample", str(tmp_path / "here" / "raw")],
        capture_output=True, text=True, env={**os.environ, "JUNHENG_LANG": "en"}, cwd=Path("/"),
    )  # fmt: skip
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "Move away what stands at" in done.stderr.replace("\n", " ")


@pytest.mark.parametrize(("language", "sentence"), [("en", "Interrupted.\n"), ("zh", "已中断。\n")])
def test_a_command_that_was_interrupted_says_so_in_its_one_sentence(
    language, sentence, monkeypatch, capsys, tmp_path
):
    """Ctrl-C and SIGTERM at any moment of a command that only reads."""

    def interrupted(*_):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUNHENG_LANG", language)
    monkeypatch.setattr("dagster_project.cli.status.run", interrupted)
    assert cli.run(["junheng", "status"]) == 130
    assert capsys.readouterr().err == sentence
