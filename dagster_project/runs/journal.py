"""The journal of a run: one JSON line per stage, file, table and fault, for machines to read.

``warehouse/logs/<time>-<run>.jsonl`` is written line by line, so that it tells what a killed run
was doing. With ``JUNHENG_LOG=json`` or ``text`` the same lines go to stderr as well, where systemd
or a container collects them.

Lines hold names of files and tables, counts and times. What stood in a file never enters: the
sentence of a refusal may quote a cell, so the line names sheet and cell only, and a fault that is
not worded by this project is named by its kind.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from dagster_project.machine.clock import later_than
from dagster_project.runs.progress import listening
from dagster_project.settings import Settings

SUFFIX = ".jsonl"
_TIME = "%Y%m%dT%H%M%SZ"
INFO, WARNING, ERROR = "info", "warning", "error"


class Journal:
    """Lines of one run, in order; safe to call from several threads."""

    def __init__(self, run_id: str, file: TextIO | None, echo: TextIO | None, as_text: bool):
        self.run_id = run_id
        self.stages: dict[str, float] = {}
        self._file, self._echo, self._as_text = file, echo, as_text
        self._lock = threading.RLock()
        self._stage: tuple[str, float, int] | None = None

    def note(self, event: str, level: str = INFO, **facts: object) -> None:
        """Write one line. Facts that are ``None`` are left out."""
        facts = {name: value for name, value in facts.items() if value is not None}
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"time": moment, "level": level, "run": self.run_id, "event": event, **facts}
        with self._lock:
            text = json.dumps(line, ensure_ascii=False, default=str)
            self._file = _written(self._file, text)
            if self._echo is not None:
                self._echo = _written(self._echo, _plain(line) if self._as_text else text)

    def listen(self, stage: str, done: int, total: int, detail: str) -> None:
        """Take a progress report: a stage ends where the next begins."""
        with self._lock:
            if self._stage is None or self._stage[0] != stage:
                self.end_stage()
                self._stage = (stage, time.monotonic(), done)
                self.note("stage_begun", stage=stage, steps=total or None)
            name, since, _ = self._stage
            self._stage = (name, since, done)

    def end_stage(self) -> None:
        """The stage at hand is over."""
        with self._lock:
            if self._stage is None:
                return
            stage, since, steps = self._stage
            self._stage = None
            seconds = time.monotonic() - since
            self.stages[stage] = self.stages.get(stage, 0.0) + seconds
            self.note("stage_ended", stage=stage, steps=steps, seconds=round(seconds, 3))


# One for the process: a run is one process, and dbt notes from threads of its own.
_open: Journal | None = None


def note(event: str, level: str = INFO, **facts: object) -> None:
    """Write a line into the journal of the run at hand; outside of a run nothing happens."""
    if _open is not None:
        _open.note(event, level, **facts)


@contextmanager
def keeping(settings: Settings, run_id: str, **facts: object) -> Iterator[Journal]:
    """Keep the journal of a run, and only the newest ``settings.keep_runs`` of all of them.

    A disk that does not take the journal never stops a load.
    """
    global _open
    before, file = _open, _file(settings, run_id)
    echo = sys.stderr if settings.log in ("json", "text") else None
    journal = Journal(run_id, file, echo, settings.log == "text")
    _open, began = journal, time.monotonic()
    journal.note("run_begun", INFO, **facts)
    try:
        with listening(journal.listen):
            yield journal
    finally:
        journal.end_stage()
        journal.note("run_ended", seconds=round(time.monotonic() - began, 3))
        _open = before
        if file is not None:
            file.close()


@dataclass(frozen=True)
class LastRun:
    """What the journal of the newest run says: when it began, its outcome, its faults.

    ``outcome`` is ``None`` where the run was cut off, or is still under way.
    """

    began: str
    outcome: str | None
    faults: tuple[str, ...]


def last_run(settings: Settings) -> LastRun | None:
    """The newest run of which there is a journal."""
    for path in sorted(settings.logs.glob(f"[0-9]*{SUFFIX}"), reverse=True)[:1]:
        lines = []
        for text in path.read_text("utf-8", "replace").splitlines():
            with suppress(ValueError):  # the last line of a run that was cut off
                lines.append(json.loads(text))
        outcomes = [line.get("outcome") for line in lines if line.get("event") == "outcome"]
        faults = tuple(str(line.get("fault")) for line in lines if line.get("event") == "fault")
        began = str(lines[0].get("time", ""))[:16] if lines else ""
        return LastRun(began, outcomes[-1] if outcomes else None, faults)
    return None


def keep_newest(folder: Path, suffix: str, number: int) -> None:
    """Remove all but the newest ``number`` files of a folder; their names begin with the time."""
    for path in sorted(folder.glob(f"[0-9]*{suffix}"))[: -number or None]:
        path.unlink(missing_ok=True)


def file_stem(folder: Path, run_id: str, moment: datetime) -> str:
    """Name, without suffix, of what is written about a run: its time (UTC) and its id.

    It comes after all names in ``folder``, whatever the clock says: the last is the newest.
    """
    there = [when for path in folder.glob("[0-9]*") if (when := _time_in(path.name))]
    moment = later_than(max(there, default=None), moment, timedelta(seconds=1))
    return f"{moment:{_TIME}}-{run_id[:8]}"


def _time_in(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.partition("-")[0], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _file(settings: Settings, run_id: str) -> TextIO | None:
    try:
        settings.logs.mkdir(parents=True, exist_ok=True)
        keep_newest(settings.logs, SUFFIX, settings.keep_runs - 1)
        name = file_stem(settings.logs, run_id, datetime.now(UTC)) + SUFFIX
        return (settings.logs / name).open("a", encoding="utf-8", buffering=1)
    except OSError:
        return None


def _written(stream: TextIO | None, text: str) -> TextIO | None:
    """The stream after one line more; ``None`` once it takes none any more."""
    if stream is None:
        return None
    try:
        stream.write(text + "\n")
        stream.flush()
    except (OSError, ValueError):
        return None
    return stream


def _plain(line: dict[str, object]) -> str:
    head = f"{line['time']} {line['level']:<7} {str(line['run'])[:8]} {line['event']}"
    rest = (f"{k}={v}" for k, v in line.items() if k not in ("time", "level", "run", "event"))
    return " ".join([head, *rest])
