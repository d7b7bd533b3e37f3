"""The parsed dbt project, kept until one of its files changes.

Parsing is most of what dbt costs on a small county. Nothing that varies between loads (paths,
limits) enters the parsed project, so a manifest stays valid as long as the files, dbt and the place
of the project are the same.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.machine.durable import digest_as_it_stands
from dagster_project.messages import MessageError
from dagster_project.project import DBT
from dagster_project.project import cache as cache_folder

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_IGNORED = {"target", "logs", "dbt_packages"}
_KEPT = "manifest-"
_KEEP = 3


class DbtProjectInvalid(MessageError):
    """The dbt project cannot be parsed; the message is dbt's own."""


def project_hash(project: Path = DBT) -> str:
    """Hash of all that the published tables owe to the dbt project: its files and dbt's version."""
    total = hashlib.sha256(_dbt().encode())
    for folder, names, files in os.walk(project):
        names[:] = sorted(set(names) - _IGNORED) if folder == str(project) else sorted(names)
        for name in sorted(files):
            if not name.startswith("."):
                path = Path(folder, name)
                total.update(os.path.relpath(path, project).encode() + b"\0")
                total.update(digest_as_it_stands(path).encode())
    return total.hexdigest()


@cache
def _dbt() -> str:
    return f"{version('dbt-core')} {version('dbt-duckdb')}"


def manifest_path(project: Path = DBT) -> Path:
    """Path of ``manifest.json`` of the project as it stands now; parses it if need be."""
    return kept_folder(project) / "manifest.json"


def load_manifest(project: Path = DBT) -> Manifest:
    """The parsed project, ready for one dbt run.

    A fresh object each time: dbt writes what it compiled, with the paths of the run, into it.
    """
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    packed = (kept_folder(project) / "manifest.msgpack").read_bytes()
    return Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)


def kept_folder(project: Path = DBT) -> Path:
    """Folder of what is kept of the project as it stands now; parses it if need be."""
    # The manifest names absolute paths, so a project that moved is another one.
    place = hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:8]
    folder = cache_folder() / f"{_KEPT}{project_hash(project)[:16]}-{place}"
    if not (folder / "manifest.msgpack").exists() or not (folder / "manifest.json").exists():
        _parse(project, folder)
    return folder


def _parse(project: Path, folder: Path) -> None:
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumaro_encoder

    work = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    work.mkdir(parents=True)
    try:
        done = dbtRunner().invoke(["parse", "--no-partial-parse", *arguments(project, work)])
        if not isinstance(done.result, Manifest):
            raise DbtProjectInvalid(
                "runs.dbt_unparsable", project=project, exception=done.exception
            )
        (work / "manifest.msgpack").write_bytes(done.result.to_msgpack(extended_mashumaro_encoder))
        done.result.write(str(work / "manifest.json"))
        try:
            os.rename(work, folder)
        except OSError:
            # Another process parsed the same files at the same time; its result is as good.
            if not (folder / "manifest.msgpack").exists():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _forget_old(folder)


def _forget_old(keep: Path) -> None:
    place = keep.name.rpartition("-")[2]
    found = [path for path in keep.parent.glob(f"{_KEPT}*-{place}") if path != keep]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[_KEEP - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def arguments(project: Path, target: Path) -> list[str]:
    """What every dbt call is given: where things are, and silence towards screen and network."""
    return [
        "--project-dir", str(project),
        "--profiles-dir", str(project),
        "--target-path", str(target),
        "--log-path", str(target),
        "--log-level", "none",
        "--log-level-file", "none",
        "--quiet",
        "--no-write-json",
        "--no-version-check",
        "--no-send-anonymous-usage-stats",
    ]  # fmt: skip
