"""The command as people start it: real processes, what they say, and how they end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.failure.nursery import of_session

PROGRAM = [sys.executable, "-c", "from dagster_project.cli import main; main()"]


def started(*arguments, raw: Path, warehouse: Path, **variables) -> subprocess.Popen:
    return subprocess.Popen(
        [*PROGRAM, "--raw", str(raw), "--warehouse", str(warehouse), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={
            **os.environ,
            "JUNHENG_REPORT_COUNTIES": "1",
            "JUNHENG_VALIDATION": "on",
            "JUNHENG_LANG": "en",
            **variables,
        },
    )


def read_until(process: subprocess.Popen, word: str) -> str:
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith(word):
            break
    return said


def ended(process: subprocess.Popen) -> tuple[int, str]:
    """Exit code and last words; no process of its session is left after some seconds."""
    said = process.stdout.read()
    code = process.wait(30)
    for _ in range(60):
        if not alive(process.pid):
            return code, said
        time.sleep(0.1)
    raise AssertionError(f"still there: {alive(process.pid)}")


def alive(session: int) -> list[str]:
    """Command lines of what is still there of a session."""
    lines = []
    for process in of_session(session):
        with suppress(OSError):  # it has ended meanwhile
            line = Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")
            lines.append(line[:100])
    return lines


def a_change(raw: Path) -> None:
    """Something that a load has to publish, without a new file to read."""
    (raw / "mappings").mkdir(exist_ok=True)
    (raw / "mappings" / "policy_targets.csv").write_text(
        "county_code,target_id,school_year,target_value,comparator,document\n"
        "640221,x,2023,0.5,<=,县规划\n",
        "utf-8",
    )
