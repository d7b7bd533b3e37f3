"""Where things are and how much of the machine a load may use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dagster_project.variables import default_of, parse_bytes, values

__all__ = ["DATABASE", "Settings", "parse_bytes"]

DATABASE = "junheng.duckdb"  # in the warehouse, in every version, and in a build
COVERAGE = float(default_of("JUNHENG_COVERAGE"))


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


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
    ``raw/templates``), ``report_counties`` the most county-years whose reports a load writes,
    ``coverage`` the share of a region's counties from which on they speak for it and are ranked.
    ``stock_dbt`` leaves the models to stock dagster-dbt, which takes longer. ``validates`` has
    Great Expectations repeat the judgement and write its project and pages.
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
    coverage: float = COVERAGE
    stock_dbt: bool = False
    validates: bool = True

    @classmethod
    def from_environment(
        cls,
        raw: Path | str | None = None,
        warehouse: Path | str | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> Settings:
        """Settings from ``JUNHENG_*`` variables; the arguments win over the variables.

        Raises :class:`~.variables.SettingsInvalid` with every variable that cannot be used.
        """
        get = values(environment)
        templates = get["JUNHENG_TEMPLATES"]
        return cls(
            raw=Path(raw or get["JUNHENG_RAW"]).absolute(),
            warehouse=Path(warehouse or get["JUNHENG_WAREHOUSE"]).absolute(),
            threads=get["JUNHENG_THREADS"] or _cores(),
            memory_limit=get["JUNHENG_MEMORY_LIMIT"],
            workers=get["JUNHENG_WORKERS"] or _cores(),
            keep_versions=get["JUNHENG_KEEP_VERSIONS"],
            reader_seconds=get["JUNHENG_READER_SECONDS"],
            keep_runs=get["JUNHENG_KEEP_RUNS"],
            log=get["JUNHENG_LOG"],
            file_seconds=get["JUNHENG_FILE_SECONDS"],
            file_memory=get["JUNHENG_FILE_MEMORY"],
            document_seconds=get["JUNHENG_DOCUMENT_SECONDS"],
            # Who runs the load may point it anywhere, also by a link; who drops files may not.
            own_templates=Path(templates).resolve() if templates else None,
            report_counties=get["JUNHENG_REPORT_COUNTIES"],
            coverage=get["JUNHENG_COVERAGE"],
            stock_dbt=get["JUNHENG_DBT"] == "stock",
            validates=get["JUNHENG_VALIDATION"] == "on",
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
        return self.warehouse / DATABASE

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
