"""The warehouse as a Dagster resource: its settings, and the right to write it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from dagster_project.defs.accounts import accounted
from dagster_project.judgement.gx import helper_process
from dagster_project.machine import durable
from dagster_project.publish.lock import writing
from dagster_project.publish.publication import NotPublished
from dagster_project.publish.versions import sweep
from dagster_project.runs.progress import report
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dagster_project.judgement.judge import Judged


class Warehouse(dg.ConfigurableResource):
    """Where to load from and to. Empty values mean: the ``JUNHENG_*`` variables, then defaults.

    The resource lives as long as a run and holds the writer's lock all that time, so that two runs
    never build in the same folder even where no pool limit is configured. ``patience_seconds`` is
    how long an unattended run waits for what can pass, such as a load from the command line; a
    person is told at once.
    """

    raw: str = ""
    warehouse: str = ""
    as_of: str = ""
    patience_seconds: float = 0.0

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(self.raw or None, self.warehouse or None)

    def judge(self, question: helper_process.Question) -> Judged:
        """Judge, in the process that was got ready (by the command line) or in this one."""
        if (ready := helper_process.helper()) is not None:
            return ready.judge(question)

        def progress(done: int, total: int, detail: str) -> None:
            report("judge", done, total, detail)

        return question.answer(progress)

    def made(self, name: str) -> Path:
        """What an earlier step of this run left in the build folder.

        Each run builds anew in an empty folder, so a run that begins in the middle ("from failure")
        finds nothing: raises :class:`NotPublished` with what to do.
        """
        path = self.settings.build / name
        if not path.exists():
            raise NotPublished("runs.begins_in_the_middle", name=name)
        return path

    @property
    def known_at(self) -> datetime | None:
        """The moment (naive UTC) whose knowledge is published; ``None`` for now."""
        return datetime.fromisoformat(self.as_of) if self.as_of else None

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Warehouse]:
        settings = self.settings
        with writing(settings.warehouse, wait_seconds=self.patience_seconds):
            durable.clear(settings.build)  # an interrupted load's leavings, whatever they are
            sweep(settings)
            settings.build.mkdir(parents=True)
            try:
                with accounted(settings, context):
                    yield self
            finally:
                shutil.rmtree(settings.build, ignore_errors=True)
