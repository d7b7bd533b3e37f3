"""dbt's own pages of the project as one file, kept beside the parsed project.

They are a function of the project's files alone: types come from the contracts, so no database
is asked, and the pages are made once until a file changes.
"""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

from dagster_project.project import DBT
from dagster_project.transform.manifest import arguments, load_manifest, manifest_path

_PAGE = "static_index.html"


class DocsNotWritten(Exception):
    """dbt could not write its pages; the message is dbt's own."""


def model_docs(project: Path = DBT) -> Path:
    """Path of the page; made if the project has changed. Raises :class:`DocsNotWritten`."""
    page = manifest_path(project).with_name(_PAGE)
    if not page.exists():
        _generate(project, page)
    return page


def _generate(project: Path, page: Path) -> None:
    from dbt.cli.main import dbtRunner

    work = page.with_name(f".docs.{uuid.uuid4().hex}")
    work.mkdir()
    try:
        # dbt embeds the manifest that it finds in its target folder.
        shutil.copy(manifest_path(project), work / "manifest.json")
        quiet = [a for a in arguments(project, work) if a != "--no-write-json"]
        command = ["docs", "generate", "--static", "--empty-catalog", "--no-compile", *quiet]
        done = dbtRunner(manifest=load_manifest(project)).invoke(command)
        if not done.success:
            raise DocsNotWritten(f"dbt could not write the pages of its models: {done.exception}")
        os.replace(work / _PAGE, page)
    finally:
        shutil.rmtree(work, ignore_errors=True)
