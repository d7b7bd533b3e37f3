"""What a look at raw/ means for the log: pure decisions, one entry for every version of a file.

The cases, in this order: what was read now, what cannot be read, two files that quarrelled before,
a file put back as it was, two files that quarrel now, and files that were taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from dagster_project.census.rejection import FileRejected
from dagster_project.lake.in_force import FileVersion, latest_by_version, newest_by_path, vanished
from dagster_project.lake.scan import RawFile
from dagster_project.lake.store import ACCEPTED, CONFLICT, GONE, REJECTED, Delivery, Stored
from dagster_project.messages import Message


@dataclass(frozen=True)
class Read:
    """A file that was read now: what came of it, and what that depends on beside its bytes."""

    file: RawFile
    result: Stored | FileRejected
    reading: str


@dataclass(frozen=True)
class Look:
    """What lies in raw/: files that can be opened, and those that cannot, with the reason."""

    files: tuple[RawFile, ...]
    unusable: tuple[tuple[RawFile, FileRejected], ...] = ()

    @property
    def present(self) -> list[RawFile]:
        return [*self.files, *(file for file, _ in self.unusable)]


Quarrels = Callable[[Iterable[Delivery], Iterable[Delivery]], Mapping[FileVersion, Message]]
"""For every delivery that contradicts another of the same load, or what counts already and is of
another source (the second argument): the message that says so."""


def settle(
    log: Collection[Delivery],
    look: Look,
    read: Iterable[Read],
    quarrels: Quarrels,
    *,
    load_id: str,
    now: datetime,
    fingerprint: str,
    is_in_scope: Callable[[str], bool] = lambda path: True,
    is_taken_out: Callable[[str], bool] = lambda path: False,
) -> list[Delivery]:
    """The new entries of the log. ``now`` is later than all that the log holds.

    ``is_in_scope`` says of a path whether this load looked for it, ``is_taken_out`` whether its
    file was taken out of a folder that is still there.
    """
    latest = latest_by_version(log)
    arrivals = _Arrivals(log, look, load_id, now, is_in_scope)
    entries: dict[FileVersion, Delivery] = {}
    refused = (Read(file, refusal, fingerprint) for file, refusal in look.unusable)
    for item in (*read, *refused):
        key = item.file.path, item.file.sha256
        entries[key] = entry_of(item, *arrivals.of(key))
    for file in look.files:
        key = file.path, file.sha256
        before = latest.get(key)
        if before is None or key in entries:
            continue
        if before.outcome == CONFLICT:  # settled anew: the other claimant may be gone by now
            entries[key] = replace(
                before, outcome=ACCEPTED, reason=None, message=None, loaded_at=now
            )
        elif not arrivals.is_last_word(before):  # put back: the bytes are known, the move is news
            entries[key] = replace(before, load_id=load_id, loaded_at=now)
    gone = list(vanished(log, look.present, is_in_scope, is_taken_out))
    fresh = [e for e in entries.values() if e.accepted and not arrivals.is_old(e)]
    replaced = {e.path for e in fresh} | {d.path for d in gone}
    standing = [
        entries.get(key, d)
        for key, d in latest.items()
        if d.accepted and arrivals.is_last_word(d) and d.path not in replaced
    ]
    for key, message in quarrels(fresh, standing).items():
        reason, said = message.text("en"), latest.get(key)
        if said is not None and said.outcome == CONFLICT and said.reason == reason:
            entries[key] = said
        else:
            entries[key] = replace(
                entries[key], outcome=CONFLICT, reason=reason, message=message.to_json()
            )
    changed = [entry for key, entry in sorted(entries.items()) if entry != latest.get(key)]
    return changed + [replace(delivery, loaded_at=now) for delivery in gone]


class _Arrivals:
    """When a file version came: a re-reading keeps the time, and so does a file that was moved."""

    def __init__(
        self,
        log: Collection[Delivery],
        look: Look,
        load_id: str,
        now: datetime,
        is_in_scope: Callable[[str], bool],
    ) -> None:
        self._latest, self._newest = latest_by_version(log), newest_by_path(log)
        self._news = load_id, now
        here = {file.path for file in look.present}
        self._moved = {
            d.sha256: d
            for d in self._latest.values()
            if d.accepted and d.path not in here and is_in_scope(d.path)
        }

    def of(self, key: FileVersion) -> tuple[str, datetime]:
        """The load that brought a file version, and when."""
        before = self._latest.get(key)
        if before is None:
            before = self._moved.get(key[1])
        elif before.outcome == GONE or not self.is_last_word(before):
            before = None  # something else lay there since, or nothing: it has come once more
        return (before.load_id, before.loaded_at) if before is not None else self._news

    def is_old(self, entry: Delivery) -> bool:
        """Whether an entry's figures count already: it quarrels with nobody in this load."""
        before = self._latest.get((entry.path, entry.sha256))
        if before is None:
            return entry.loaded_at != self._news[1]  # it was moved
        return before.accepted

    def is_last_word(self, delivery: Delivery) -> bool:
        """Whether a version is the one that came last on its path."""
        return self._newest[delivery.path].sha256 == delivery.sha256


def entry_of(item: Read, load_id: str, arrived: datetime) -> Delivery:
    """The entry of a file that was read, or could not be."""
    base = Delivery(
        load_id=load_id,
        path=item.file.path,
        sha256=item.file.sha256,
        loaded_at=arrived,
        outcome=ACCEPTED,
        reading=item.reading,
        correction_rank=item.file.correction_rank,
    )
    result = item.result
    if isinstance(result, FileRejected):
        return replace(
            base,
            outcome=REJECTED,
            reason=result.sentence,
            message=result.message.to_json(),
            sheet=result.sheet,
            cell=result.cell,
        )
    return replace(
        base,
        school_year=result.school_year,
        term=result.term,
        shape=result.shape,
        profile=result.profile,
        vintage=result.vintage,
        rows=result.rows,
        parts=result.parts or None,
        periods=result.periods or None,
    )
