"""A bit turns over in any file that the warehouse keeps: it is found, and nobody is told otherwise.

What is found in the lake is mended by the next load (``tests/lake/test_storage.py``), the rest by
`junheng doctor --repair` (``tests/cli/test_repair.py``).
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dagster_project.cli import report, status
from dagster_project.cli.faults import worded
from dagster_project.doctor.lake_storage import stored
from dagster_project.doctor.warehouse import published
from dagster_project.judgement.partitions import Partition, ResultStore
from dagster_project.publish.opening import CannotRead
from dagster_project.publish.publication import unchanged
from dagster_project.publish.versions import (
    NoSuchVersion,
    manifest_of,
    publish,
    rollback,
    versions,
)
from dagster_project.settings import Settings
from tests.failure.published import inspect
from tests.publish.test_versions import build

SEED = 20261128


@pytest.fixture(scope="module")
def settings(tmp_path_factory, flat_county) -> Settings:
    """A copy of a county as it was loaded: its lake, and its version in force."""
    warehouse = tmp_path_factory.mktemp("flips") / "warehouse"
    shutil.copytree(flat_county.settings.warehouse, warehouse, symlinks=True)
    return Settings(flat_county.settings.raw, warehouse, keep_versions=3)


def flips(files: list[Path], luck: random.Random, places: int = 3) -> Iterator[Path]:
    """Each file with a bit of its first, last and some other bytes turned over, one at a time."""
    assert files
    for path in files:
        whole = path.read_bytes()
        last = len(whole) - 1
        for place in {0, last, *(luck.randint(0, last) for _ in range(places))}:
            data = bytearray(whole)
            data[place] ^= 1 << luck.randrange(8)
            path.write_bytes(data)
            yield path
        path.write_bytes(whole)


def faults(findings) -> list[str]:
    return [finding.sentence for finding in findings if finding.level == "fault"]


def files_of(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))


def test_every_flip_in_the_lake_is_found(settings):
    luck, looked_at = random.Random(SEED), set()
    assert faults(stored(settings)) == []
    files = files_of(settings.lake)
    judged = [path for path in files if path.parent.name == "judged"]
    for path in flips([path for path in files if path not in judged], luck):
        assert faults(stored(settings)), path
        looked_at.add(path.relative_to(settings.lake).parts[0])
    assert {"section", "origin", "drift", "delivery", "copy", "mapping", "dictionary"} <= looked_at
    store = ResultStore(settings.lake / "judged")
    for path in flips(judged, luck):  # what was judged is judged again where it is damaged
        year, content, _ = path.stem.split("-")
        assert store.get(Partition(int(year), 0, content)) is None
    assert faults(stored(settings)) == []


def test_every_flip_in_the_published_set_is_found_before_it_is_used(settings, capsys):
    version = settings.current.resolve()
    inputs = manifest_of(version)["inputs"]
    assert faults(published(settings)) == [] and unchanged(settings, inputs) is not None
    files = files_of(version)
    assert {"junheng.duckdb", "manifest.json", "checksums.sha256"} <= {path.name for path in files}
    for path in flips(files, random.Random(SEED), places=1):
        assert faults(published(settings)), path
        assert unchanged(settings, inputs) is None  # so the next load publishes anew
        code = report.run(settings, county=None, school_year=None, only_changed=False)
        assert code == 1 and "junheng load" in capsys.readouterr().err, path
        with pytest.raises(NoSuchVersion, match="damaged"):
            rollback(settings, version.name)
    assert inspect(settings.warehouse)["publish_id"] == version.name


def test_who_reads_a_damaged_database_gets_figures_as_published_or_a_sentence(settings, capsys):
    """DuckDB looks at each block that it reads; nobody sees its words alone."""
    version, said = settings.current.resolve(), set()
    whole = listed(settings, capsys)
    for _ in flips([version / "junheng.duckdb"], random.Random(SEED), places=12):
        try:
            assert listed(settings, capsys) == whole
        except (CannotRead, duckdb.Error) as error:
            capsys.readouterr()  # what it had printed before it came to the damage
            said.add(worded(error))
    assert said and all(sentence and "junheng load" in sentence for sentence in said)


def listed(settings: Settings, capsys) -> str:
    """The counties as `junheng status` lists them."""
    status.run(settings)
    return capsys.readouterr().out


def test_no_flip_in_the_number_of_a_publication_changes_their_order(tmp_path):
    settings = Settings(tmp_path / "raw", tmp_path / "warehouse", keep_versions=9, reader_seconds=0)
    ids = [f"v{number}" for number in range(1, 6)]
    for number, name in enumerate(ids):
        publish(settings, build(settings, number, publish_id=name), name)
    marks = [settings.versions / name / ".in-force" for name in ids]
    for path in flips(marks, random.Random(SEED), places=5):
        assert [version.publish_id for version in versions(settings)] == ids, path
    assert rollback(settings).publish_id == "v4"
