"""A process that has everything imported and forks one load after the other, to be killed or not.

Starting Python, Dagster, dbt and Great Expectations anew for every load would cost more than the
loads. Run as a module it reads one order a line from its standard input and answers with how the
load ended.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType

from tests.failure.power_cut import at_risk

STAGES = ("read", "judge", "compute", "compare", "publish", "list", "reports")


@dataclass(frozen=True)
class Kill:
    """The end of a command, ``delay`` seconds after its ``number``-th word of ``stage`` (from 0).

    Without a stage the delay counts from the beginning. ``signal`` is kill -9 of the process that
    works; another one goes to the process that was started, as systemd and shells send it. SIGSTOP
    stops all of them for a moment.
    """

    stage: str
    number: int
    delay: float = 0.0
    signal: int = signal.SIGKILL


@dataclass(frozen=True)
class Order:
    """A command to run: its folders, environment, and when to kill it.

    ``fsize`` is the most bytes that a file may grow to, ``said`` where its words are kept;
    ``command`` is load, report or rollback. ``looks`` are moments at which everything is stopped
    and the warehouse copied to ``into`` (numbered from 0): what a kill just then would leave.
    """

    raw: Path
    warehouse: Path
    kill: Kill | None = None
    environment: dict[str, str] = field(default_factory=dict)
    fsize: int | None = None
    said: Path | None = None
    command: str = "load"
    looks: tuple[Kill, ...] = ()
    into: Path | None = None
    before: Path | None = None  # the warehouse before, for what a power cut would take


@dataclass(frozen=True)
class Ended:
    """How a load ended: its exit code (-9 if killed), what it said, the leader of its session."""

    code: int
    said: str
    cpu_seconds: float
    process: int


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
        os.setsid()
        file = os.open(said, os.O_WRONLY | os.O_CREAT, 0o644)
        os.dup2(file, 1)
        os.dup2(file, 2)
        os.environ.update(order["environment"])
        if order["fsize"]:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write fails instead: EFBIG
            resource.setrlimit(resource.RLIMIT_FSIZE, (order["fsize"], order["fsize"]))
        as_started = order["kill"] and order["kill"]["signal"] != signal.SIGKILL
        os._exit(_main(order) if as_started else _load(order))
    except BaseException:
        traceback.print_exc()
        os._exit(70)


def _load(order: dict) -> int:
    from dagster_project.cli import console, load, report, rollback
    from dagster_project.settings import Settings

    console.err.file = console.out.file = os.fdopen(1, "w", buffering=1)
    settings = Settings.from_environment(order["raw"], order["warehouse"])
    code = 70
    if order["kill"]:
        kill = Kill(**order["kill"])
        _arm([(kill, partial(_strike, kill.signal))])
    if order["looks"]:
        Path(order["into"]).mkdir()
        _arm([(Kill(**look), partial(_look, order, n)) for n, look in enumerate(order["looks"])])
    if order["command"] == "report":
        code = report.run(settings, county=None, school_year=None, only_changed=False)
    elif order["command"] == "rollback":
        code = rollback.run(settings, publish_id=None, only_list=False)
    else:
        code = load.run(settings, school_years=None, term=None, as_of=None, strict=False)
    console.out.file.flush()
    return code


def _main(order: dict) -> int:
    """The command as it is started from a shell, but for the imports, which are done."""
    from dagster_project import cli

    sys.stdout, sys.stderr = (os.fdopen(os.dup(n), "w", buffering=1) for n in (1, 2))
    folders = ["--raw", str(order["raw"]), "--warehouse", str(order["warehouse"])]
    sys.argv = ["junheng", *folders, order["command"]]
    kill = Kill(**order["kill"])
    _arm([(kill, partial(_strike, kill.signal))])
    try:
        cli.main()
    except SystemExit as ended:
        return ended.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _strike(number: int) -> None:
    if number == signal.SIGKILL:
        os.kill(os.getpid(), number)
    elif number == signal.SIGSTOP:
        wake = f"import os, time; time.sleep(0.3); os.killpg({os.getpgrp()}, {int(signal.SIGCONT)})"
        subprocess.Popen([sys.executable, "-c", wake], start_new_session=True)
        os.killpg(os.getpgrp(), number)
    else:
        os.kill(os.getsid(0), number)  # which was started, and led a session of its own


_LOOKING = threading.Lock()


def _look(order: dict, number: int) -> None:
    """Copy the warehouse while every process of the session is stopped, and have them go on."""
    with _LOOKING:  # one that looks is not to stop another
        if child := os.fork():
            os.waitpid(child, 0)
            return
    others: set[int] = set()
    try:
        while found := set(of_session(os.getsid(0), but="T")) - {os.getpid()}:
            for process in found:
                os.kill(process, signal.SIGSTOP)
            others |= found
        copy = Path(order["into"]) / str(number)
        shutil.copytree(order["warehouse"], copy, symlinks=True)
        if log := order["environment"].get("POWER_CUT_LOG"):
            risks = at_risk(Path(order["warehouse"]), Path(order["before"]), Path(log))
            copy.with_suffix(".json").write_text(json.dumps([asdict(risk) for risk in risks]))
    except BaseException:
        traceback.print_exc()
    finally:
        for process in others:
            os.kill(process, signal.SIGCONT)
        os._exit(0)


def of_session(leader: int, but: str = "Z") -> Iterator[int]:
    """The processes of a session that are in another state than ``but``, or dead."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] not in (but, "Z"):
            yield int(entry.name)


def _arm(moments: list[tuple[Kill, Callable[[], None]]]) -> None:
    """Have something done when the load says its words: there is nothing it could do about it."""
    from dagster_project.runs import progress

    def happen(kill: Kill, what: Callable[[], None]) -> None:
        if kill.delay:
            threading.Timer(kill.delay, what).start()
        else:
            what()

    heard: Counter[str] = Counter()
    tell = progress.report

    def report(stage: str, done: int, total: int, detail: str = "") -> None:
        tell(stage, done, total, detail)
        for kill, what in moments:
            if (kill.stage, kill.number) == (stage, heard[stage]):
                happen(kill, what)
        heard[stage] += 1

    for kill, what in moments:
        if not kill.stage:
            happen(kill, what)
    for module in list(sys.modules.values()):
        if getattr(module, "report", None) is tell:
            module.report = report


def _wait(child: int, said: Path) -> dict:
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    text = said.read_text("utf-8", "replace") if said.exists() else ""
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return {"code": code, "said": text, "cpu_seconds": cpu_seconds, "process": child}


if __name__ == "__main__":
    _serve()
