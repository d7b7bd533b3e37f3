"""What one process does: write the documents of one place after the other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.regions import Region
from dagster_project.machine.end_with_parent import end_with_parent, hear_signals
from dagster_project.messages import Message, MessageError
from dagster_project.reports.documents import (
    FURTHER_OF_A_COUNTY,
    FURTHER_OF_A_REGION,
    OF_A_COUNTY,
    OF_A_REGION,
    WITHOUT_STANDARD,
    Document,
)
from dagster_project.reports.standing import put_documents
from dagster_project.reports.templates import TemplateBroken, Templates


@dataclass(frozen=True)
class Task:
    """The documents of one place: where they go and the hash of what they are made from.

    ``has_standard``: some standard was in force there; without one nothing is judged, and there is
    the page of what was reported alone.
    """

    place: CountyYear | Region
    folder: Path
    made_from: str
    kinds: frozenset[str] | None = None
    has_standard: bool = True

    @property
    def documents(self) -> tuple[Document, ...]:
        """The documents of these ``kinds`` that such a place has.

        Without kinds what a load writes, and of the others those that stand in its folder.
        """
        is_region = isinstance(self.place, Region)
        if not self.has_standard and not is_region:
            wanted = self.kinds
            return tuple(
                one for one in WITHOUT_STANDARD if wanted is None or wanted.intersection(one.kinds)
            )
        usual = OF_A_REGION if is_region else OF_A_COUNTY
        level = self.place.level if isinstance(self.place, Region) else ""
        further = tuple(
            one
            for one in (FURTHER_OF_A_REGION if is_region else FURTHER_OF_A_COUNTY)
            if one.level in ("", level)
        )
        if self.kinds is None:
            return usual + tuple(one for one in further if (self.folder / one.name).exists())
        return tuple(one for one in usual + further if self.kinds.intersection(one.kinds))

    @property
    def code(self) -> str:
        """The code by which templates are looked for; the nation has none."""
        if isinstance(self.place, CountyYear):
            return self.place.county_code
        return "" if self.place.level == "nation" else self.place.region_code


@dataclass(frozen=True)
class Failure:
    """A document that could not be written, and why, as a sentence."""

    document: Path
    message: Message

    @property
    def reason(self) -> str:
        """The message in the language of this process."""
        return self.message.text()


@dataclass(frozen=True)
class Desk:
    """A version that is open, and the templates: what all tasks of a process share."""

    published: Published
    templates: Templates


_desk: Desk | None = None


def open_desk(version: Path, templates: Templates) -> None:
    """Start of a worker process."""
    global _desk
    end_with_parent()
    hear_signals()
    _desk = Desk(Published(version).__enter__(), templates)


def the_desk() -> Desk:
    """The desk of a process that :func:`open_desk` started."""
    assert _desk is not None
    return _desk


def at_the_desk(tasks: Iterable[Task]) -> list[Failure]:
    """Write ``tasks`` in a process that :func:`open_desk` started."""
    return write(tasks, the_desk())


def write(tasks: Iterable[Task], desk: Desk) -> list[Failure]:
    """Write the documents of every task; what fails leaves the others, and its old file, alone."""
    return [failure for task in tasks for failure in _write_one(task, desk)]


def _write_one(task: Task, desk: Desk) -> list[Failure]:
    rendered: dict[Document, bytes | Message] = {}
    for document in task.documents:
        try:
            rendered[document] = render(task, document, desk)
        except DocumentFailed as failed:
            rendered[document] = failed.message
        except MemoryError:
            rendered[document] = Message("reports.no_memory")
    return put(task, rendered)


class DocumentFailed(MessageError):
    """A document could not be written; the message is a sentence."""


def render(task: Task, document: Document, desk: Desk) -> bytes:
    """One document of a place; raises :class:`DocumentFailed` or ``MemoryError``."""
    try:
        return document.renderer()(desk.published, task.place, desk.templates)
    except MemoryError:
        raise
    except Exception as error:
        if os.environ.get("JUNHENG_TRACEBACK"):
            raise
        if isinstance(error, TemplateBroken):
            raise DocumentFailed(error.message) from error
        raise DocumentFailed(
            "reports.document_failed", kind=type(error).__name__, error=error
        ) from error


def put(task: Task, rendered: Mapping[Document, bytes | Message]) -> list[Failure]:
    """Put the documents of a place into its folder; those that failed are a sentence instead."""
    files = {d.name: content for d, content in rendered.items() if isinstance(content, bytes)}
    failures = [
        Failure(task.folder / d.name, reason)
        for d, reason in rendered.items()
        if isinstance(reason, Message)
    ]
    try:
        put_documents(
            task.folder, files, task.made_from, [failure.document.name for failure in failures]
        )
    except OSError as error:
        return [Failure(task.folder, Message("reports.folder_not_written", {"error": error}))]
    return failures
