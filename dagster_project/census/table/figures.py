"""From the tokens of a plain table's columns to figures, the way its profile says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

import numpy as np

from dagster_project.census import columns
from dagster_project.census.columns import FigureColumn
from dagster_project.census.figures import (
    BLANK,
    SPACED_FROM,
    UNREADABLE,
    ZERO,
    Figure,
    clean_text,
    is_spaced,
    parse_figure,
)
from dagster_project.census.opening.number_marks import POINT, Evidence, NumberMarks, recognise
from dagster_project.census.rejection import FileRejected
from dagster_project.census.schema import fields
from dagster_project.census.table.profile_model import NONE, Profile


class Places(NamedTuple):
    """Where a field stands: its columns (from 0), the factor to its unit, and how many are added.

    Those behind the first ``added`` are taken away from their sum, which is multiplied by the
    columns ``times``; ``is_whole``: to a whole number.
    """

    columns: tuple[int, ...]
    factor: Decimal | int
    added: int
    times: tuple[int, ...] = ()
    is_whole: bool = False

    @property
    def all_columns(self) -> tuple[int, ...]:
        return (*self.columns, *self.times)


class FigureReader:
    """Reads the fields of one table: each distinct token of a column is judged once.

    ``places`` say by field where it stands. The marks of decimals and thousands are the profile's,
    or are told from the rows that :meth:`learn` is given first.
    """

    def __init__(
        self, profile: Profile, places: Mapping[str, Places], labels: Sequence[str]
    ) -> None:
        self.profile = profile
        self.tokens = {
            place: profile.tokens_of(labels[place])
            for where in places.values()
            for place in where.all_columns
        }
        self.columns = places
        self.marks: dict[int, NumberMarks | None] = {}
        self.evidence: dict[int, Evidence] = {}
        self.spaced = False  # whether a no-break space parts thousands
        self.known: dict[tuple, tuple[dict[object, int], list[Figure]]] = {}  # by column, token

    def learn(self, rows: Sequence[Sequence[object]]) -> dict[int, str]:
        """Tell the marks of every column from ``rows``; columns in doubt with a token that is."""
        told = self.profile.marks
        is_count: dict[int, bool] = {}
        for field_id, places in self.columns.items():
            counted = fields()[field_id].kind == "count"
            is_count |= {p: is_count.get(p, False) or counted for p in places.columns}
            is_count |= {p: is_count.get(p, False) for p in places.times}
        tokens = {place: dict.fromkeys(row[place] for row in rows) for place in is_count}
        self.spaced = sum(map(is_spaced, chain(*tokens.values()))) >= SPACED_FROM
        self.evidence = {place: Evidence.of(found) for place, found in tokens.items()}
        for place, mine in self.evidence.items():
            marks = told or recognise(self.evidence.values(), mine, is_count[place])
            self.marks[place] = marks
        return {
            place: doubtful
            for place, marks in self.marks.items()
            if marks is None and (doubtful := self.evidence[place].doubtful)
        }

    def _check_marks(self, place: int, token: object) -> None:
        """Refuse the file where a later token says that earlier ones were read with wrong marks."""
        if self.profile.marks:
            return
        found, known = Evidence.of([token]), self.evidence.get(place, Evidence())
        if found == Evidence():
            return
        marks = self.marks.get(place, POINT)
        is_contrary = found.marks not in (None, marks)
        if (
            is_contrary
            and marks is not None
            and known.doubtful
            and not (known.comma or known.point)
        ):
            raise FileRejected(
                "census.number_marks_contradict", doubtful=known.doubtful, token=clean_text(token)
            )
        self.evidence[place] = Evidence(
            known.comma or found.comma,
            known.point or found.point,
            known.doubtful or found.doubtful,
            known.points + found.points,
        )

    def figures(self, field_id: str, rows: Sequence[Sequence[object]]) -> FigureColumn:
        """The figure of ``field_id`` in every row; a sum with a missing part is undefined.

        A form leaves the empty kinds blank; what a blank or a mark means in a table of other
        people's only its source knows. A mark that the profile calls ``none`` adds nothing; where
        all parts are so there is nothing: a blank.
        """
        return self.read(self.columns[field_id], rows)

    def read(self, where: Places, rows: Sequence[Sequence[object]]) -> FigureColumn:
        """The figure that stands in these places in every row."""
        found = self._sum(where.columns, where.factor, where.added, rows)
        for place in where.times:
            rate = self._column(place, Decimal(1), rows, is_rate=True)
            found = columns.multiply(found, rate, is_whole=where.is_whole)
        return found

    def adds_nothing(self, where: Places, rows: Sequence[Sequence[object]]) -> np.ndarray:
        """The rows in which all places hold a mark that the profile calls ``none``."""
        if not self._have_none(where.columns):
            return np.zeros(len(rows), bool)
        return np.logical_and.reduce([self._is_none(place, rows) for place in where.columns])

    def _sum(
        self,
        places: tuple[int, ...],
        factor: Decimal | int,
        added_up: int,
        rows: Sequence[Sequence[object]],
    ) -> FigureColumn:
        if len(places) == 1:
            return self._column(places[0], factor, rows)
        parts = [self._column(place, factor, rows) for place in places]
        less = len(places) - added_up
        added = columns.add(parts, missing_is_none=False, taken_away=less)
        if self._have_none(places):
            is_none = [self._is_none(place, rows) for place in places]
            nothing = np.logical_and.reduce(is_none)
            if np.logical_or.reduce(is_none).any():
                zero = columns.column_of([Figure(0.0, ZERO)], np.zeros(len(rows), np.int64))
                parts = [
                    FigureColumn(
                        np.where(none, zero.values, part.values),
                        np.where(none, zero.codes, part.codes),
                    )
                    for none, part in zip(is_none, parts, strict=True)
                ]
                added = columns.add(parts, missing_is_none=False, taken_away=less)
            blank = columns.column_of([Figure(None, BLANK)], np.zeros(len(rows), np.int64))
            added = FigureColumn(
                np.where(nothing, blank.values, added.values),
                np.where(nothing, blank.codes, added.codes),
            )
        return added

    def _column(
        self,
        place: int,
        factor: Decimal | int,
        rows: Sequence[Sequence[object]],
        *,
        is_rate: bool = False,
    ) -> FigureColumn:
        known, figures = self.known.setdefault((place, factor, is_rate), ({}, []))
        column = [row[place] for row in rows]
        for token in set(column) - known.keys():
            known[token] = len(figures)
            text = clean_text(token) if is_rate else ""
            if text.endswith("%"):  # 48.7 % of a base
                figures.append(self._judge(text[:-1].rstrip(), place, factor / Decimal(100)))
            else:
                figures.append(self._judge(token, place, factor))
        return columns.column_of(figures, np.fromiter(map(known.get, column), np.int64, len(rows)))

    def _have_none(self, places: Sequence[int]) -> bool:
        return any(NONE in self.tokens[place].values() for place in places)

    def _is_none(self, place: int, rows: Sequence[Sequence[object]]) -> np.ndarray:
        tokens = self.tokens[place]
        found = (tokens.get(clean_text(row[place])) == NONE for row in rows)
        return np.fromiter(found, bool, len(rows))

    def _judge(self, token: object, place: int, factor: Decimal | int) -> Figure:
        """The figure of one token; the profile's own tokens come first."""
        tokens = self.tokens[place]
        status = tokens.get(clean_text(token)) if tokens else None
        if status:
            return Figure(None, BLANK if status == NONE else status)
        if isinstance(token, str) and self.profile.units:
            token = self._without_unit(clean_text(token))
        if isinstance(token, str) and ("." in token or "," in token):
            self._check_marks(place, token)
        return _parse(token, factor, self.marks.get(place, POINT), self.spaced)

    def _without_unit(self, text: str) -> str:
        """A number without the unit that stands behind it: 45人."""
        unit = next((u for u in self.profile.units if text.endswith(u)), "")
        return text.removesuffix(unit).rstrip()


def _parse(token: object, factor: Decimal | int, marks: NumberMarks | None, spaced: bool) -> Figure:
    """``parse_figure`` of a token in the marks of its column."""
    if marks == POINT or not isinstance(token, str):
        return parse_figure(token, factor, spaced=spaced)
    text = clean_text(token)
    if marks is None:  # the column does not say what 1.201 means
        is_doubtful = Evidence.of([text]).doubtful is not None
        return Figure(None, UNREADABLE) if is_doubtful else parse_figure(token, factor)
    if not any(c.isdigit() for c in text):
        return parse_figure(token, factor)
    plain = marks.plain(text)
    return Figure(None, UNREADABLE) if plain is None else parse_figure(plain, factor)
