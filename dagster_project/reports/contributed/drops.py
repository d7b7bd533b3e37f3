"""The files below ``raw/narrative/<school year>/<county>/``: which there are, and what they say.

A county's folder begins with its code (``640221``, ``640221-平罗县``) or is its name. A file that
cannot be used costs itself: its chapter stays a blank, the document is written, people are told.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.census.opening.admission import obstacle, open_plain
from dagster_project.census.rejection import FileRejected
from dagster_project.figures.published import CountyYear
from dagster_project.machine.helper_process import Limits, TooLong, TooMuchMemory, each
from dagster_project.messages import Message, coded, of_system
from dagster_project.reports.contributed import markdown_file, word_file
from dagster_project.reports.contributed.blocks import Chapter, by_name
from dagster_project.reports.contributed.laid_out import laid_out
from dagster_project.reports.narrative import hints

FOLDER = "narrative"
MOST_BYTES = 30_000_000
MOST_SECONDS = 60.0
READERS: Mapping[str, Callable[[bytes], Chapter]] = {
    ".docx": word_file.read,
    ".md": markdown_file.read,
    ".markdown": markdown_file.read,
    ".txt": markdown_file.read,
}
_NOT_MEANT = re.compile(r"^(\.|~\$|README|Thumbs\.db|desktop\.ini)|~$|\.tmp$")
_NUMBER = re.compile(r"^\d{1,2}[\s.．、_-]*")


@dataclass(frozen=True)
class Drop:
    """A file that holds a chapter, as far as its name says."""

    path: Path
    chapter: str


@dataclass
class Drops:
    """What lies in the folder; ``problems`` are sentences on what is not used of it."""

    raw: Path
    problems: list[Message] = field(default_factory=list)
    _years: dict[int, dict[str, list[Path]]] = field(default_factory=dict)
    _of: dict[CountyYear, tuple[Drop, ...]] = field(default_factory=dict)

    def of(self, county: CountyYear) -> tuple[Drop, ...]:
        """The files of a county's chapters in one school year, one a chapter."""
        if county not in self._of:
            self._of[county] = tuple(self._look(county))
        return self._of[county]

    def digest(self, county: CountyYear) -> str:
        """Hash of what a county's chapters hold; empty where there is none."""
        total, drops = hashlib.sha256(), self.of(county)
        for drop in drops:
            total.update(f"{drop.chapter}\0{drop.path.suffix}\0".encode())
            try:
                with open_plain(drop.path) as file:
                    total.update(hashlib.file_digest(file, "sha256").digest())
            except OSError as error:
                total.update(str(error).encode())
        return total.hexdigest() if drops else ""

    def read(
        self, counties: Iterable[CountyYear], limits: Limits, processes: int = 1
    ) -> dict[CountyYear, dict[str, str]]:
        """The chapters of these counties as Word's XML, by name."""
        at = {drop.path: (county, drop) for county in counties for drop in self.of(county)}
        bounded = Limits(min(limits.seconds, MOST_SECONDS), limits.memory)
        written: dict[CountyYear, dict[str, str]] = defaultdict(dict)
        for path, result in each(read_chapter, sorted(at), processes=processes, limits=bounded):
            county, drop = at[path]
            if isinstance(result, Exception):
                self._tell(path, _why(result, bounded))
                continue
            written[county][drop.chapter] = laid_out(result, drop.chapter)
            for kind, number in result.left_out:
                what = coded("narrative_part", kind)
                self._tell(
                    path, Message("reports.narrative_left_out", {"number": number, "kind": what})
                )
        return dict(written)

    def strays(self, known: Iterable[CountyYear]) -> list[Message]:
        """Folders that are no published county's, in years that have some."""
        found: list[Message] = []
        by_year: dict[int, list[CountyYear]] = defaultdict(list)
        for county in known:
            by_year[county.school_year].append(county)
        for year, counties in sorted(by_year.items()):
            used = {path for county in counties for path in self._folders(county)}
            for path in sorted(p for paths in self._year(year).values() for p in paths):
                if path not in used:
                    found.append(Message("reports.narrative_no_county", {"path": str(path)}))
        return found

    def _look(self, county: CountyYear) -> Iterator[Drop]:
        seen: dict[str, Path] = {}
        for folder in self._folders(county):
            for path in sorted(folder.iterdir()):
                if _NOT_MEANT.search(path.name):
                    continue
                problem = self._problem(path)
                chapter = _chapter_of(path)
                if problem is None and chapter is None:
                    known = list(hints())
                    problem = Message("reports.narrative_no_chapter", {"known": known})
                if problem is None and chapter in seen:
                    problem = Message("reports.narrative_twice", {"other": seen[chapter].name})
                if problem is not None:
                    self._tell(path, problem)
                elif chapter is not None:
                    seen[chapter] = path
                    yield Drop(path, chapter)

    def _problem(self, path: Path) -> Message | None:
        if refused := obstacle(path, self.raw):
            return refused.message
        if path.suffix.lower() not in READERS:
            return Message("reports.narrative_no_reader", {"known": sorted(READERS)})
        if path.stat().st_size > MOST_BYTES:
            return Message("reports.narrative_too_large", {"most": MOST_BYTES // 10**6})
        return None

    def _tell(self, path: Path, message: Message) -> None:
        told = Message("reports.narrative_of_file", {"path": str(path), "why": message})
        if told not in self.problems:
            self.problems.append(told)

    def _folders(self, county: CountyYear) -> list[Path]:
        here = self._year(county.school_year)
        return sorted({*here.get(county.county_code, ()), *here.get(county.county_name or "-", ())})

    def _year(self, year: int) -> Mapping[str, list[Path]]:
        """The folders of a school year by the code that they begin with, or their name."""
        if year not in self._years:
            found: dict[str, list[Path]] = defaultdict(list)
            folder = self.raw / FOLDER / str(year)
            if folder.is_dir() and not folder.is_symlink():
                for path in folder.iterdir():
                    if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
                        code = re.match(r"\d{6}(?!\d)", path.name)
                        found[code[0] if code else path.name].append(path)
            self._years[year] = found
        return self._years[year]


def read_chapter(path: Path) -> Chapter:
    """The chapter that a file holds; raises :class:`FileRejected`."""
    try:
        with open_plain(path) as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise FileRejected("reports.narrative_unreadable", error=of_system(error)) from error
    if len(data) > MOST_BYTES:
        raise FileRejected("reports.narrative_too_large", most=MOST_BYTES // 10**6)
    return READERS[path.suffix.lower()](data)


def stamps(folder: Path) -> str:
    """Hash of names, sizes and times below a folder: whether anything there may have changed."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        state = path.lstat()
        total.update(f"{path.relative_to(folder)}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return total.hexdigest()


def _chapter_of(path: Path) -> str | None:
    return by_name().get(_NUMBER.sub("", path.stem).strip())


def _why(error: Exception, limits: Limits) -> Message:
    match error:
        case FileRejected():
            return error.message
        case TooLong() | TooMuchMemory():
            return Message("reports.narrative_too_much", {"seconds": limits.seconds})
    return Message("reports.narrative_failed", {"kind": type(error).__name__})
