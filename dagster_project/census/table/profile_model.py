"""What a table profile says, checked and in memory (see :mod:`.profile`)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, NamedTuple

from dagster_project.census import figures
from dagster_project.census.opening.number_marks import NumberMarks
from dagster_project.messages import Message, in_a_row

_STRAY = re.compile(r"[\s_.:;·*†‡'\"`’´\-‐–]|[¹²³⁴]+$")
_SPRING = re.compile(r"spring|春|primavera|printemps|frühjahr", re.IGNORECASE)
_LISTED = re.compile(r"\d{6}")
GENERAL = "general"  # measures of any source: no standard of the mainland
NONE = "none"  # what a profile calls tokens that add nothing to a sum, and alone are a blank


def header_key(text: object) -> str:
    """A header as it is compared: full-width forms folded, all white space removed."""
    return re.sub(r"\s+", "", figures.clean_text(text))


def loose_key(label: str) -> str:
    """A header key without what changes nothing: capitals, points, dashes, marks of footnotes."""
    return _STRAY.sub("", label).casefold()


def one_of_each(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A map of ``pairs`` without the keys that stand for several things."""
    found = dict(pairs := list(pairs))
    return {key: found[key] for key, said in Counter(k for k, _ in pairs).items() if said == 1}


class CodeRow(NamedTuple):
    """A line of a code table: what is found, what it becomes, and in which school years."""

    found: str
    result: str | None
    first_year: int | None
    last_year: int | None

    def holds(self, year: int) -> bool:
        """Whether the line is one of the school ``year``."""
        is_late = self.first_year is not None and year < self.first_year
        return not is_late and (self.last_year is None or year <= self.last_year)


@dataclass(frozen=True)
class Value:
    """Where a key or an attribute comes from: a constant, or a column and what to make of it."""

    columns: tuple[str, ...] = ()  # alternatives: the first that stands in the file
    constant: Any = None
    values: Mapping[str, Any] | None = None
    match: tuple[tuple[str, object], ...] = ()
    otherwise: object = None
    has_otherwise: bool = False
    width: int = 0
    prefix: str = ""  # put before it: ids of one source among those of others
    cut: int = 0  # characters that are kept from the front
    joined: tuple[str, ...] = ()  # columns that make up one key together
    between: str = "-"
    same_as: Mapping[str, str] | None = None
    known: frozenset[str] = frozenset()
    table: tuple[CodeRow, ...] = ()  # of a csv beside the profile

    def of_year(self, year: int) -> Value:
        """The same with the lines of its code table that hold in a school year."""
        if not self.table:
            return self
        listed = {line.found: line.result for line in self.table if line.holds(year)}
        return replace(self, values={**listed, **(self.values or {})}, table=())

    @cached_property
    def folded(self) -> dict[str, Any]:
        """The values without regard to capitals, as far as they differ so."""
        return one_of_each((key.casefold(), v) for key, v in (self.values or {}).items())

    @property
    def lists_codes(self) -> bool:
        """Whether the profile itself says which codes there are, and so vouches for them."""
        listed = self.known or self.match or self.prefix or self.table
        stated = self.constant is not None or bool(listed)
        return stated or (bool(self.values) and not self.has_otherwise)


@dataclass(frozen=True)
class RowRule:
    """Which rows are meant: whose cell in ``column`` is one of ``values`` or fits ``match``."""

    column: str
    values: frozenset[str]
    match: str | None

    def fits(self, text: str) -> bool:
        """Whether the rule means a row with ``text`` in its column."""
        return text.casefold() in self.values or bool(self.match and re.search(self.match, text))


@dataclass(frozen=True)
class Year:
    """Where the school year stands: a column, the file's name, a constant, or only the folder.

    ``title``: a pattern for a row above the header. ``is_calendar``: school years are those of the
    calendar, so that a spring belongs to its own. ``several``: whether the file has more than one;
    ``None``: its rows tell.
    """

    column: str | None = None
    file_name: str | None = None
    add: int = 0
    constant: int | None = None
    title: str | None = None
    is_calendar: bool = False
    several: bool | None = None

    def of(self, token: str) -> int | None:
        """The school year that a cell says: 2009, 20092010, 2023-24, 110學年度, Fall 2023.

        A spring by itself (Spring 2024) is of the school year that began the autumn before.
        """
        found = re.match(r"[A-Za-z.' -]*(\d{4}|\d{2,3}(?!\d))(.*)", token)
        if not found:
            return None
        is_one_year = not re.search(r"\d", found[2])
        is_second = is_one_year and not self.is_calendar and bool(_SPRING.search(token))
        return int(found[1]) + self.add - is_second


@dataclass(frozen=True)
class Figures:
    """The columns whose sum is one field, and for which vintages and school years they are.

    Of the sum the columns ``minus`` are taken away: total − part; it is multiplied by the columns
    ``times``: rate × base. Of a school with several rows ``where`` says which ones are meant, by
    the values of columns.
    """

    columns: tuple[str, ...]
    factor: Decimal = Decimal(1)
    first_year: int | None = None
    last_year: int | None = None
    vintages: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    where: tuple[tuple[str, frozenset[str]], ...] = ()

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Every column that the figure is made of."""
        return (*self.columns, *self.minus, *self.times)

    @property
    def needed(self) -> tuple[str, ...]:
        """Those, and the columns that say which rows are meant."""
        return (*self.all_columns, *(column for column, _ in self.where))

    @property
    def condition(self) -> str:
        """Which rows of a school are meant, as people read it: ``grade = 7, sex = f``."""
        return ", ".join(f"{c} = {'/'.join(sorted(values))}" for c, values in self.where)

    def applies(self, vintage: str, year: int) -> bool:
        """Whether these columns are the ones of this ``vintage`` and school ``year``."""
        return (
            (not self.vintages or vintage in self.vintages)
            and (self.first_year is None or year >= self.first_year)
            and (self.last_year is None or year <= self.last_year)
        )


@dataclass(frozen=True)
class Vintage:
    """A layout of the source, known by columns it has and lacks."""

    vintage_id: str
    has: tuple[str, ...]
    lacks: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """A loaded and checked profile; column names are header keys (:func:`header_key`)."""

    profile_id: str
    path: str
    is_user: bool
    recognise: tuple[str, ...]
    file_name: str | None
    encoding: str | None
    separator: str | None
    sheet: str | None
    header_rows: tuple[int, ...]
    school_year: Year
    term: Value | None
    stage: Value
    standards: str
    school_id: Value
    school_name: Value | None
    county_code: Value
    county_name: Value | None
    attributes: Mapping[str, Value]
    fields: Mapping[str, tuple[Figures, ...]]
    stage_fields: Mapping[str, Mapping[str, tuple[Figures, ...]]]  # several stages of one row
    tokens: Mapping[str, str]
    marks: NumberMarks | None
    units: tuple[str, ...]  # that may stand behind a number in its cell
    skip_rows: tuple[RowRule, ...]
    keep_rows: tuple[RowRule, ...]
    ignored: tuple[str, ...]
    vintages: tuple[Vintage, ...]
    column_tokens: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # of one alone
    several_rows: tuple[str, ...] | None = None  # of one school, told apart by these columns
    nation: str | None = None  # the top of the source's regions

    @cached_property
    def loosely(self) -> dict[str, str]:
        """The columns that the profile names by their :func:`loose_key`."""
        return one_of_each((loose_key(name), name) for name in self.known_columns())

    def known_columns(self) -> set[str]:
        """Every column the profile names, in whatever vintage."""
        vintages = {c for vintage in self.vintages for c in vintage.has}
        return self.read_columns() | vintages | set(self.recognise)

    def read_columns(self) -> set[str]:
        """Every column that something is read from, in whatever vintage."""
        values = [self.term, self.stage, self.school_id, self.school_name, self.county_code]
        values += [self.county_name, *self.attributes.values()]
        names = {c for value in values if value for c in (*value.columns, *value.joined)}
        for fields in (self.fields, *self.stage_fields.values()):
            names |= {c for alts in fields.values() for alt in alts for c in alt.needed}
        names |= {rule.column for rule in (*self.skip_rows, *self.keep_rows)}
        names |= set(self.several_rows or ())
        if self.school_year.column:
            names.add(self.school_year.column)
        return names

    def nation_of(self, county_code: object) -> str | None:
        """Whose county it is: the source's own, or ``None`` for the mainland.

        A source that names no nation is one of its own where it names no standard of the mainland
        either, and the code has not the form of the national list's.
        """
        is_mainland = self.standards != GENERAL or _LISTED.fullmatch(str(county_code))
        return self.nation if self.nation is not None or is_mainland else self.profile_id

    def tokens_of(self, column: str) -> Mapping[str, str]:
        """The marks in a column that are no numbers, and what each means there."""
        return {**self.tokens, **self.column_tokens.get(column, {})}

    @property
    def stages(self) -> dict[str | None, Mapping[str, tuple[Figures, ...]]]:
        """The fields of every section that a row makes; the stage ``None`` is told by the row."""
        if not self.stage_fields:
            return {None: self.fields}
        return {stage: {**self.fields, **own} for stage, own in self.stage_fields.items()}

    def ignores(self, column: str) -> bool:
        """Whether ``column`` is named under ``ignored`` (where ``*`` stands for anything)."""
        return any(fnmatchcase(column, pattern) for pattern in self.ignored)


@dataclass(frozen=True)
class BrokenProfile:
    """A profile that cannot be used, and everything that is wrong with it, in sentences."""

    path: str
    problems: tuple[str | Message, ...]

    @property
    def sentence(self) -> str:
        """All problems as one text, in English."""
        return self.message.sentence("en")

    @property
    def message(self) -> Message:
        """All problems as one message."""
        found = [p if isinstance(p, Message) else Message(p) for p in self.problems]
        return Message("census.profile_unusable", {"path": self.path, "problems": in_a_row(found)})


@dataclass(frozen=True)
class Profiles:
    """The profiles to read tables with, users' own first, and the broken ones."""

    profiles: tuple[Profile, ...]
    broken: tuple[BrokenProfile, ...] = ()
