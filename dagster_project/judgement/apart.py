"""Judging in a process of its own, which gets ready while the files are still being read.

Importing Great Expectations takes longer than judging a county. A helper process does it on the
second core meanwhile; if it cannot be had or dies, the caller judges by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dagster_project.judgement.judge import Judged


@dataclass
class Helper:
    """A process that is getting ready to judge once. ``close`` ends it whatever it is doing."""

    process: BaseProcess
    pipe: Connection

    @classmethod
    def start(cls) -> Helper:
        """Start getting ready; returns at once."""
        context = get_context("forkserver")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        return cls(process, ours)

    def judge(self, arguments: Mapping[str, Any]) -> Judged:
        """:func:`~.judge.judge` with ``arguments``, over there or, if that process died, here.

        Raises what judging raises.
        """
        try:
            self.pipe.send(arguments)
            worked, result = self.pipe.recv()
        except (EOFError, OSError):
            logging.getLogger(__name__).warning("The judging process ended; judging here.")
            from dagster_project.judgement.judge import judge

            return judge(**arguments)
        if worked:
            return result
        raise result

    def close(self) -> None:
        """End the process; safe to call at any time."""
        self.pipe.close()
        self.process.kill()
        self.process.join()


def _serve(pipe: Connection) -> None:
    import great_expectations  # noqa: F401  (what the wait is for)

    from dagster_project.judgement.judge import judge

    try:
        arguments = pipe.recv()
    except EOFError:  # nothing had to be judged
        return
    try:
        answer = (True, judge(**arguments))
    except Exception as error:
        answer = (False, error)
    pipe.send(answer)
