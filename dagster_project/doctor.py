"""What can be wrong with an installation, found before a load finds it.

Every check is a function of the settings that yields findings: a sentence for what is well, and
for what is not a sentence that says what to do.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from dagster_project.settings import PROJECT, Settings, parse_bytes

PYTHONS = ((3, 11), (3, 14))  # from, below
LEAST_FREE_BYTES = 1_000_000_000
# A load needs room for the build beside the version in force, its Parquet files and spills.
BUILDS_THAT_MUST_FIT = 2
MOST_OF_THE_MEMORY = 0.8
MOST_NAMED = 5


class Level(StrEnum):
    """How much a finding matters; only a fault makes ``junheng doctor`` exit 1."""

    well = "ok"
    note = "note"
    fault = "fault"


@dataclass(frozen=True)
class Finding:
    """One sentence about one subject."""

    level: Level
    subject: str
    sentence: str


def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order in which a person would look."""
    return [finding for check in CHECKS for finding in check(settings)]


def installation(settings: Settings) -> Iterator[Finding]:
    """Python and the packages that the project asks for."""
    least, below = PYTHONS
    found = ".".join(map(str, sys.version_info[:3]))
    if least <= sys.version_info[:2] < below:
        yield Finding(Level.well, "python", f"Python {found}.")
    else:
        yield Finding(
            Level.fault, "python", f"Python {found}; install 3.11, 3.12 or 3.13 and `make load`."
        )
    try:
        wanted = metadata.requires("junheng") or []
    except metadata.PackageNotFoundError:
        yield Finding(
            Level.fault, "packages", "junheng itself is not installed; run `make load` once."
        )
        return
    wrong = list(_unmet(wanted))
    for sentence in wrong:
        yield Finding(Level.fault, "packages", sentence)
    if not wrong:
        named = ", ".join(f"{name} {metadata.version(name)}" for name in ("dagster", "duckdb"))
        yield Finding(Level.well, "packages", f"All {len(wanted)} as asked for ({named}).")


def _unmet(wanted: list[str]) -> Iterator[str]:
    from packaging.requirements import Requirement

    for text in wanted:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield f"{requirement.name} is missing, expected {requirement.specifier}."
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield (
                f"{requirement.name} is {found}, expected {requirement.specifier};"
                " install from requirements.lock."
            )


def instance(settings: Settings) -> Iterator[Finding]:
    """The Dagster instance: telemetry off, one writer at a time."""
    import yaml

    home = os.environ.get("DAGSTER_HOME")
    folder = Path(home) if home else PROJECT / ".dagster"
    file = folder / "dagster.yaml"
    if not home:
        yield Finding(
            Level.note,
            "dagster",
            "DAGSTER_HOME is not set: loads from the command line leave no history in the UI;"
            f" looked at {file}.",
        )
    if not file.exists():
        yield Finding(
            Level.fault,
            "dagster",
            f"There is no {file}; copy the one that the project ships in .dagster/.",
        )
        return
    try:
        config = yaml.safe_load(file.read_text("utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        yield Finding(Level.fault, "dagster", f"{file} is no valid YAML: {error}.")
        return
    telemetry = (config.get("telemetry") or {}).get("enabled", True)
    limit = ((config.get("concurrency") or {}).get("pools") or {}).get("default_limit")
    if telemetry:
        yield Finding(
            Level.fault,
            "dagster",
            f"Telemetry is on; write `telemetry: {{enabled: false}}` in {file}.",
        )
    if limit != 1:
        yield Finding(
            Level.fault,
            "dagster",
            f"The pool limit is {limit or 'missing'}, expected 1: write `concurrency: {{pools:"
            f" {{default_limit: 1}}}}` in {file}. Until then runs that meet are refused.",
        )
    if not telemetry and limit == 1:
        yield Finding(Level.well, "dagster", f"Telemetry off, one writer at a time ({file}).")


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


def raw_layout(settings: Settings) -> Iterator[Finding]:
    """Whether the folders of raw/ say which year and term the files below them belong to."""
    from dagster_project.census.place import SCHOOL_YEARS, TERMS
    from dagster_project.lake.scan import RESERVED

    if not settings.raw.is_dir():
        yield Finding(
            Level.fault,
            "raw",
            f"There is no folder {settings.raw}; make it, put files below <school_year>/<term>/.",
        )
        return
    if not os.access(settings.raw, os.R_OK | os.X_OK):
        yield Finding(Level.fault, "raw", f"{settings.raw} cannot be read by this user.")
        return
    files, astray, strange = 0, [], []
    for path in sorted(settings.raw.rglob("*")):
        parts = path.relative_to(settings.raw).parts
        if parts[0] in RESERVED or any(part.startswith(".") for part in parts):
            continue
        if path.is_file():
            files += len(parts) > 1
            continue
        is_year = parts[0].isdigit() and int(parts[0]) in SCHOOL_YEARS
        if len(parts) == 1 and not is_year:
            strange.append(parts[0])
        if len(parts) == 2 and is_year and parts[1] not in TERMS:
            astray.append("/".join(parts))
    if astray:
        yield Finding(
            Level.fault,
            "raw",
            f"No term: {_named(astray)}. Rename to raw/<school_year>/autumn or …/spring.",
        )
    if strange:
        yield Finding(
            Level.note,
            "raw",
            f"No school year: {_named(strange)}; only files that state their own year load there.",
        )
    if not astray:
        yield Finding(Level.well, "raw", f"{files} file(s) below {settings.raw}.")


def published(settings: Settings) -> Iterator[Finding]:
    """Whether the version in force is whole."""
    import duckdb

    if not settings.current.is_symlink():
        yield Finding(Level.note, "published", "Nothing is published yet; run `junheng load`.")
        return
    try:
        with duckdb.connect(str(settings.database), read_only=True) as connection:
            connection.execute("select count(*) from marts.dim_school").fetchall()
        manifest = settings.published / "manifest.json"
        manifest.read_bytes()
    except (duckdb.Error, OSError) as error:
        yield Finding(
            Level.fault,
            "published",
            f"The version in force cannot be read ({str(error).splitlines()[0]});"
            " `junheng rollback` puts the one before in force, `junheng load` makes a new one.",
        )
        return
    name = settings.current.resolve().name
    yield Finding(Level.well, "published", f"Version {name} is whole.")


CHECKS = (installation, instance, machine, disk, raw_layout, published)


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


def _named(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
