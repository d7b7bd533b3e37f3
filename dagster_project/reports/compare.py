"""An edited document against the marts of now: the figures in it that are no longer so.

The same document is written anew, and of every number in it the mart's cell is known. Paragraphs
and rows of both are laid side by side by their words, numbers left out of account; where the words
are the same, the numbers must be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from importlib import import_module
from pathlib import Path

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.figure import Printed
from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.rounding import taint_mark
from dagster_project.reports.contributed import word_file
from dagster_project.reports.contributed.blocks import Paragraph
from dagster_project.reports.documents import FURTHER_OF_A_COUNTY, OF_A_COUNTY, Document
from dagster_project.reports.templates import Templates
from dagster_project.reports.wording import formal

_FIGURE = re.compile(r"[-−]?\d[\d,]*(?:\.\d+)?%?|—(?:（[^（）]*）)?")
_TOKEN = re.compile(rf"{_FIGURE.pattern}|[^\d—]")
_CELLS = "\x1f"
ALIKE = 0.6
"""From here on, two paragraphs with other words are taken for the same one, edited."""


WORDS_ALIKE = 4
"""Of an edited paragraph, a number is the same one where so many signs around it are the same."""


@dataclass(frozen=True)
class Difference:
    """A number of the document that is not what the mart says, and where it stands."""

    place: str
    said: str
    now: str
    cell: str


@dataclass(frozen=True)
class Compared:
    """What came of it: ``figures`` compared, and paragraphs with numbers that only the document
    has (somebody's own, or of an earlier state)."""

    differences: tuple[Difference, ...]
    figures: int
    own: tuple[str, ...]


@dataclass
class _Unit:
    """A paragraph or a table's row: where it stands, its text, and the cells behind its figures."""

    place: str
    text: str
    columns: Sequence[str] = ()
    printed: list[tuple[int, int, Printed]] = field(default_factory=list)

    @property
    def mask(self) -> str:
        """The words without the numbers."""
        return _FIGURE.sub("#", self.text.replace(taint_mark(), ""))

    def place_of(self, at: int) -> str:
        """Where the figure at this place of the text stands."""
        column = self.text.count(_CELLS, 0, at)
        if _CELLS not in self.text or column >= len(self.columns):
            return self.place
        return f"{self.place} · {self.columns[column]}"


def document_of(data: bytes, name: str) -> Document | None:
    """Which of a county's Word documents this is, by its name or what its properties say."""
    known = {
        one.name.removesuffix(".docx"): one
        for one in (*OF_A_COUNTY, *FURTHER_OF_A_COUNTY)
        if one.name.endswith("docx")
    }
    kinds = (word_file.properties(data).get("category", ""), name)
    found = (known[stem] for kind in kinds for stem in known if kind.startswith(stem))
    return next(found, None)


def county_of(data: bytes, path: Path, known: Sequence[CountyYear]) -> CountyYear | None:
    """Which county-year a document is about: its title says it, or the folder it stands in."""
    title = word_file.properties(data).get("title", "")
    folders = path.absolute().parts[-3:-1]
    for county in known:
        year = county.school_year
        name = formal(county.county_name or county.county_code)
        if title.startswith(f"{name}{year}—{year + 1}学年"):
            return county
        if (
            len(folders) == 2
            and folders[0] == str(year)
            and (folders[1].split("-")[0] == county.county_code)
        ):
            return county
    return None


def compare(
    data: bytes, document: Document, published: Published, county: CountyYear, templates: Templates
) -> Compared:
    """The figures of an edited document against those of now.

    Raises :class:`~.census.rejection.FileRejected` for what is no Word document.
    """
    figures = CountyFigures(published, county)
    module = import_module(document.render.partition(":")[0])
    fresh = _units(module.written(figures, templates))
    _locate(fresh, figures.trace)
    edited = _units(data)
    differences: list[Difference] = []
    compared, seen = 0, set()
    for old, new in _pairs(edited, fresh):
        seen.add(old)
        for found in _figures(edited[old], fresh[new]):
            compared += 1
            if isinstance(found, Difference):
                differences.append(found)
    own = tuple(
        unit.text.replace(_CELLS, " ")
        for number, unit in enumerate(edited)
        if number not in seen and _FIGURE.search(unit.text)
    )
    return Compared(tuple(differences), compared, own)


def _units(data: bytes) -> list[_Unit]:
    units: list[_Unit] = []
    heading = caption = ""
    for block in word_file.read(data, is_bounded=False).blocks:
        if isinstance(block, Paragraph):
            heading = block.text if block.heading else heading
            caption = block.text
            units.append(_Unit(heading, block.text))
            continue
        columns = [_text(cell.paragraphs) for cell in block.rows[0]] if block.rows else []
        for row in block.rows:
            texts = [_text(cell.paragraphs) for cell in row]
            label = "、".join(text for text in texts[:3] if text and not _FIGURE.fullmatch(text))
            place = " · ".join(part for part in (caption, label) if part)
            units.append(_Unit(place, _CELLS.join(texts), columns))
    return units


def _text(paragraphs: Sequence[Paragraph]) -> str:
    return "".join(one.text for one in paragraphs)


def _locate(units: list[_Unit], trace: Sequence[Printed]) -> None:
    """Note where every printed figure stands: figures are printed in the order of the text."""
    number = at = 0
    for printed in trace:
        text = printed.text
        here, place = number, at
        while here < len(units) and (found := units[here].text.find(text, place)) < 0:
            here, place = here + 1, 0
        if here == len(units):
            continue  # printed where no text is left of it
        units[here].printed.append((found, found + len(text), printed))
        number, at = here, found + len(text)


def _pairs(edited: list[_Unit], fresh: list[_Unit]) -> Iterator[tuple[int, int]]:
    """Which paragraph or row of the edited document is which of the fresh one."""
    masks = [unit.mask for unit in edited], [unit.mask for unit in fresh]
    matcher = SequenceMatcher(None, *masks, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield from zip(range(a, b), range(c, d), strict=True)
        elif kind == "replace":
            free = list(range(c, d))
            for old in range(a, b):
                best = max(
                    free, key=lambda new: _likeness(masks[0][old], masks[1][new]), default=-1
                )
                if best >= 0 and _likeness(masks[0][old], masks[1][best]) >= ALIKE:
                    yield old, best
                    free = [new for new in free if new > best]


def _likeness(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return 0.0
    return matcher.ratio()


def _figures(edited: _Unit, fresh: _Unit) -> Iterator[Difference | None]:
    """Of every figure that both have, the difference if there is one."""
    mark = taint_mark()
    old = [found for found in _TOKEN.finditer(edited.text) if found[0] != mark]
    new = [found for found in _TOKEN.finditer(fresh.text) if found[0] != mark]
    masked, other = (
        ["#" if _FIGURE.fullmatch(t[0]) else t[0] for t in tokens] for tokens in (old, new)
    )
    for a, b, size in SequenceMatcher(None, masked, other, autojunk=False).get_matching_blocks():
        if size < WORDS_ALIKE and masked != other:
            continue  # a number of another sentence, whose neighbours are others
        for offset in range(size):
            if masked[a + offset] != "#":
                continue
            said, now = old[a + offset], new[b + offset]
            cell = next(
                (p.cell for start, end, p in fresh.printed if start <= now.start() < end), None
            )
            if cell is None:
                continue  # a number of the wording: a document's number, a limit
            if _plain(said[0]) == _plain(now[0]):
                yield None
            else:
                place = edited.place_of(said.start())
                yield Difference(place, said[0], now[0], cell.address)


def _plain(text: str) -> str:
    return text.replace(",", "").replace("−", "-")
