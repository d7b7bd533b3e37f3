"""Whether what the warehouse keeps for good can be read, and the way out where it cannot.

Looking changes nothing. :func:`repair` walks the way: logs are taken from their copies or set aside
and made anew from the version in force, readings are read again from raw/, leftovers go. A repair
that is cut short is taken up by the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from dagster_project.doctor.finding import Finding, fault, well
from dagster_project.lake.append_log import AppendLog
from dagster_project.lake.in_force import latest_by_version
from dagster_project.lake.ingest import mend, told_of
from dagster_project.lake.readers import Limits
from dagster_project.lake.scan import CORRECTIONS
from dagster_project.lake.soundness import unsound
from dagster_project.lake.store import ACCEPTED, GONE, LOGS, Delivery, Lake
from dagster_project.machine import durable
from dagster_project.messages import Message
from dagster_project.publish.checksums import is_as_published
from dagster_project.publish.opening import damage_of
from dagster_project.publish.versions import in_force, manifest_of, versions
from dagster_project.settings import Settings

MOST_NAMED = 5
_LOADED = "published/load.parquet"
_UNFINISHED = ".log-to-be-completed"  # in the lake: entries were set aside and are not made anew


def stored(settings: Settings) -> Iterator[Finding]:
    """Logs, readings and the build folder, each as it should be."""
    faults = [fault("storage", message) for message in _faults(settings)]
    yield from faults
    if settings.lake.is_dir() and not faults:
        yield well("storage", "doctor.lake_ok")


def _faults(settings: Settings) -> Iterator[Message]:
    if (settings.lake / _UNFINISHED).exists():
        yield Message("doctor.repair_cut_short")
    if settings.build.exists() and not settings.build.is_dir():
        yield Message("doctor.build_no_folder", {"folder": settings.build})
    lake = Lake(settings.lake)
    damaged = False
    for name in LOGS:
        for entry in AppendLog(settings.lake / name).entries():
            if entry.path is None:
                damaged = damaged or name == "delivery"
                yield Message("doctor.entry_lost", {"entry": f"lake/{name}/{entry.name}"})
            elif entry.is_damaged:
                yield Message("doctor.entry_damaged", {"entry": f"lake/{name}/{entry.name}"})
    for name in lake.small_tables():
        if not lake.has_table(name):
            yield Message("doctor.table_damaged", {"name": name})
    if not damaged:
        log = lake.deliveries()
        broken = sorted({path for path, _ in unsound(lake, log, latest_by_version(log).values())})
        if broken:
            named: list[str | Message] = [*broken[:MOST_NAMED]]
            if len(broken) > MOST_NAMED:
                named.append(Message("planning.and_more", {"count": len(broken) - MOST_NAMED}))
            yield Message("doctor.readings_damaged", {"files": named})


def repair(settings: Settings) -> list[str]:
    """Put right what :func:`stored` finds; a sentence for each thing done.

    Only for whoever holds the warehouse. What was set aside lies below ``lake/damaged``.
    """
    done: list[Message] = []
    if settings.build.exists():
        durable.clear(settings.build)
        done.append(Message("doctor.cleared", {"folder": settings.build}))
    lake = Lake(settings.lake)
    done += [Message("doctor.taken_from_copy", {"name": name}) for name in lake.sweep()]
    unfinished = settings.lake / _UNFINISHED
    for name in LOGS:
        log = AppendLog(settings.lake / name)
        if name == "delivery" and any(entry.path is None for entry in log.entries()):
            durable.write_text(unfinished, "")  # a repair that is cut short is taken up here
        if moved := log.set_aside():
            done.append(Message("doctor.set_aside", {"count": len(moved), "name": name}))
    if unfinished.exists():
        entries = _from_the_publication(settings, lake)
        lake.append(entries)
        unfinished.unlink()
        done.append(Message("doctor.taken_from_version", {"count": len(entries)}))
    standing = in_force(settings)
    if standing is not None and (why := damage_of(standing, manifest_of(standing))):
        done.append(Message("doctor.published_anew", {"version": standing.name, "why": why}))
    limits = Limits(settings.file_seconds, settings.file_memory_bytes)
    for entry in mend(settings.raw, lake, settings.workers, limits):
        done.append(told_of(entry))
    return [message.text() for message in done]


def _from_the_publication(settings: Settings, lake: Lake) -> list[Delivery]:
    """What the newest version says of deliveries and the log does not: what was lost with it.

    They keep the times of their arrival, so that corrections stay later than what they correct.
    Nothing is known of how they were read, so the next load reads those again that are in raw/.
    """
    kept = [version for version in versions(settings) if version.as_of is None]
    for version in reversed(kept):
        if not is_as_published(version.folder, _LOADED):
            continue
        try:
            rows = pq.read_table(version.folder / _LOADED).to_pylist()
        except (OSError, ValueError):
            continue
        known = latest_by_version(lake.deliveries())
        said: dict[tuple[str, str], list[dict]] = {}
        for row in sorted(rows, key=lambda row: (row["school_year"] or 0, row["term"] or "")):
            said.setdefault((row["path"], row["sha256"]), []).append(row)
        lost = [
            _delivery(years)
            for key, years in said.items()
            if key not in known
            or not known[key].accepted
            or known[key].loaded_at != years[-1]["loaded_at"]
        ]
        withdrawn = [
            replace(delivery, outcome=GONE)
            for key, delivery in known.items()
            if delivery.accepted and key not in said and _was_known(delivery, version.folder)
        ]
        return lost + withdrawn
    return []


def _was_known(delivery: Delivery, version: Path) -> bool:
    """Whether a delivery had come when a version was published."""
    published = str(manifest_of(version).get("published_at") or "")[:19]
    return delivery.loaded_at.isoformat()[:19] < published


def _delivery(years: list[dict]) -> Delivery:
    """The delivery of a file from its rows of ``quality.load``, one a school year, oldest first."""
    row = years[-1]
    periods = " ".join(f"{y['school_year']}-{y['term']}={y['rows']}" for y in years)
    ranks = sum(bool(CORRECTIONS.fullmatch(part)) for part in Path(row["path"]).parts[:-1])
    return Delivery(
        load_id="repaired",
        path=row["path"],
        sha256=row["sha256"],
        loaded_at=row["loaded_at"],
        outcome=ACCEPTED,
        reading="",
        school_year=row["school_year"],
        term=row["term"],
        shape=row["shape"],
        profile=row["profile"],
        vintage=row["vintage"],
        rows=sum(year["rows"] or 0 for year in years) if row["rows"] is not None else None,
        correction_rank=ranks,
        periods=periods if len(years) > 1 else None,
    )
