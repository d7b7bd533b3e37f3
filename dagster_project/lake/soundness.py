"""Whether the lake still holds what was written: readings compared with what the log says of them.

A disk forgets a bit now and then, and a power cut may leave an empty file. Every load compares all
readings with their digests in the log; what is damaged is read again from raw/, and what is not
there any more is refused by name. No figure comes from a reading that is not as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.census.rejection import FileRejected
from dagster_project.lake.append_log import DAMAGED
from dagster_project.lake.store import PARTS, Delivery, Lake
from dagster_project.machine import durable

Reading = tuple[str, int, str]  # sha256, school year, term
NO_LONGER_THERE = FileRejected("lake.reading_damaged")


def unsound(
    lake: Lake, log: Iterable[Delivery], deliveries: Iterable[Delivery]
) -> dict[tuple[str, str], Delivery]:
    """Those of ``deliveries``, by path and hash, whose reading is not what ``log`` says of it.

    Copies of a file share a reading, so the log is asked by the hash of the file. Readings that
    were written before the log spoke of digests are asked for no more than to be Parquet.
    """
    written = _as_written(log)
    wanted = [delivery for delivery in deliveries if delivery.has_reading]
    found = {_reading(d): lake.named_files(d) for d in wanted}
    digests = durable.digests_as_they_stand(
        path for reading, files in found.items() if reading in written for path in files.values()
    )
    damaged = set()
    for reading, files in found.items():
        if reading in written:
            there = {key: digests[path] or "" for key, path in files.items()}
            is_sound = there.keys() == written[reading].keys() and all(
                there[name].startswith(digest) for name, digest in written[reading].items()
            )
        else:
            is_sound = bool(files) and all(map(_is_parquet, files.values()))
        if not is_sound:
            damaged.add(reading)
    return {(d.path, d.sha256): d for d in wanted if _reading(d) in damaged}


def set_aside(lake: Lake, deliveries: Iterable[Delivery]) -> None:
    """Move readings to where nobody reads them, ``damaged/``; the models read whole folders."""
    for path in {path for delivery in deliveries for path in lake.files(delivery)}:
        target = lake.root / DAMAGED / path.relative_to(lake.root)
        durable.make_folder(target.parent)
        durable.move(path, target)


def remove_torn(lake: Lake, log: Iterable[Delivery]) -> list[Path]:
    """Remove tables that no delivery speaks of and that cannot be read, and return them.

    A load that was cut off leaves tables that are read again by the next one; of a power cut they
    may be torn, and would stop whoever reads the whole folder.
    """
    known = {path for delivery in log for path in lake.files(delivery)}
    there = (path for name in PARTS for path in (lake.root / name).glob("*/*.parquet"))
    torn = [path for path in there if path not in known and not _can_be_read(path)]
    for path in torn:
        path.unlink(missing_ok=True)
    return torn


def _can_be_read(path: Path) -> bool:
    try:
        with pq.ParquetFile(path) as file:
            for _ in file.iter_batches():
                pass
        return True
    except (OSError, pa.ArrowException):
        return False


def _as_written(log: Iterable[Delivery]) -> Mapping[Reading, Mapping[str, str]]:
    """What the log said last of every reading: the digest of each of its parts."""
    return {_reading(d): dict(part.split("=") for part in d.parts.split()) for d in log if d.parts}


def _reading(delivery: Delivery) -> Reading:
    return delivery.sha256, delivery.school_year or 0, delivery.term or ""


def _is_parquet(path: Path) -> bool:
    try:
        pq.read_metadata(path)
        return True
    except (OSError, pa.ArrowException):
        return False
