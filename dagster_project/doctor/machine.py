"""Memory, processors, and room and rights on the disks."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dagster_project.doctor.finding import Finding, Level, fault, note, well
from dagster_project.messages import Message, of_system
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
        yield fault("memory", "doctor.memory_setting", memory_limit=settings.memory_limit)
    elif there is not None and limit > there * MOST_OF_THE_MEMORY:
        yield fault(
            "memory",
            "doctor.memory_too_much",
            memory_limit=settings.memory_limit,
            there=_size(there),
            most=_size(there * MOST_OF_THE_MEMORY),
        )
    else:
        has = Message("doctor.of_machine", {"size": _size(there)}) if there is not None else ""
        yield well("memory", "doctor.memory_ok", limit=settings.memory_limit, has=has)
    if settings.log not in ("", "json", "text"):
        yield fault("journal", "doctor.log_setting", log=settings.log)
    cores = os.cpu_count() or 1
    most = max(settings.threads, settings.workers)
    yield Finding(
        Level.note if most > cores else Level.well,
        "processors",
        Message(
            "doctor.processors",
            {"threads": settings.threads, "workers": settings.workers, "cores": cores},
        ),
    )


def disk(settings: Settings) -> Iterator[Finding]:
    """Room for a build, and the right to write it."""
    folder = _existing(settings.warehouse)
    try:
        with tempfile.TemporaryFile(dir=folder):
            yield well("warehouse", "doctor.warehouse_writable", warehouse=settings.warehouse)
    except OSError as error:
        yield fault(
            "warehouse", "doctor.warehouse_not_writable", folder=folder, strerror=of_system(error)
        )
    free = shutil.disk_usage(folder).free
    version = settings.current.resolve()
    needed = max(LEAST_FREE_BYTES, BUILDS_THAT_MUST_FIT * _tree_size(version))
    if free < needed:
        yield fault(
            "disk", "doctor.disk_short", free=_size(free), folder=folder, needed=_size(needed)
        )
    else:
        yield well("disk", "doctor.disk_ok", free=_size(free), needed=_size(needed))


def permissions(settings: Settings) -> Iterator[Finding]:
    """Who may change what: deliveries, the lake, the parsed models."""
    lake = settings.lake
    if lake.is_dir() and not os.access(lake, os.W_OK):
        yield fault("rights", "doctor.lake_not_writable", lake=lake, owner=_owner(lake))
    if settings.warehouse.is_dir() and settings.warehouse.stat().st_mode & 0o002:
        yield fault("rights", "doctor.world_writable", warehouse=settings.warehouse)
    elif settings.warehouse.is_dir():
        mode = settings.warehouse.stat().st_mode & 0o777
        yield well(
            "rights",
            "doctor.warehouse_ok",
            warehouse=settings.warehouse,
            owner=_owner(settings.warehouse),
            mode=mode,
        )
    target = DBT / "target"
    if not os.access(_existing(target), os.W_OK):
        yield note("rights", "doctor.target_not_writable", target=target)


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:  # a user of another machine
        return f"uid {path.stat().st_uid}"


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
