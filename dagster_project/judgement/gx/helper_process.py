"""Judging in a process of its own, which gets ready while the files are still being read.

What judging needs is imported by a helper process on the second core meanwhile; if it cannot be had
or dies, the caller judges by itself. When the answer is out, the helper has Great Expectations
validate it and write its pages, beside the computing that waited for the answer: importing the
library takes longer than judging a county.

Run as a module this is the helper: it reads a :class:`Question` from its standard input and answers
with an :class:`Answer`, both pickled, until its input ends; then it says what kept the Data Docs
from being written, if anything did.
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from dagster_project.machine import startup
from dagster_project.machine.end_with_parent import end_with_parent

if TYPE_CHECKING:
    from dagster_project.judgement.judge import Judged, Later, Limits, Progress
    from dagster_project.lake.store import Lake


@dataclass(frozen=True)
class Question:
    """One judgement to make, as it goes from process to process: what ``judge`` is asked."""

    lake: Lake
    selection: Path
    out: Path
    limits: Limits
    raw: Path | None = None
    docs_folder: Path | None = None
    catalogue_folder: Path | None = None
    as_of: datetime | None = None
    untrusted: Sequence[Mapping[str, object]] = ()

    def answer(
        self,
        progress: Progress = lambda done, total, detail: None,
        later: Later = lambda work: work(),
    ) -> Judged:
        """:func:`~.judge.judge`, in this process."""
        from dagster_project.judgement.judge import judge

        return judge(
            self.lake,
            self.selection,
            self.out,
            limits=self.limits,
            raw=self.raw,
            docs_folder=self.docs_folder,
            catalogue_folder=self.catalogue_folder,
            as_of=self.as_of,
            untrusted=self.untrusted,
            progress=progress,
            later=later,
        )


@dataclass(frozen=True)
class Answer:
    """What came of a question: a judgement, or what judging raised."""

    judged: Judged | None = None
    error: Exception | None = None

    def take(self) -> Judged:
        """The judgement; raises what judging raised."""
        if self.judged is not None:
            return self.judged
        raise self.error or ValueError("an answer that says nothing")


@dataclass
class Helper:
    """A process that is getting ready to judge. ``close`` ends it whatever it is doing."""

    process: subprocess.Popen[bytes]
    questions: IO[bytes]
    answers: IO[bytes]
    was_asked: bool = False

    @classmethod
    def start(cls) -> Helper:
        """Start getting ready; returns at once."""
        command = [sys.executable, "-m", __name__]
        # What it has to say comes back as an answer; its progress bars are nobody's business.
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        assert process.stdin is not None and process.stdout is not None  # they are pipes
        return cls(process, process.stdin, process.stdout)

    def judge(self, question: Question) -> Judged:
        """The answer to ``question``, from over there or, if that process died, from here.

        Raises what judging raises.
        """
        self.was_asked = True
        try:
            pickle.dump(question, self.questions)
            self.questions.flush()
            answer: Answer = pickle.load(self.answers)
        except (EOFError, OSError, pickle.UnpicklingError):
            logging.getLogger(__name__).warning("The judging process ended; judging here.")
            return question.answer()
        return answer.take()

    def finish(self) -> str | None:
        """Let the process end its work; returns what went wrong with it after its answers."""
        try:
            self.questions.close()
            return pickle.load(self.answers)
        except (EOFError, OSError, pickle.UnpicklingError):
            return "The judging process ended before the Data Docs were written."
        finally:
            self.close()

    def close(self) -> None:
        """End the process; safe to call at any time."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.questions, self.answers):
            with suppress(OSError):
                pipe.close()


_helper: Helper | None = None


def prepare() -> None:
    """Let a helper get ready, once for this process; :func:`dismiss` ends it."""
    global _helper
    if _helper is None:
        _helper = Helper.start()


def helper() -> Helper | None:
    """The helper that is getting ready, if one was asked for."""
    return _helper


def finish() -> str | None:
    """Wait for what the helper has still to write; returns what went wrong with it, if anything."""
    global _helper
    ending, _helper = _helper, None
    return ending.finish() if ending is not None and ending.was_asked else None


def dismiss() -> None:
    """End the helper, used or not."""
    global _helper
    if _helper is not None:
        _helper.close()
        _helper = None


def _serve() -> None:
    end_with_parent()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whoever prints must not spoil an answer
    from dagster_project.judgement import judge  # noqa: F401  (imported before it is asked for)

    afterwards: list[Future[object]] = []
    # In a thread: whoever asks again does not wait for pages.
    with ThreadPoolExecutor(1) as validation:
        while True:
            try:
                question: Question = pickle.load(sys.stdin.buffer)
            except EOFError:  # nothing (more) has to be judged
                break
            works: list[Callable[[], object]] = []
            try:
                answer = Answer(judged=question.answer(later=works.append))
            except Exception as error:
                answer = Answer(error=error)
            pickle.dump(answer, answers)
            answers.flush()
            afterwards += [validation.submit(_ready_for, work) for work in works]
    errors = (done.exception() for done in afterwards)
    problem = next((f"{type(e).__name__}: {e}" for e in errors if e is not None), None)
    pickle.dump(problem, answers)
    answers.flush()


def _ready_for(work: Callable[[], object]) -> None:
    from dagster_project.judgement.gx.library import great_expectations

    with startup.paused_collector():
        great_expectations()
    work()


if __name__ == "__main__":
    # Under its own name, so that what goes back and forth is of the same classes on both sides.
    from dagster_project.judgement.gx import helper_process

    helper_process._serve()
