"""Where things are and how much of the machine a load may use."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def parse_bytes(text: str) -> int | None:
    """Bytes of a size as DuckDB writes it (``2GB`` = 2·10⁹, ``2GiB`` = 2·2³⁰), if it is one."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?\s*", text, re.IGNORECASE)
    if found is None:
        return None
    number, unit, binary = found.groups()
    table = _BINARY if binary and unit else _UNITS
    return int(float(number) * table[unit.upper()])


@dataclass(frozen=True)
class Settings:
    """Paths and limits of one installation.

    ``memory_limit`` bounds DuckDB (what does not fit spills to ``build/spill``), ``threads`` its
    parallelism, ``workers`` the number of processes that read raw files, ``keep_versions`` how many
    published versions stay on disk (and ``reader_seconds`` how long any stays that was in force),
    ``keep_runs`` how many journals and summaries of runs. ``log``
    (json or text) sends the journal to stderr as well. ``file_seconds`` and ``file_memory`` bound
    the reading of one raw file, ``document_seconds`` (and the same memory) the writing of one
    document with a template that is not the project's. ``judges_apart`` lets a process of its own
    get ready to judge while files are read; worth it where the process that loads ends with the
    load. ``own_templates`` is a folder with a province's own report templates (default
    ``raw/templates``), ``report_counties`` the most county-years whose reports a load writes.
    """

    raw: Path
    warehouse: Path
    threads: int = 2
    memory_limit: str = "2GB"
    workers: int = 2
    keep_versions: int = 3
    reader_seconds: float = 60.0
    keep_runs: int = 50
    log: str = ""
    file_seconds: float = 600.0
    file_memory: str = "3GB"
    document_seconds: float = 60.0
    judges_apart: bool = False
    own_templates: Path | None = None
    report_counties: int = 100

    @classmethod
    def from_environment(
        cls, raw: Path | str | None = None, warehouse: Path | str | None = None
    ) -> Settings:
        """Settings from ``JUNHENG_*`` variables; the arguments win over the variables."""
        env = os.environ
        templates = env.get("JUNHENG_TEMPLATES")
        cores = _cores()
        return cls(
            raw=Path(raw or env.get("JUNHENG_RAW") or "raw").absolute(),
            warehouse=Path(warehouse or env.get("JUNHENG_WAREHOUSE") or "warehouse").absolute(),
            threads=int(env.get("JUNHENG_THREADS") or cores),
            memory_limit=env.get("JUNHENG_MEMORY_LIMIT") or "2GB",
            workers=int(env.get("JUNHENG_WORKERS") or cores),
            keep_versions=int(env.get("JUNHENG_KEEP_VERSIONS") or 3),
            reader_seconds=float(env.get("JUNHENG_READER_SECONDS") or 60),
            keep_runs=int(env.get("JUNHENG_KEEP_RUNS") or 50),
            log=env.get("JUNHENG_LOG") or "",
            file_seconds=float(env.get("JUNHENG_FILE_SECONDS") or 600),
            file_memory=env.get("JUNHENG_FILE_MEMORY") or "3GB",
            document_seconds=float(env.get("JUNHENG_DOCUMENT_SECONDS") or 60),
            # Who runs the load may point it anywhere, also by a link; who drops files may not.
            own_templates=Path(templates).resolve() if templates else None,
            report_counties=int(env.get("JUNHENG_REPORT_COUNTIES") or 100),
        )

    @property
    def file_memory_bytes(self) -> int:
        """``file_memory`` in bytes; raises ``ValueError`` where it is no size."""
        size = parse_bytes(self.file_memory)
        if size is None:
            raise ValueError(
                f"JUNHENG_FILE_MEMORY is {self.file_memory!r}; write a size such as 3GB."
            )
        return size

    @property
    def lake(self) -> Path:
        """The content-addressed Parquet lake; never rebuilt, only added to."""
        return self.warehouse / "lake"

    @property
    def build(self) -> Path:
        """Work in progress; whatever stands here is worthless and is cleared by the next load."""
        return self.warehouse / "build"

    @property
    def logs(self) -> Path:
        """Journals of the last runs, a JSON line an event."""
        return self.warehouse / "logs"

    @property
    def runs(self) -> Path:
        """Summaries of the last runs, for people."""
        return self.warehouse / "runs"

    @property
    def versions(self) -> Path:
        """The published versions, one folder each."""
        return self.warehouse / "versions"

    @property
    def current(self) -> Path:
        """Link to the folder of the version in force; swapping it is what publishing means."""
        return self.warehouse / "current"

    @property
    def database(self) -> Path:
        """What analysts open."""
        return self.warehouse / "junheng.duckdb"

    @property
    def published(self) -> Path:
        """The same tables as Parquet, with ``manifest.json``."""
        return self.warehouse / "published"

    @property
    def reports(self) -> Path:
        """The yearly reports, by school year and county."""
        return self.warehouse / "reports"

    @property
    def templates(self) -> Path:
        """Where a province's own report templates stand."""
        return self.own_templates or self.raw / "templates"
