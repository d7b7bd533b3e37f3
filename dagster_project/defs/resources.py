"""The warehouse as a Dagster resource: its settings, and the right to write it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import PrivateAttr

from dagster_project.judgement.apart import Helper
from dagster_project.progress import report
from dagster_project.publish.lock import writing
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dagster_project.judgement.judge import Judged


class Warehouse(dg.ConfigurableResource):
    """Where to load from and to. Empty values mean: the ``JUNHENG_*`` variables, then defaults.

    The resource lives as long as a run and holds the writer's lock all that time, so that two runs
    never build in the same folder even where no pool limit is configured.
    """

    raw: str = ""
    warehouse: str = ""
    as_of: str = ""
    judges_apart: bool = False
    _helper: Helper | None = PrivateAttr(default=None)

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(self.raw or None, self.warehouse or None)

    def expect_judging(self) -> None:
        """Something new is being read, so it will have to be judged: get ready for that."""
        if self.judges_apart and self._helper is None:
            self._helper = Helper.start()

    def judge(self, **arguments: Any) -> Judged:
        """Judge, in the process that was got ready or in this one."""
        if self._helper is not None:
            return self._helper.judge(arguments)
        from dagster_project.judgement.judge import judge

        progress = lambda done, total, detail: report("judge", done, total, detail)  # noqa: E731
        return judge(**arguments, progress=progress)

    @property
    def known_at(self) -> datetime | None:
        """The moment (naive UTC) whose knowledge is published; ``None`` for now."""
        return datetime.fromisoformat(self.as_of) if self.as_of else None

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Warehouse]:
        settings = self.settings
        with writing(settings.warehouse):
            shutil.rmtree(settings.build, ignore_errors=True)  # an interrupted load's leavings
            settings.build.mkdir(parents=True)
            try:
                yield self
            finally:
                if self._helper is not None:
                    self._helper.close()
                shutil.rmtree(settings.build, ignore_errors=True)
