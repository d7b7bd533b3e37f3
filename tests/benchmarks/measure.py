"""One command in a process of its own, watched from outside: time, memory and stages."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SAMPLE_EVERY_SECONDS = 0.05
START_UP = "start"
_STAGE = re.compile(r"(\w+) …")  # the line that a load prints when a stage begins
_PAGE, _TICK = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


class CommandFailed(Exception):
    """A measured command ended with an error; the message holds what it printed last."""


@dataclass(frozen=True)
class Measured:
    """What one command took.

    ``seconds`` is wall time, ``cpu`` the processor time of all its processes: on a shared machine
    the steadier of the two. ``tree`` is the peak of the resident memory of all its processes, in
    bytes; pages that they share count in each of them, so it errs upwards. ``largest`` is the peak
    of a single process. ``stages`` are seconds between the lines that announce them.
    """

    seconds: float
    cpu: float
    tree: int
    largest: int
    stages: Mapping[str, float] = field(default_factory=dict)


def measure(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    ok: Sequence[int] = (0,),
) -> Measured:
    """Run ``command`` and watch it; raises :class:`CommandFailed` unless it exits with ``ok``."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    watcher, listener = _Watcher(process.pid), _Listener(process.stdout, begun)
    watcher.start()
    listener.start()
    code = process.wait()
    seconds = time.perf_counter() - begun
    watcher.finish()
    listener.join(timeout=2)  # a helper process may hold the pipe for a moment longer
    if code:
        raise CommandFailed(f"{' '.join(command)} ended with {code}:\n{''.join(listener.last)}")
    return Measured(seconds, watcher.cpu, watcher.tree, watcher.largest, listener.stages(seconds))


class _Listener(threading.Thread):
    """Notes when each stage is announced, and keeps the last lines for a failure."""

    def __init__(self, stream, begun: float) -> None:
        super().__init__(daemon=True)
        self._stream, self._begun = stream, begun
        self._marks: list[tuple[str, float]] = [(START_UP, 0.0)]
        self.last: deque[str] = deque(maxlen=60)

    def run(self) -> None:
        for line in self._stream:
            self.last.append(line)
            if match := _STAGE.fullmatch(line.strip()):
                self._marks.append((match[1], time.perf_counter() - self._begun))

    def stages(self, end: float) -> dict[str, float]:
        if len(self._marks) == 1:
            return {}
        ends = [at for _, at in self._marks[1:]] + [end]
        return {name: till - at for (name, at), till in zip(self._marks, ends, strict=True)}


class _Watcher(threading.Thread):
    """Samples ``/proc`` until told to stop; where there is none, it sees nothing."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = root
        self._over = threading.Event()
        self._cpu: dict[int, float] = {}
        self.tree = 0
        self.largest = 0

    @property
    def cpu(self) -> float:
        """Processor seconds of all processes seen, each as last seen."""
        return sum(self._cpu.values())

    def run(self) -> None:
        while not self._over.wait(SAMPLE_EVERY_SECONDS):
            family = _family(self._root)
            resident = [memory for _, memory in family.values()]
            self._cpu |= {pid: cpu for pid, (cpu, _) in family.items()}
            self.tree = max(self.tree, sum(resident))
            self.largest = max(self.largest, *resident, 0)

    def finish(self) -> None:
        self._over.set()
        self.join()


def _family(root: int) -> dict[int, tuple[float, int]]:
    """``root`` and its descendants: processor seconds so far and resident bytes of each."""
    seen: dict[int, tuple[float, int]] = {}
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in brackets may hold anything; the fields after it are plain (proc(5)).
            values = entry.read_text().rpartition(")")[2].split()
            pid, parent = int(entry.parent.name), int(values[1])
            cpu = (int(values[11]) + int(values[12])) / _TICK
            seen[pid] = cpu, int(values[21]) * _PAGE
        except (OSError, IndexError, ValueError):
            continue
        children.setdefault(parent, []).append(pid)
    family, at = [root], 0
    while at < len(family):
        family += children.get(family[at], [])
        at += 1
    return {pid: seen[pid] for pid in family if pid in seen}
