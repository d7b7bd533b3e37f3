"""The words of the web report that are data: ``web_wording.yml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from dagster_project.reports.published import Published
from dagster_project.reports.templates import TemplateBroken, Templates

NAME = "web_wording.yml"


def wording_for(published: Published, templates: Templates, code: str) -> dict[str, Any]:
    """The wording for the place with this code, read once for all places that share it.

    Raises :class:`TemplateBroken` with file and line.
    """
    path = templates.find(NAME, code)
    return published.kept(("web wording", path), lambda: read_wording(path))


def read_wording(path: Path) -> dict[str, Any]:
    """The wording in a file."""
    try:
        words = yaml.load(
            path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise TemplateBroken(f"{path}: {error}. Correct the file or take it away.") from error
    if not isinstance(words, dict):
        raise TemplateBroken(f"{path}: expected names and words; take the file away or mend it.")
    return words
