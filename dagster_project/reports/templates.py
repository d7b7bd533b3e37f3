"""Which template a county's document is written with: the project's, or the province's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

OWN = Path(__file__).parent / "templates"


class TemplateBroken(Exception):
    """A template cannot be used; the message names the file and what to do."""


@dataclass(frozen=True)
class Templates:
    """The project's templates, and those in ``folder`` that stand in their place.

    ``folder`` (``raw/templates``, or ``JUNHENG_TEMPLATES``) holds templates for everybody and,
    in folders named by the beginning of a county code (``64/``, ``6402/``, ``640221/``), those of
    a province, city or county. The longest beginning wins, template by template.
    """

    folder: Path | None = None

    def find(self, name: str, county_code: str) -> Path:
        """Path of the template called ``name`` for this county."""
        for folder in self._folders(county_code):
            if (folder / name).is_file():
                return folder / name
        return OWN / name

    def all_for(self, county_code: str) -> list[Path]:
        """Every file that stands in for one of the project's for this county."""
        if self.folder is None or not self.folder.is_dir():
            return []
        names = {
            path.name
            for folder in self._folders(county_code)
            for path in folder.glob("*.*")
            if path.is_file()
        }
        return sorted(self.find(name, county_code) for name in names)

    def _folders(self, county_code: str) -> list[Path]:
        """Where a template for this county may stand, the longest beginning of its code first."""
        if self.folder is None:
            return []
        beginnings = [county_code[:length] for length in range(len(county_code), 0, -1)]
        # A code comes from raw files; only letters and digits name a folder here.
        named = [self.folder / beginning for beginning in beginnings if beginning.isalnum()]
        return [*named, self.folder]
