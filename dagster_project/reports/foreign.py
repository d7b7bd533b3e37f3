"""Writing documents with templates that other offices dropped: in helper processes, bounded.

A template may loop for ever, or print more than fits in memory or on the disk. Its document is
then refused, and named with the template; the others are written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import count
from pathlib import Path

from dagster_project.machine import helper_process
from dagster_project.machine.helper_process import Limits, TooLong, TooMuchMemory
from dagster_project.messages import Message
from dagster_project.reports import worker
from dagster_project.reports.documents import Document
from dagster_project.reports.templates import Templates
from dagster_project.reports.worker import DocumentFailed, Failure, Task
from dagster_project.settings import Settings

MOST_BYTES = 50_000_000
"""Of a document; the project's own take a few, also for the nation."""


def write_bounded(
    tasks: list[Task],
    version: Path,
    settings: Settings,
    templates: Templates,
    told: Callable[[Task], None],
) -> list[Failure]:
    """Write the documents of ``tasks``; ``told`` is called with each that is done.

    A document whose template took too much is not tried for the next place with that template.
    """
    limits = Limits(settings.document_seconds, settings.file_memory_bytes)
    items = [(number, task, d) for number, task in zip(count(), tasks) for d in task.documents]
    files = {task.code: tuple(templates.all_for(task.code)) for task in tasks}
    guilty: dict[tuple, Message] = {}
    rendered: dict[int, dict[Document, bytes | Message]] = defaultdict(dict)
    failures: list[Failure] = []

    def keep(number: int, task: Task, document: Document, content: bytes | Message) -> None:
        rendered[number][document] = content
        if len(rendered[number]) == len(task.documents):
            failures.extend(worker.put(task, rendered.pop(number)))
            told(task)

    def is_hopeless(item: tuple[int, Task, Document]) -> bool:
        number, task, document = item
        reason = guilty.get((document, files[task.code]))
        if reason is not None:
            keep(number, task, document, reason)
        return reason is not None

    results = helper_process.each(
        render_apart,
        items,
        processes=max(settings.workers, 1),
        limits=limits,
        start=(worker.open_desk, (version, templates)),
        skip=is_hopeless,
    )
    for (number, task, document), result in results:
        if isinstance(result, Exception):
            if isinstance(result, TooLong | TooMuchMemory):
                guilty[document, files[task.code]] = _sentence(result, limits, files[task.code])
            keep(number, task, document, _sentence(result, limits, files[task.code]))
        else:
            keep(number, task, document, result)
    return failures


def render_apart(item: tuple[int, Task, Document]) -> bytes:
    """One document, in a helper process; raises :class:`DocumentFailed`."""
    _, task, document = item
    content = worker.render(task, document, worker.the_desk())
    if len(content) > MOST_BYTES:
        raise DocumentFailed("reports.document_too_large", most=MOST_BYTES // 10**6)
    return content


def _sentence(error: Exception, limits: Limits, files: tuple[Path, ...]) -> Message:
    names = [str(file) for file in files]
    match error:
        case DocumentFailed():
            return error.message
        case TooLong():
            return Message("reports.document_too_slow", {"seconds": limits.seconds, "names": names})
        case TooMuchMemory():
            taken = {"gigabytes": limits.memory / 10**9, "names": names}
            return Message("reports.document_too_much_memory", taken)
    return Message("reports.document_process_ended", {"error": str(error), "names": names})
