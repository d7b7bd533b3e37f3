"""Python, packages, what reports and Chinese names need, and whether the clock can be right."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import metadata
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dagster_project.doctor.finding import Finding, Level, fault, note, well
from dagster_project.settings import Settings

PYTHONS = ((3, 11), (3, 14))  # from, below
ZONE = "Asia/Shanghai"
BUILT_AFTER = datetime(2026, 1, 1, tzinfo=UTC)
MOST_AHEAD = timedelta(minutes=5)


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


def language(settings: Settings) -> Iterator[Finding]:
    """File names in Chinese, and a font that has the signs where something draws them."""
    encoding = sys.getfilesystemencoding()
    if encoding.lower().replace("-", "") != "utf8":
        yield fault(
            "language",
            f"File names are read as {encoding}, expected utf-8: set LANG=C.UTF-8 for this user"
            " and for the services.",
        )
    else:
        yield well("language", "File names are read as utf-8.")
    if (finder := shutil.which("fc-list")) is None:
        yield note("fonts", "fc-list is not installed, so fonts were not looked for.")
        return
    found = subprocess.run(
        [finder, ":lang=zh", "family"], capture_output=True, text=True, check=False, timeout=30
    )
    families = sorted({line.split(",")[0].strip() for line in found.stdout.splitlines() if line})
    if families:
        yield well("fonts", f"Chinese is drawn with {families[0]}.")
    else:
        yield note(
            "fonts",
            "No font has Chinese signs: pictures and PDF would show boxes. On Debian:"
            " apt-get install fonts-wqy-microhei.",
        )


def clock(settings: Settings) -> Iterator[Finding]:
    """A clock that is wrong puts restatements in a wrong order and schedules on wrong days."""
    try:
        ZoneInfo(ZONE)
    except ZoneInfoNotFoundError:
        yield fault("clock", f"There is no time zone {ZONE}; install tzdata.")
        return
    now, last = datetime.now(UTC), last_publication(settings)
    if now < BUILT_AFTER:
        yield fault("clock", f"The clock says {now:%Y-%m-%d}; set it, best by NTP.")
    elif last is not None and last > now + MOST_AHEAD:
        yield fault(
            "clock",
            f"The clock says {now:%Y-%m-%d %H:%M} UTC, but the version in force was published at"
            f" {last:%Y-%m-%d %H:%M}: set the clock, best by NTP, before the next load.",
        )
    else:
        here = now.astimezone(ZoneInfo(ZONE))
        yield well("clock", f"{here:%Y-%m-%d %H:%M} in China, by which schedules go.")


def last_publication(settings: Settings) -> datetime | None:
    """When the version in force was published, by the name of its folder."""
    try:
        name = settings.current.resolve(strict=True).name
        return datetime.strptime(name.partition("Z-")[0], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    except (OSError, ValueError):
        return None
