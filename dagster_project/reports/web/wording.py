"""The words of the web report that are data: ``web_wording.yml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from dagster_project.reports.templates import TemplateBroken, Templates

NAME = "web_wording.yml"


def wording_for(templates: Templates, county_code: str) -> dict[str, Any]:
    """The wording for this place. Raises :class:`TemplateBroken` with file and line."""
    return read_wording(templates.find(NAME, county_code))


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
