"""Memory, processors, and room and rights on the disks."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dagster_project.doctor.finding import Finding, Level, fault, note, well
from dagster_project.project import DBT
from dagster_project.settings import Settings, parse_bytes

LEAST_FREE_BYTES = 1_000_000_000
# A load needs room for the build beside the version in force, its Parquet files and spills.
BUILDS_THAT_MUST_FIT = 2
MOST_OF_THE_MEMORY = 0.8


def machine(settings: Settings) -> Iterator[Finding]:
    """Memory limit, threads and workers against what the machine has."""
    limit, there = parse_bytes(settings.memory_limit), physical_memory()
    if limit is None:
        yield Finding(
            Level.fault,
            "memory",
            f"JUNHENG_MEMORY_LIMIT is {settings.memory_limit!r}; write a size such as 2GB.",
        )
    elif there is not None and limit > there * MOST_OF_THE_MEMORY:
        yield Finding(
            Level.fault,
            "memory",
            f"JUNHENG_MEMORY_LIMIT is {settings.memory_limit}, the machine has {_size(there)}: the"
            f" load may be killed. Set it to {_size(there * MOST_OF_THE_MEMORY)} or less.",
        )
    else:
        has = f" of {_size(there)}" if there is not None else ""
        yield Finding(Level.well, "memory", f"A load may take {settings.memory_limit}{has}.")
    if settings.log not in ("", "json", "text"):
        yield fault("journal", f"JUNHENG_LOG is {settings.log!r}; write json, text or nothing.")
    cores = os.cpu_count() or 1
    most = max(settings.threads, settings.workers)
    yield Finding(
        Level.note if most > cores else Level.well,
        "processors",
        f"{settings.threads} threads and {settings.workers} readers on {cores} processors.",
    )


def disk(settings: Settings) -> Iterator[Finding]:
    """Room for a build, and the right to write it."""
    folder = _existing(settings.warehouse)
    try:
        with tempfile.TemporaryFile(dir=folder):
            yield Finding(Level.well, "warehouse", f"{settings.warehouse} can be written.")
    except OSError as error:
        yield Finding(
            Level.fault,
            "warehouse",
            f"{folder} cannot be written ({error.strerror}); give this user the right to.",
        )
    free = shutil.disk_usage(folder).free
    version = settings.current.resolve()
    needed = max(LEAST_FREE_BYTES, BUILDS_THAT_MUST_FIT * _tree_size(version))
    if free < needed:
        yield Finding(
            Level.fault,
            "disk",
            f"{_size(free)} free below {folder}, expected {_size(needed)}: make room or lower"
            " JUNHENG_KEEP_VERSIONS. A full disk leaves the published version in place.",
        )
    else:
        yield Finding(Level.well, "disk", f"{_size(free)} free, {_size(needed)} needed.")


def permissions(settings: Settings) -> Iterator[Finding]:
    """Who may change what: deliveries, the lake, the parsed models."""
    lake = settings.lake
    if lake.is_dir() and not os.access(lake, os.W_OK):
        yield fault(
            "rights",
            f"{lake} cannot be written by this user; it belongs to {_owner(lake)}: run as that"
            " user, or give the folder back.",
        )
    if settings.warehouse.is_dir() and settings.warehouse.stat().st_mode & 0o002:
        yield fault(
            "rights",
            f"Everybody may write {settings.warehouse}: chmod o-w it. Readers need no more than"
            " to read.",
        )
    elif settings.warehouse.is_dir():
        mode = settings.warehouse.stat().st_mode & 0o777
        yield well(
            "rights", f"{settings.warehouse} belongs to {_owner(settings.warehouse)}, {mode:o}."
        )
    target = DBT / "target"
    if not os.access(_existing(target), os.W_OK):
        yield note(
            "rights",
            f"{target} cannot be written: after a change of models, standards or rules, parse them"
            " as a user who may (python -c 'import dagster_project.definitions').",
        )


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:  # a user of another machine
        return f"user {path.stat().st_uid}"


def physical_memory() -> int | None:
    """Bytes of memory that this process may use: the machine's, or its container's if less."""
    try:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    try:
        bound = Path("/sys/fs/cgroup/memory.max").read_text("ascii").strip()
    except OSError:
        bound = "max"
    return min(there, int(bound)) if bound.isdigit() else there


def _existing(path: Path) -> Path:
    """``path`` or its nearest parent that exists."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def _tree_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _size(number: float) -> str:
    return f"{number / 10**9:,.1f} GB"
