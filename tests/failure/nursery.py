"""A process that has everything imported and forks one load after the other, to be killed or not.

Starting Python, Dagster, dbt and Great Expectations anew for every load would cost more than the
loads. Run as a module it reads one order a line from its standard input and answers with how the
load ended.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType

STAGES = ("read", "judge", "compute", "compare", "publish", "list", "reports")


@dataclass(frozen=True)
class Kill:
    """kill -9 of a command, ``delay`` seconds after its ``number``-th word of ``stage`` (from 0).

    Without a stage the delay counts from the beginning.
    """

    stage: str
    number: int
    delay: float = 0.0


@dataclass(frozen=True)
class Order:
    """A command to run: its folders, environment, and when to kill it.

    ``fsize`` is the most bytes that a file may grow to, ``said`` where its words are kept;
    ``command`` is load, report or rollback.
    """

    raw: Path
    warehouse: Path
    kill: Kill | None = None
    environment: dict[str, str] = field(default_factory=dict)
    fsize: int | None = None
    said: Path | None = None
    command: str = "load"


@dataclass(frozen=True)
class Ended:
    """How a load ended: its exit code (-9 if killed) and what it said."""

    code: int
    said: str
    cpu_seconds: float


class Nursery:
    """The process; ``load`` runs one order, ``together`` several at once."""

    def __init__(self, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                **environment,
            },
        )

    def load(self, order: Order) -> Ended:
        return self.together([order])[0]

    def together(self, orders: list[Order]) -> list[Ended]:
        self._process.stdin.write(json.dumps([asdict(o) for o in orders], default=str) + "\n")
        self._process.stdin.flush()
        return [Ended(**answer) for answer in json.loads(self._process.stdout.readline())]

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=60)


def _serve() -> None:
    import great_expectations  # noqa: F401  (what forking is for)
    from dbt.cli.main import dbtRunner  # noqa: F401

    from dagster_project.cli import load  # noqa: F401
    from dagster_project.defs import launch  # noqa: F401
    from dagster_project.transform import manifest  # noqa: F401

    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        children = [_fork(order) for order in json.loads(line)]
        ended = [_wait(*child) for child in children]
        answers.write(json.dumps(ended) + "\n")
        answers.flush()


def _fork(order: dict) -> tuple[int, Path]:
    said = Path(order["said"] or f"{order['warehouse']}-said-{time.time_ns()}.txt")
    child = os.fork()
    if child:
        return child, said
    try:
        file = os.open(said, os.O_WRONLY | os.O_CREAT, 0o644)
        os.dup2(file, 1)
        os.dup2(file, 2)
        os.environ.update(order["environment"])
        if order["fsize"]:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write fails instead: EFBIG
            resource.setrlimit(resource.RLIMIT_FSIZE, (order["fsize"], order["fsize"]))
        os._exit(_load(order))
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(70)


def _load(order: dict) -> int:
    from dagster_project.cli import console, load, report, rollback
    from dagster_project.settings import Settings

    console.err.file = console.out.file = os.fdopen(1, "w", buffering=1)
    settings = Settings.from_environment(order["raw"], order["warehouse"])
    code = 70
    if order["kill"]:
        _arm(Kill(**order["kill"]))
    if order["command"] == "report":
        code = report.run(settings, county=None, school_year=None, only_changed=False)
    elif order["command"] == "rollback":
        code = rollback.run(settings, publish_id=None, only_list=False)
    else:
        code = load.run(settings, school_years=None, term=None, as_of=None, strict=False)
    console.out.file.flush()
    return code


def _arm(kill: Kill) -> None:
    """Kill this process when the load says the word: there is nothing it could do about it."""
    from dagster_project.runs import progress

    if not kill.stage:
        threading.Timer(kill.delay, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return
    heard = 0
    tell = progress.report

    def report(stage: str, done: int, total: int, detail: str = "") -> None:
        nonlocal heard
        tell(stage, done, total, detail)
        if stage != kill.stage:
            return
        if heard == kill.number:
            if kill.delay:
                threading.Timer(kill.delay, os.kill, (os.getpid(), signal.SIGKILL)).start()
            else:
                os.kill(os.getpid(), signal.SIGKILL)
        heard += 1

    for module in list(sys.modules.values()):
        if getattr(module, "report", None) is tell:
            module.report = report


def _wait(child: int, said: Path) -> dict:
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    text = said.read_text("utf-8", "replace") if said.exists() else ""
    return {"code": code, "said": text, "cpu_seconds": usage.ru_utime + usage.ru_stime}


if __name__ == "__main__":
    _serve()
