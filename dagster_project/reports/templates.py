"""Which template a county's document is written with: the project's, or the province's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagster_project.census.opening import strict_yaml
from dagster_project.census.opening.admission import obstacle, open_plain
from dagster_project.figures.published import CountyYear
from dagster_project.messages import MessageError, of_system
from dagster_project.reports.narrative import Narrative
from dagster_project.settings import COVERAGE

OWN = Path(__file__).parent / "templates"
WORD_SOURCE = ".txt"
"""Ending of the text from which one of the project's Word templates is made."""
_FILES = {
    (path.stem + ".docx" if path.suffix == WORD_SOURCE else path.name): path
    for path in OWN.iterdir()
    if path.is_file()
}
NAMES = frozenset(_FILES)
"""The names that templates have; a file of another name in a province's folder is none."""
MOST_BYTES = 20_000_000


def own_template(name: str) -> Path:
    """The project's own template of this name; a Word template is a text."""
    return _FILES[name]


class TemplateBroken(MessageError):
    """A template cannot be used; the message names the file and what to do."""


@dataclass(frozen=True)
class Templates:
    """The project's templates, and those in ``folder`` that stand in their place.

    ``folder`` (``raw/templates``, or ``JUNHENG_TEMPLATES``) holds templates for everybody and,
    in folders named by the beginning of a county code (``64/``, ``6402/``, ``640221/``), those of
    a province, city or county. The longest beginning wins, template by template. ``chapters`` are
    what offices wrote for the documents, by county and chapter, as Word's XML. ``coverage`` is the
    share of a region's counties from which on they speak for it.
    """

    folder: Path | None = None
    coverage: float = COVERAGE
    chapters: Mapping[CountyYear, Mapping[str, str]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def narrative(self, county: CountyYear) -> Narrative:
        """The chapters that a county wrote for a school year."""
        return Narrative(self.chapters.get(county))

    def find(self, name: str, county_code: str) -> Path:
        """Path of the template called ``name`` for this county.

        Raises :class:`TemplateBroken` for a name that no template has, and for a file that must
        not be opened: a link, a pipe, a device.
        """
        if name not in NAMES:
            raise TemplateBroken("reports.no_such_template", name=name, names=sorted(NAMES))
        path = self._own(name, county_code)
        if path is None:
            return own_template(name)
        self._admit(path)
        return path

    def all_for(self, county_code: str) -> list[Path]:
        """Every file that stands in for one of the project's for this county; it may be broken."""
        return sorted(path for name in NAMES if (path := self._own(name, county_code)) is not None)

    def _own(self, name: str, county_code: str) -> Path | None:
        """The file of this name, of whatever kind, with the longest beginning of the code."""
        places = (folder / name for folder in self._folders(county_code))
        return next((path for path in places if os.path.lexists(path)), None)

    def _folders(self, county_code: str) -> list[Path]:
        """Where a template for this county may stand, the longest beginning of its code first."""
        if self.folder is None:
            return []
        beginnings = [county_code[:length] for length in range(len(county_code), 0, -1)]
        # A code comes from raw files; only letters and digits name a folder here.
        named = [self.folder / beginning for beginning in beginnings if beginning.isalnum()]
        return [*named, self.folder]

    def _admit(self, path: Path) -> None:
        """Refuse what is no plain file of the folder itself."""
        folder = self.folder or path.parent
        for step in {folder, path.parent, path}:
            if step.is_symlink():
                raise TemplateBroken("reports.template_is_link", step=step)
        if refusal := obstacle(path, folder):
            raise TemplateBroken("reports.template_refused", path=path, why=refusal.message)
        if path.is_dir():
            raise TemplateBroken("reports.template_is_folder", path=path)


def read_template(path: Path) -> bytes:
    """The bytes of a template; raises :class:`TemplateBroken` where they cannot be had."""
    try:
        # Between the look at it and now a link may have taken a dropped file's place.
        with open_plain(path, follow_links=path.parent == OWN) as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise TemplateBroken(
            "reports.template_unreadable", path=path, error=of_system(error)
        ) from error
    if len(data) > MOST_BYTES:
        raise TemplateBroken("reports.template_too_large", path=path, most=MOST_BYTES // 10**6)
    return data


def read_words(path: Path) -> dict[Any, Any]:
    """The words of a template in YAML; raises :class:`TemplateBroken`."""
    try:
        return strict_yaml.read(read_template(path))
    except strict_yaml.YamlInvalid as error:
        raise TemplateBroken(
            "reports.words_unusable", path=path, error=error.message, own=OWN / path.name
        ) from error
