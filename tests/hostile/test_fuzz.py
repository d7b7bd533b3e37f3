"""Damaged files end in a reading or in a sentence: never in a hang, a crash or a full memory."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from dagster_project.census.rejection import FileRejected
from dagster_project.census.table.profile import load_profiles
from dagster_project.lake.ingest import read_into
from dagster_project.lake.readers import LimitReached, Limits, ReadingFailed, each
from dagster_project.lake.scan import scan
from dagster_project.lake.store import Lake, Stored
from tests.hostile.mutations import mutants, originals

SEED = 20260722
LIMITS = Limits(seconds=30, memory=1 << 30)


def read_all(tmp_path, files):
    """What becomes of every file, by its path below raw."""
    raw = tmp_path / "raw"
    for path, data in files.items():
        target = raw / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    read_one = partial(read_into, Lake(tmp_path / "lake"), raw, load_profiles(None))
    results = each(read_one, list(scan(raw)), processes=2, limits=LIMITS)
    return {file.path: result for file, result in results}


@pytest.mark.parametrize(
    "count", [60, pytest.param(1000, marks=pytest.mark.long)], ids=["some", "all"]
)
def test_every_damaged_file_is_read_or_refused(tmp_path, count):
    files = originals(tmp_path / "originals")
    damaged = {mutant.path: mutant for mutant in mutants(files, count, SEED)}
    assert len(damaged) == count
    results = read_all(tmp_path, files | {path: m.data for path, m in damaged.items()})

    assert results.keys() == files.keys() | damaged.keys()
    unread = {path: r.sentence for path, r in results.items()
              if path in files and not isinstance(r, Stored)}  # fmt: skip
    assert unread == {}
    failed = {damaged[path].name: r.sentence for path, r in results.items()
              if isinstance(r, ReadingFailed) and not isinstance(r, LimitReached)}  # fmt: skip
    assert failed == {}
    refused = [r for r in results.values() if isinstance(r, FileRejected)]
    assert all(len(r.reason.split()) > 3 and r.sentence.isprintable() for r in refused)
    slow = [r for r in refused if isinstance(r, LimitReached) and "seconds" in r.reason]
    assert slow == []
    kinds = Counter(type(result).__name__ for result in results.values())
    assert kinds["FileRejected"] > count / 3 and kinds["Stored"] > count / 8, kinds


def test_the_same_seed_makes_the_same_corpus(tmp_path):
    files = originals(tmp_path / "originals")
    once, again = (list(mutants(files, 30, SEED)) for _ in range(2))
    assert once == again
    assert len({mutant.data for mutant in once}) == 30
