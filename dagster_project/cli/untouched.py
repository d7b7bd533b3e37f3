"""Whether a load would find everything as the last one left it, told without starting one.

Importing Dagster and dbt takes longer than finding out that nothing has changed. What a load is a
function of is hashed byte by byte: raw/, the lake, the version in force; and with them the code,
the settings and the day, by which things fall due. Only the load of all of raw/ from the command
line asks, and only where Dagster keeps no history (``DAGSTER_HOME``), in which the run would be
missed.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from dagster_project.machine import durable
from dagster_project.project import DBT, EXPECTATIONS
from dagster_project.publish.lock import writing
from dagster_project.publish.opening import damage_of
from dagster_project.publish.versions import in_force, is_finished, manifest_of, sweep
from dagster_project.runs import journal
from dagster_project.runs.launched import Launched
from dagster_project.runs.summary import UNCHANGED, Account, write_account
from dagster_project.settings import Settings

JOB = "yearly_load"
_SAYS_NOTHING = ("JUNHENG_LANG", "JUNHENG_LOG", "JUNHENG_TRACEBACK")


def inputs_now(settings: Settings) -> str | None:
    """A hash of what a load reads, taken before it begins; ``None`` where nobody should compare."""
    if os.environ.get("DAGSTER_HOME") or not settings.judges_apart:
        return None
    code = (Path(__file__).parents[1], DBT, EXPECTATIONS)
    said = [
        date.today().isoformat(),
        repr(settings),
        *(f"{n}={v}" for n, v in sorted(os.environ.items()) if _is_said(n)),
        # Whoever installs or takes away a package writes here.
        str(Path(duckdb.__file__).parents[1].stat().st_mtime_ns),
        *(line for folder in code for line in _files(folder, are_read=False)),
        *_files(settings.raw),
        *(_files(settings.own_templates) if settings.own_templates else ()),
    ]
    return _hash(said)


def remember(settings: Settings, inputs: str | None, launched: Launched) -> None:
    """Keep how a load that had nothing to say of anything left the warehouse."""
    has_more_to_say = launched != Launched(launched.files, launched.read, launched.reports)
    if inputs is None or has_more_to_say:
        return
    state = {"inputs": inputs, "left": _left(settings), "files": launched.files}
    with suppress(OSError):  # then the next load looks itself
        durable.write_text(_path(settings), json.dumps(state))


def account_of_nothing(settings: Settings, inputs: str | None) -> Launched | None:
    """What a load launches that finds all as it was, with its journal and account.

    ``None`` where a load has to look. Raises :class:`~dagster_project.publish.lock.WarehouseBusy`.
    """
    began, since = datetime.now(UTC), time.monotonic()
    try:
        state = json.loads(_path(settings).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if inputs is None or state.get("inputs") != inputs:
        return None
    with writing(settings.warehouse):
        durable.clear(settings.build)
        sweep(settings)
        standing = in_force(settings)
        if standing is None or not is_finished(standing) or state.get("left") != _left(settings):
            return None
        if damage_of(standing, manifest_of(standing)):
            return None
        run_id, files = str(uuid.uuid4()), int(state["files"])
        with journal.keeping(settings, run_id, job=JOB) as kept:
            kept.note("outcome", outcome=UNCHANGED, version=standing.name)
            seconds = time.monotonic() - since
            counts = {"files": files, "read": 0, "accepted": 0, "refused": 0}
            account = Account(
                run_id, JOB, began, seconds, UNCHANGED, version=standing.name, files=counts
            )
            write_account(settings, account)
    return Launched(files, 0)


def _path(settings: Settings) -> Path:
    return settings.logs / "as_left.json"


def _left(settings: Settings) -> str:
    """A hash of what a load leaves for the next one to start from."""
    standing = in_force(settings)
    return _hash([standing.name if standing else "", *_files(settings.lake)])


def _is_said(name: str) -> bool:
    return name.startswith("JUNHENG_") and name not in _SAYS_NOTHING


def _files(root: Path, *, are_read: bool = True) -> Iterator[str]:
    """A line for everything below ``root``: its path with its hash, or with its size and date."""
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name != "__pycache__")
        for name in sorted([*files, *names]):
            path = Path(folder, name)
            yield f"{os.fsencode(path)!r} {_state(path, are_read)}"


def _state(path: Path, is_read: bool) -> str:
    try:
        link = os.readlink(path) if path.is_symlink() else ""
        if not path.is_file():
            return f"{path.lstat().st_mode} {link}"
        if is_read:
            return f"{durable.digest(path)} {link}"
        about = path.stat()
        return f"{about.st_size} {about.st_mtime_ns} {link}"
    except OSError as error:
        return type(error).__name__


def _hash(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
