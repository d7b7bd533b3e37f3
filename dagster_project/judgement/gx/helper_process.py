"""Judging in a process of its own, which gets ready while the files are still being read.

Importing Great Expectations takes longer than judging a county. A helper process does it on the
second core meanwhile; if it cannot be had or dies, the caller judges by itself. The Data Docs are
written when the answer is out, beside the computing that waits for it.

Run as a module this is the helper: it reads the arguments of a judgement from its standard input
and answers with what came of it, both pickled, until its input ends; then it says what kept the
Data Docs from being written, if anything did.
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dagster_project.machine import startup
from dagster_project.machine.end_with_parent import end_with_parent

if TYPE_CHECKING:
    from dagster_project.judgement.judge import Judged


@dataclass
class Helper:
    """A process that is getting ready to judge. ``close`` ends it whatever it is doing."""

    process: subprocess.Popen
    was_asked: bool = False

    @classmethod
    def start(cls) -> Helper:
        """Start getting ready; returns at once."""
        command = [sys.executable, "-m", __name__]
        # What it has to say comes back as an answer; its progress bars are nobody's business.
        return cls(
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        )

    def judge(self, arguments: Mapping[str, Any]) -> Judged:
        """:func:`~.judge.judge` with ``arguments``, over there or, if that process died, here.

        Raises what judging raises.
        """
        self.was_asked = True
        try:
            pickle.dump(dict(arguments), self.process.stdin)
            self.process.stdin.flush()
            worked, result = pickle.load(self.process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            logging.getLogger(__name__).warning("The judging process ended; judging here.")
            from dagster_project.judgement.judge import judge

            return judge(**arguments)
        if worked:
            return result
        raise result

    def finish(self) -> str | None:
        """Let the process end its work; returns what went wrong with it after its answers."""
        try:
            self.process.stdin.close()
            return pickle.load(self.process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            return "The judging process ended before the Data Docs were written."
        finally:
            self.close()

    def close(self) -> None:
        """End the process; safe to call at any time."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
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

    # In a thread: where nothing has to be judged anew, nobody has to wait for it.
    threading.Thread(target=_get_ready, daemon=True).start()
    from dagster_project.judgement.judge import judge

    problem = None
    while True:
        try:
            arguments = pickle.load(sys.stdin.buffer)
        except EOFError:  # nothing (more) has to be judged
            break
        afterwards: list[Callable[[], object]] = []
        try:
            answer = (True, judge(**arguments, later=afterwards.append))
        except Exception as error:
            answer = (False, error)
        pickle.dump(answer, answers)
        answers.flush()
        try:
            for work in afterwards:
                work()
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
    pickle.dump(problem, answers)
    answers.flush()


def _get_ready() -> None:
    from dagster_project.judgement.gx.library import great_expectations

    with startup.paused_collector():
        great_expectations()


if __name__ == "__main__":
    _serve()
