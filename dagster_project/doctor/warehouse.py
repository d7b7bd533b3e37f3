"""What lies in raw/, and whether the version in force is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator

from dagster_project.doctor.finding import Finding, Level
from dagster_project.settings import Settings

MOST_NAMED = 5


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
    from dagster_project.publish.opening import damage_of
    from dagster_project.publish.versions import in_force, manifest_of, versions

    links = (settings.current, settings.database, settings.published)
    are_copies = any(link.exists() and not link.is_symlink() for link in links)
    if are_copies or (versions(settings) and in_force(settings) is None):
        yield Finding(
            Level.fault,
            "published",
            "One of current, junheng.duckdb and published is no link to a version, as after a"
            " backup was put back; `junheng load` sets it again.",
        )
        return
    if not settings.current.is_symlink():
        yield Finding(Level.note, "published", "Nothing is published yet; run `junheng load`.")
        return
    version = settings.current.resolve()
    if why := damage_of(version, manifest_of(version)):
        yield Finding(
            Level.fault,
            "published",
            f"The version in force is damaged ({why}); `junheng load` and `junheng doctor --repair`"
            " publish it anew, `junheng rollback` puts the one before in force.",
        )
        return
    yield Finding(Level.well, "published", f"Version {version.name} is whole.")
    for other in versions(settings):
        if other.folder != version and (why := damage_of(other.folder, manifest_of(other.folder))):
            yield Finding(
                Level.note,
                "published",
                f"The earlier version {other.publish_id} is damaged ({why}); nothing goes back to"
                " it, and it goes as others do.",
            )


def _named(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
