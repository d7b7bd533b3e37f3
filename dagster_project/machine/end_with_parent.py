"""Processes that help a load must not outlive it: a killed load's helper would write on."""

from __future__ import annotations

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """From now on this process is killed when the one that started it ends, however that ends.

    Linux only; elsewhere a helper ends by itself when its input does.
    """
    if sys.platform != "linux":
        return
    import ctypes

    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended in between
        os.kill(os.getpid(), signal.SIGKILL)


def hear_signals() -> None:
    """Hear what asks to end, though the process that started this one is deaf to it.

    A pool ends a process that takes too long by SIGTERM.
    """
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM, signal.SIGHUP])
