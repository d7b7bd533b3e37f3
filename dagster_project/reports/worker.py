"""What one process does: write the documents of one place after the other."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dagster_project.reports.changes import RECORD
from dagster_project.reports.documents import OF_A_COUNTY, OF_A_REGION, Document
from dagster_project.reports.folder import replace_files
from dagster_project.reports.published import CountyYear, Published
from dagster_project.reports.regions import Region
from dagster_project.reports.templates import TemplateBroken, Templates


@dataclass(frozen=True)
class Task:
    """The documents of one place: where they go and the hash of what they are made from."""

    place: CountyYear | Region
    folder: Path
    made_from: str


@dataclass(frozen=True)
class Failure:
    """A document that could not be written, and why, as a sentence."""

    document: Path
    reason: str


@dataclass(frozen=True)
class Desk:
    """A version that is open, and the templates: what all tasks of a process share."""

    published: Published
    templates: Templates


_desk: Desk | None = None


def open_desk(version: Path, templates: Templates) -> None:
    """Start of a worker process."""
    global _desk
    _desk = Desk(Published(version).__enter__(), templates)


def at_the_desk(tasks: Iterable[Task]) -> list[Failure]:
    """Write ``tasks`` in a process that :func:`open_desk` started."""
    assert _desk is not None
    return write(tasks, _desk)


def write(tasks: Iterable[Task], desk: Desk) -> list[Failure]:
    """Write the documents of every task; what fails leaves the others, and its old file, alone."""
    return [failure for task in tasks for failure in _write_one(task, desk)]


def _write_one(task: Task, desk: Desk) -> list[Failure]:
    documents = OF_A_REGION if isinstance(task.place, Region) else OF_A_COUNTY
    files: dict[str, bytes] = {}
    failures: list[Failure] = []
    for document in documents:
        try:
            files[document.name] = document.renderer()(desk.published, task.place, desk.templates)
        except Exception as error:
            if os.environ.get("JUNHENG_TRACEBACK"):
                raise
            failures.append(Failure(task.folder / document.name, _reason(document, error)))
    record = json.dumps(dict.fromkeys(files, task.made_from), ensure_ascii=False, indent=1)
    try:
        # The record comes last: a stop in between leaves documents that are written again.
        replace_files(task.folder, {**files, RECORD: record.encode()})
    except OSError as error:
        return [Failure(task.folder, f"{error}. Check the disk and the permissions.")]
    return failures


def _reason(document: Document, error: Exception) -> str:
    if isinstance(error, TemplateBroken):
        return str(error)
    return f"{type(error).__name__}: {error} (JUNHENG_TRACEBACK=1 shows where)"
