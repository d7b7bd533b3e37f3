"""What lies in raw/, and whether the version in force is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator

from dagster_project.doctor.finding import Finding, fault, note, well
from dagster_project.messages import Message
from dagster_project.settings import Settings

MOST_NAMED = 5


def raw_layout(settings: Settings) -> Iterator[Finding]:
    """Whether the folders of raw/ say which year and term the files below them belong to."""
    from dagster_project.census.place import SCHOOL_YEARS, TERMS
    from dagster_project.lake.scan import RESERVED

    if not settings.raw.is_dir():
        yield fault("raw", "doctor.no_raw", raw=settings.raw)
        return
    if not os.access(settings.raw, os.R_OK | os.X_OK):
        yield fault("raw", "doctor.raw_unreadable", raw=settings.raw)
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
        yield fault("raw", "doctor.raw_no_term", astray=_named(astray))
    if strange:
        yield note("raw", "doctor.raw_no_year", strange=_named(strange))
    if not astray:
        yield well("raw", "doctor.raw_ok", files=files, raw=settings.raw)


def published(settings: Settings) -> Iterator[Finding]:
    """Whether the version in force is whole."""
    from dagster_project.publish.opening import damage_of
    from dagster_project.publish.versions import in_force, manifest_of, versions

    links = (settings.current, settings.database, settings.published)
    are_copies = any(link.exists() and not link.is_symlink() for link in links)
    if are_copies or (versions(settings) and in_force(settings) is None):
        yield fault("published", "doctor.links_lost")
        return
    if not settings.current.is_symlink():
        yield note("published", "doctor.nothing_published")
        return
    version = settings.current.resolve()
    if why := damage_of(version, manifest_of(version)):
        yield fault("published", "doctor.version_damaged", why=why)
        return
    yield well("published", "doctor.version_whole", name=version.name)
    for other in versions(settings):
        if other.folder != version and (why := damage_of(other.folder, manifest_of(other.folder))):
            told = {"version": other.publish_id, "why": why}
            yield note("published", "doctor.earlier_version_damaged", **told)


def _named(names: list[str]) -> list[str | Message]:
    more = [Message("planning.and_more", {"count": len(names) - MOST_NAMED})]
    return [*names[:MOST_NAMED], *(more if len(names) > MOST_NAMED else [])]
