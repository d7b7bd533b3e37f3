"""Which deliveries count: pure decisions over the log.

A later delivery of the same path supersedes the earlier one whole. Between different paths the
later delivery wins school by school (that is decided in :mod:`dagster_project.lake.selection`,
where the schools are known).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from dagster_project.lake.scan import RawFile
from dagster_project.lake.store import CONFLICT, GONE, LOST, REJECTED, Delivery

FileVersion = tuple[str, str]  # path, sha256


def latest_by_version(log: Iterable[Delivery]) -> dict[FileVersion, Delivery]:
    """The last word on every file version that was ever delivered."""
    return {(d.path, d.sha256): d for d in log}


def known_at(log: Iterable[Delivery], as_of: datetime | None) -> list[Delivery]:
    """The last word on every file version, leaving out what arrived after ``as_of`` (UTC)."""
    latest = latest_by_version(d for d in log if as_of is None or d.loaded_at <= as_of)
    return sorted(latest.values(), key=lambda d: (d.loaded_at, d.path, d.sha256))


def superseded(deliveries: Iterable[Delivery]) -> dict[FileVersion, str]:
    """For every accepted version that a later one of the same path replaced: that one's sha256."""
    newest: dict[str, Delivery] = {}
    replaced: dict[FileVersion, str] = {}
    for delivery in sorted(
        (d for d in deliveries if d.accepted), key=lambda d: (d.loaded_at, d.sha256)
    ):
        earlier = newest.get(delivery.path)
        if earlier is not None:
            replaced[earlier.path, earlier.sha256] = delivery.sha256
        newest[delivery.path] = delivery
    return replaced


def newest_by_path(deliveries: Iterable[Delivery]) -> dict[str, Delivery]:
    """What arrived last on every path, accepted or not."""
    newest: dict[str, Delivery] = {}
    for delivery in sorted(deliveries, key=lambda d: d.loaded_at):
        newest[delivery.path] = delivery
    return newest


def refused_now(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """Versions that lie in raw/ and do not count: the newest of their path, and refused."""
    newest = newest_by_path(deliveries)
    return [d for d in newest.values() if d.outcome in (REJECTED, CONFLICT, LOST)]


def vanished(
    deliveries: Iterable[Delivery],
    present: Iterable[RawFile],
    in_scope: Callable[[str], bool],
    is_taken_out: Callable[[str], bool] = lambda path: False,
) -> list[Delivery]:
    """The versions whose file is no longer in raw/, as the entries that say so.

    A refusal ends with its file. Accepted figures are withdrawn, all versions of the path, only
    if nothing lies there now and ``is_taken_out`` says that the file was taken out of a folder
    that is still there: a year that was put away, or a disk that is not mounted, withdraws nothing.
    """
    versions = {(file.path, file.sha256) for file in present}
    paths = {path for path, _ in versions}

    def has_gone(d: Delivery) -> bool:
        if d.outcome in (REJECTED, CONFLICT):
            return (d.path, d.sha256) not in versions
        return d.accepted and d.path not in paths and is_taken_out(d.path)

    return [
        replace(d, outcome=GONE, reason=None, message=None, sheet=None, cell=None)
        for d in latest_by_version(deliveries).values()
        if in_scope(d.path) and has_gone(d)
    ]
