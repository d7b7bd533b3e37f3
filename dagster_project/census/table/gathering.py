"""Schools with several rows: a row a grade, sex or track, added up or spread into fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dagster_project.census import columns
from dagster_project.census.addresses import cell_address
from dagster_project.census.columns import FigureColumn
from dagster_project.census.figures import UNREADABLE, clean_text
from dagster_project.census.opening.cell_marks import is_formula
from dagster_project.census.rejection import FileRejected
from dagster_project.census.table.figures import FigureReader, Places
from dagster_project.census.table.layout import Layout
from dagster_project.census.table.rows import Row, Schools

# What the rows of a school need not agree on: how it is written.
_WRITTEN = ("school_name", "county_name")
MOSTLY, EVIDENCE = 0.8, 3.0  # share of schools, and orders of magnitude that chance has against it
LEAST = 3  # rows of which one is perhaps the sum of the others

Where = tuple[tuple[str, frozenset[str]], ...]


class _Part(NamedTuple):
    """Figures of rows that several fields may be made of, and where none adds anything."""

    reader: FigureReader
    figures: list[FigureColumn]
    nothing: list[np.ndarray]


class Gathering:
    """The rows of one school year of a sheet, until all of every school are there."""

    def __init__(
        self, layout: Layout, readers: Mapping[str | None, FigureReader], schools: Schools
    ) -> None:
        self.layout, self._schools = layout, schools
        self.formulas: list[tuple[int, int, object]] = []
        self._first: list[Row] = []  # of each school and stage
        self._group: dict[tuple[str, object], int] = {}
        self._spoilt: set[int] = set()
        self._met: dict[tuple, tuple[int, int]] = {}  # group and kind → row, hash of its content
        self._groups: list[np.ndarray] = []
        self._kinds: list[np.ndarray] = []  # a column for each that tells rows apart
        self._codes: list[dict[str, int]] = [{} for _ in layout.row_columns]
        self._parts: dict[Places, _Part] = {}
        for stage, reader in readers.items():
            for places in layout.fields_of(stage).values():
                self._parts.setdefault(places, _Part(reader, [], []))
        keys = layout.keys.by_name.values()
        self._content = sorted({c for k in keys for c in k.columns} | schools.figure_columns)

    def take(self, rows: Sequence[Row]) -> None:
        """Some more rows."""
        rows = [row for row in rows if self._belongs(row)]
        cells = [row.cells for row in rows]
        self._groups.append(np.array([self._group[_key(row)] for row in rows], np.int64))
        kinds = [
            [codes.setdefault(clean_text(row[place]).casefold(), len(codes)) for row in cells]
            for place, codes in zip(self.layout.row_columns, self._codes, strict=True)
        ]
        self._kinds.append(np.array(kinds, np.int64).reshape(len(self._codes), len(rows)))
        for places, part in self._parts.items():
            part.figures.append(part.reader.read(places, cells))
            part.nothing.append(part.reader.adds_nothing(places, cells))
            if self.layout.sheet is not None:
                self._note_formulas(rows, places, part.figures[-1])

    def _belongs(self, row: Row) -> bool:
        """Whether a row says more of its school; one that stands twice is left."""
        key = _key(row)
        group = self._group.setdefault(key, len(self._first))
        if group == len(self._first):
            self._first.append(row)
        first = self._first[group]
        for name, value in row.keys.items():
            if value != first.keys.get(name) and name not in _WRITTEN:
                self._spoilt.add(group)
                self._leave("rows_disagree", row, name, school=key[0], first=self._place(first))
                return False
        if not self.layout.row_columns:
            return True
        kind = tuple(clean_text(row.cells[c]).casefold() for c in self.layout.row_columns)
        content = hash(tuple(clean_text(row.cells[c]) for c in self._content))
        number, before = self._met.setdefault((group, kind), (row.number, content))
        if number == row.number:
            return True
        said = {"school": key[0], "first": f"row {number}", "second": f"row {row.number}"}
        if before == content:
            self._leave("stands_again", row, **said)
        else:
            self._spoilt.add(group)
            self._leave("stands_twice", row, **said)
        return False

    def _leave(self, code: str, row: Row, name: str = "school_id", **said: object) -> None:
        key = self.layout.keys.by_name.get(name) or self.layout.keys.by_name["school_id"]
        column = key.column
        token = None if column is None else row.cells[column]
        self._schools.leave(code, row.number, column, token, row.keys, **said)

    def _place(self, row: Row) -> str:
        return cell_address(row.number - 1, self.layout.keys.by_name["school_id"].columns[0])

    def _note_formulas(self, rows: Sequence[Row], places: Places, found: FigureColumn) -> None:
        for at in np.flatnonzero(found.has_status(UNREADABLE)).tolist():
            cells = rows[at].cells
            self.formulas += [
                (rows[at].number, c, cells[c]) for c in places.all_columns if is_formula(cells[c])
            ]

    # ------------------------------------------------------------------ all rows are there

    def schools(self) -> tuple[list[Row], dict[str | None, dict[str, FigureColumn]]]:
        """The first row of every school (and stage), and its figures.

        Raises :class:`FileRejected` where some rows are the sums of others.
        """
        groups = np.concatenate(self._groups) if self._groups else np.zeros(0, np.int64)
        kinds = np.concatenate(self._kinds, axis=1)
        self._check_sums(groups, kinds)
        count = len(self._first)
        keep = np.array([g for g in range(count) if g not in self._spoilt], np.int64)
        read = {
            places: (
                FigureColumn(
                    np.concatenate([f.values for f in part.figures]),
                    np.concatenate([f.codes for f in part.figures]),
                ),
                np.concatenate(part.nothing),
            )
            for places, part in self._parts.items()
        }
        judged: dict[str | None, dict[str, FigureColumn]] = {}
        for stage, fields in self.layout.stages.items():
            where = self.layout.fields_of(stage)
            judged[stage] = {}
            for field_id, figure in fields.items():
                column, nothing = read[where[field_id]]
                rows = np.flatnonzero(self._meant(figure.where, kinds) & ~nothing)
                if figure.where and not self._meant(figure.where, kinds).any() and len(groups):
                    self._say_no_row(figure.condition, field_id)
                added = columns.add_rows(column.at(rows), groups[rows], count)
                judged[stage][field_id] = added.at(keep)
        return [self._first[group] for group in keep], judged

    def _meant(self, where: Where, kinds: np.ndarray) -> np.ndarray:
        """The rows that a figure is read from."""
        found = np.ones(kinds.shape[1], bool)
        for column, words in where:
            place = (self.layout.profile.several_rows or ()).index(column)
            codes = [code for word, code in self._codes[place].items() if word in words]
            found &= np.isin(kinds[place], codes)
        return found

    def _say_no_row(self, condition: str, field_id: str) -> None:
        row = self._first[0].number
        self._schools.leavings.add(
            "no_such_row",
            row=row,
            sheet=self.layout.sheet,
            is_row=False,
            said={"condition": condition, "field": field_id},
        )

    def _check_sums(self, groups: np.ndarray, kinds: np.ndarray) -> None:
        """Refuse the file where a word of a column stands for the rows of all its other words.

        A figure that is summed over the column would be counted twice.
        """
        names = self.layout.profile.several_rows or ()
        for stage, fields in self.layout.stages.items():
            where = self.layout.fields_of(stage)
            for place, name in enumerate(names):
                summed = (f for f, fig in fields.items() if name not in dict(fig.where))
                field_id = next(summed, None)
                if field_id is None:
                    continue
                meant = np.flatnonzero(self._meant(fields[field_id].where, kinds))
                values = np.concatenate([f.values for f in self._parts[where[field_id]].figures])
                others = np.delete(kinds, place, axis=0)[:, meant]
                found = _sum_of_others(
                    values[meant], np.vstack([groups[meant], others]), kinds[place, meant]
                )
                if found is not None:
                    word = list(self._codes[place])[found]
                    raise FileRejected(
                        "rows.word_is_sum",
                        column=name,
                        word=word,
                        sheet=self.layout.sheet,
                        cell=self._place(self._first[0]),
                    )


def _key(row: Row) -> tuple[str, object]:
    return str(row.keys["school_id"]), row.keys.get("stage")


def _sum_of_others(values: np.ndarray, blocks: np.ndarray, kinds: np.ndarray) -> int | None:
    """The kind whose figure is nearly always that of all others of its block; ``None`` if none is.

    ``blocks`` says by its columns which rows belong together.
    """
    if not len(values):
        return None
    _, block = np.unique(blocks, axis=1, return_inverse=True)
    block = block.reshape(-1)
    size = np.bincount(block)[block]
    is_known = (np.bincount(block, np.isnan(values)) == 0)[block]
    others = np.bincount(block, np.nan_to_num(values))[block] - values
    asked = is_known & (size >= LEAST) & (values > 0)
    same = asked & np.isclose(values, others, rtol=1e-9)
    for kind in np.unique(kinds[same]):
        mine, hits = asked & (kinds == kind), same & (kinds == kind)
        weight = np.log10(np.maximum(values[hits] / 2, 1)).sum()
        if hits.sum() >= MOSTLY * mine.sum() and weight >= EVIDENCE:
            return int(kind)
    return None
