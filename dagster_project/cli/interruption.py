"""Ctrl-C, SIGTERM and closed terminals: a command ends at once, with one sentence and a true code.

A library may be anywhere when a signal comes, and what it makes of an exception there is its own:
some go on, some abort. So a command that writes works in a child process, to which signals are
deaf; the process that was started only waits. On a signal it kills the child – whatever moment a
load is killed in, the published version is whole – looks at what is there, and says so.

Where there is no fork, and where commands are called from Python, the work is done in place.
Nothing heavy is imported here: signals have to be held before anything else happens.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from dagster_project.machine.end_with_parent import end_with_parent

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_is_held = False
_is_child = False


@dataclass(frozen=True)
class Ending:
    """How a child ended: by itself with an exit code, or killed.

    ``signal`` came to us, and we killed it, if ``is_ours``; else the child died of it.
    """

    process: int
    code: int | None = None
    signal: int | None = None
    is_ours: bool = False

    @property
    def sentence(self) -> str:
        """What ended it, in the language spoken."""
        from dagster_project.messages import say

        if self.is_ours and self.signal == signal.SIGINT:
            return say("cli.interrupted")
        name = signal.Signals(self.signal).name if self.signal else "?"
        if self.is_ours:
            return say("cli.ended", signal=name)
        if name == "SIGKILL":
            return say("cli.process_killed_perhaps_because_machine")  # fmt: skip
        return say("cli.process_crashed", signal=name)


Conclude = Callable[[Ending], tuple[int, Sequence[str]]]
"""The exit code of a command that was cut off, and what is to be said after what ended it."""


def hold() -> None:
    """From now on signals wait: for :func:`supervised`, for :func:`release`, or for the end."""
    global _is_held
    if hasattr(os, "fork") and hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        _is_held = True


def release() -> None:
    """Let a signal interrupt this command wherever it is, as ctrl-C does."""
    global _is_held
    if not _is_held:
        return
    _is_held = False
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def supervised(work: Callable[[], int], conclude: Conclude) -> int:
    """The exit code of ``work``, done in a child process where signals are held.

    ``conclude`` is asked for the code where the child did not come to an end of its own.
    """
    global _is_held, _is_child
    if not _is_held:
        return work()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        _is_held, _is_child = False, True
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        end_with_parent()
        return work()
    ending = _wait(child)
    if ending.code is not None:
        return ending.code
    code, sentences = conclude(ending)
    from dagster_project.cli.console import err

    with suppress(OSError):  # a terminal that is gone takes no sentence
        err.show_cursor()
        err.print(" ".join([ending.sentence, *sentences]), style="bold red")
    return code


def leave(code: int) -> NoReturn:
    """End this process with ``code``.

    A child ends as those of multiprocessing do: what is registered for the end is done, and the
    libraries are not taken apart, which some do not survive in a process that was forked.
    """
    if not _is_child:
        raise SystemExit(code)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _wait(child: int) -> Ending:
    """Wait for the child, or for a signal, which ends it."""
    ours = None
    while True:
        came = signal.sigwait([*SIGNALS, signal.SIGCHLD])
        if came != signal.SIGCHLD and ours is None:
            ours = came
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        process, status = os.waitpid(child, os.WNOHANG if ours is None else 0)
        if process:
            break
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return Ending(child, code=code)  # it had come to its end before
    return Ending(child, signal=ours or -code, is_ours=ours is not None)
