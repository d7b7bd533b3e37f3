"""Python, packages, what reports and Chinese names need, and whether the clock can be right."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import metadata
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dagster_project.doctor.finding import Finding, fault, note, well
from dagster_project.messages import Message
from dagster_project.messages.moments import beijing
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from packaging.requirements import Requirement

PYTHONS = ((3, 11), (3, 14))  # from, below
ZONE = "Asia/Shanghai"
BUILT_AFTER = datetime(2026, 1, 1, tzinfo=UTC)
MOST_AHEAD = timedelta(minutes=5)


def installation(settings: Settings) -> Iterator[Finding]:
    """Python and the packages that the project asks for."""
    least, below = PYTHONS
    found = ".".join(map(str, sys.version_info[:3]))
    if least <= sys.version_info[:2] < below:
        yield well("python", "doctor.python_ok", found=found)
    else:
        yield fault("python", "doctor.python_wrong", found=found)
    try:
        wanted = metadata.requires("junheng") or []
    except metadata.PackageNotFoundError:
        yield fault("packages", "doctor.not_installed")
        return
    wrong = list(_unmet(wanted))
    for message in wrong:
        yield fault("packages", message)
    if not wrong:
        named = ", ".join(f"{name} {metadata.version(name)}" for name in ("dagster", "duckdb"))
        yield well("packages", "doctor.packages_ok", count=len(wanted), named=named)


def _about(requirement: Requirement) -> dict[str, str]:
    return {"name": requirement.name, "wanted": str(requirement.specifier)}


def _unmet(wanted: list[str]) -> Iterator[Message]:
    from packaging.requirements import Requirement

    for text in wanted:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield Message("doctor.package_missing", _about(requirement))
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield Message("doctor.other_package", {**_about(requirement), "found": found})


def language(settings: Settings) -> Iterator[Finding]:
    """File names in Chinese, and a font that has the signs where something draws them."""
    encoding = sys.getfilesystemencoding()
    if encoding.lower().replace("-", "") != "utf8":
        yield fault("language", "doctor.names_encoding", encoding=encoding)
    else:
        yield well("language", "doctor.names_utf8")
    if (finder := shutil.which("fc-list")) is None:
        yield note("fonts", "doctor.no_fc_list")
        return
    found = subprocess.run(
        [finder, ":lang=zh", "family"], capture_output=True, text=True, check=False, timeout=30
    )
    families = sorted({line.split(",")[0].strip() for line in found.stdout.splitlines() if line})
    if families:
        yield well("fonts", "doctor.chinese_font", family=families[0])
    else:
        yield note("fonts", "doctor.no_chinese_font")


def clock(settings: Settings) -> Iterator[Finding]:
    """A clock that is wrong puts restatements in a wrong order and schedules on wrong days."""
    try:
        ZoneInfo(ZONE)
    except ZoneInfoNotFoundError:
        yield fault("clock", "doctor.no_time_zone", zone=ZONE)
        return
    now, last = datetime.now(UTC), last_publication(settings)
    if now < BUILT_AFTER:
        yield fault("clock", "doctor.clock_wrong", now=now)
    elif last is not None and last > now + MOST_AHEAD:
        yield fault("clock", "doctor.clock_behind", now=beijing(now), last=beijing(last))
    else:
        here = now.astimezone(ZoneInfo(ZONE))
        yield well("clock", "doctor.clock_right", here=here)


def last_publication(settings: Settings) -> datetime | None:
    """When the version in force was published, by the name of its folder."""
    try:
        name = settings.current.resolve(strict=True).name
        return datetime.strptime(name.partition("Z-")[0], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    except (OSError, ValueError):
        return None
