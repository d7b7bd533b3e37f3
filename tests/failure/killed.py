"""Work that is killed between any two changes of the disk."""

from __future__ import annotations

import os
import shutil
import signal
import traceback
from collections.abc import Callable
from pathlib import Path

KILLED = -signal.SIGKILL


def killed_at(step: int, work: Callable, *arguments: object) -> int:
    """Exit code of a fork that does ``work`` and is killed before its ``step``-th change of the
    disk: 0 where it has fewer."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    done = 0

    def killing(call):
        def counted(*args, **kwargs):
            nonlocal done
            if done == step:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1
            return call(*args, **kwargs)

        return counted

    try:
        for owner, names in ((os, ("replace", "fsync", "unlink", "symlink")), (shutil, ("rmtree",)),
                             (Path, ("touch", "unlink"))):  # fmt: skip
            for name in names:
                setattr(owner, name, killing(getattr(owner, name)))
        work(*arguments)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
