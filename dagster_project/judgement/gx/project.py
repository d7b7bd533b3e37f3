"""The Great Expectations project below ``warehouse/quality/``: what was judged, to open and run.

``great_expectations.get_context(project_root_dir="warehouse/quality")`` opens it: the suites, the
checkpoint, the results of the load, and the frames of the school years that were judged last as a
data source. Running the checkpoint counts again, with Great Expectations' own metrics.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dagster_project.judgement.gx import checkpoint
from dagster_project.judgement.gx.library import great_expectations
from dagster_project.judgement.gx.suites import SuitePlan
from dagster_project.judgement.scan import Counted
from dagster_project.machine.atomic_folder import replace_folder

FOLDER = "gx"  # what Great Expectations looks for in a project's root
FRAMES = "frames.duckdb"
_SITE = "quality"
_MODULE = "dagster_project.judgement.gx.site"


@dataclass(frozen=True)
class Project:
    """A project that is being written in ``work`` and then put below ``root``.

    ``pages`` is the folder of its Data Docs in ``root``, ``problem`` what kept the frames out of
    ``work``.
    """

    root: Path
    work: Path
    pages: str
    problem: OSError | None = None

    @classmethod
    def begin(cls, root: Path, frames: Path, pages: str) -> Project:
        """Take over the file with the frames; :meth:`write` does the rest, at any later time.

        Judging must not fail because a page cannot be written: :meth:`write` raises the problem.
        """
        work = root / f".{FOLDER}.{uuid.uuid4().hex}"
        try:
            (work / FOLDER).mkdir(parents=True)
            shutil.move(frames, work / FOLDER / FRAMES)
        except OSError as problem:
            return cls(root, work, pages, problem)
        return cls(root, work, pages)

    def write(self, suites: Sequence[SuitePlan], counts: Mapping[str, Counted]) -> None:
        """Write project and pages and put them in the place of those that are there.

        ``counts`` is what judging found, by rule id. Raises :class:`~.checkpoint.NotJudged` if
        Great Expectations leaves a rule out.
        """
        if self.problem is not None:
            raise self.problem
        try:
            with checkpoint.quiet():
                self._write(suites, counts)
            replace_folder(self.work / self.pages, self.root / self.pages)
            replace_folder(self.work / FOLDER, self.root / FOLDER)
        finally:
            shutil.rmtree(self.work, ignore_errors=True)

    def _write(self, suites: Sequence[SuitePlan], counts: Mapping[str, Counted]) -> None:
        context = great_expectations().get_context(mode="file", project_root_dir=self.work)
        for site in context.get_site_names():
            context.delete_data_docs_site(site)
        context.add_data_docs_site(
            site_name=_SITE,
            site_config={
                "class_name": "SelfContainedSite",
                "module_name": _MODULE,
                "show_how_to_buttons": False,
                "store_backend": {
                    "class_name": "TupleFilesystemStoreBackend",
                    "base_directory": f"../{self.pages}/",
                },
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            },
        )
        context.save_config_variable("frames", str(self.work.absolute() / FOLDER / FRAMES))
        source = checkpoint.add_source(context, "${frames}")
        try:
            checkpoint.run(context, source, suites, counts)
        finally:
            checkpoint.close(source)
        context.build_data_docs(site_names=[_SITE])
        context.save_config_variable("frames", str(self.root.absolute() / FOLDER / FRAMES))
