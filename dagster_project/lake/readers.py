"""Reading raw files into the lake, many at a time in processes of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.forkserver import ensure_running
from pathlib import Path

from dagster_project.census.profile_model import Profiles
from dagster_project.census.read import read
from dagster_project.census.rejection import FileRejected
from dagster_project.lake.scan import RawFile
from dagster_project.lake.store import Lake, Stored

# Below this much work, starting reader processes costs more than it saves.
PARALLEL_FROM_FILES = 12
PARALLEL_FROM_BYTES = 2_000_000
# What every reader needs, imported once, before the first of them is forked off.
# pandas: pyarrow imports it with the first list that it turns into a column.
_IMPORTED_ONCE = [__name__, "pandas"]


class ReadingFailed(FileRejected):
    """The machine or the program failed, not the file: it is tried again by the next load."""

    def __reduce__(self):
        return _failed, (self.reason, self.advice)


def _failed(reason: str, advice: str) -> ReadingFailed:
    return ReadingFailed(reason, advice=advice)


def prepare() -> None:
    """Let the process that readers are forked from import what they need; returns at once."""
    _context()
    ensure_running()


def _context():
    context = get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED_ONCE)
    return context


def read_all(
    files: Sequence[RawFile], raw: Path, lake: Lake, profiles: Profiles, workers: int
) -> Iterator[tuple[RawFile, Stored | FileRejected]]:
    """Yield ``(file, Stored | FileRejected)`` for every file, in no particular order."""
    big = len(files) >= PARALLEL_FROM_FILES or sum(f.size for f in files) >= PARALLEL_FROM_BYTES
    if workers > 1 and len(files) > 1 and big:
        yield from _read_in_processes(files, raw, lake, profiles, workers)
    else:
        for file in files:
            yield file, read_into(lake, file, raw, profiles)


def read_into(lake: Lake, file: RawFile, raw: Path, profiles) -> Stored | FileRejected:
    """Read one file and store it; whatever goes wrong concerns this file alone."""
    try:
        return lake.write(read(file.location, raw, profiles, sha256=file.sha256), file.sha256)
    except FileRejected as refusal:
        return refusal
    except MemoryError:
        return ReadingFailed(
            "Reading the file took more memory than there is.",
            advice="Split it (one stage, one county) and load the parts.",
        )
    except Exception as error:  # one odd file must never stop the others
        return ReadingFailed(
            f"The file could not be read ({type(error).__name__}: {error}).",
            advice="Open it, save it anew and try again; if that fails too, please report it.",
        )


def _read_in_processes(files, raw, lake, profiles, workers):
    context = _context()
    # Largest first, so that no big file is left alone at the end.
    waiting = sorted(files, key=lambda f: f.size, reverse=True)
    alone: list[RawFile] = []
    with ProcessPoolExecutor(min(workers, len(files)), mp_context=context) as pool:
        running = {pool.submit(read_into, lake, f, raw, profiles): f for f in waiting}
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                file = running.pop(future)
                try:
                    yield file, future.result()
                except BrokenProcessPool:
                    alone.append(file)
    # A reader process died and took its neighbours' work along: find the culprit one by one.
    for file in alone:
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            try:
                yield file, pool.submit(read_into, lake, file, raw, profiles).result()
            except BrokenProcessPool:
                yield (
                    file,
                    ReadingFailed(
                        "Reading the file ended its reader process (out of memory, or a fault).",
                        advice="Split the file, or give the machine more memory.",
                    ),
                )
