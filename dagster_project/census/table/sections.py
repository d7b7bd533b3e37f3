"""The schools of a plain table, turned into section batches column by column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.census import columns, schema
from dagster_project.census.addresses import cell_address
from dagster_project.census.columns import FigureColumn
from dagster_project.census.doubts import Leavings
from dagster_project.census.figures import BLANK, NOT_APPLICABLE, UNREADABLE, clean_text
from dagster_project.census.opening.cell_marks import is_formula
from dagster_project.census.rejection import FileRejected
from dagster_project.census.sums import Sum, SumWatch
from dagster_project.census.table.figures import FigureReader
from dagster_project.census.table.gathering import Gathering
from dagster_project.census.table.layout import Layout
from dagster_project.census.table.profile_check import (
    BOOLEAN_ATTRIBUTES,
    LABEL_ATTRIBUTES,
    TEXT_ATTRIBUTES,
)
from dagster_project.census.table.rows import Row, Schools

BATCH_ROWS = 20_000
_MISSING = (BLANK, NOT_APPLICABLE)
Judged = Mapping[str | None, dict[str, FigureColumn]]  # stage → field → its figures
Seen = dict[tuple[int, str, str | None], str]  # year, school, stage → where it stands


def batches(
    layouts: Mapping[int, Layout],
    leavings: Leavings,
    seen: Seen,
    numbered: Iterable[tuple[int, list[object]]],
) -> Iterator[pa.RecordBatch]:
    """Section batches from ``(row number, cells)`` of one sheet, each of one school year.

    ``layouts`` are those of the sheet by school year. What is no section goes to ``leavings``;
    ``seen`` are the schools of the sheets before. Raises :class:`FileRejected` on the way for what
    makes the whole file doubtful.
    """
    rows = iter(numbered)
    head = list(islice(rows, BATCH_ROWS))
    years = {year: _Year(layout, leavings, seen) for year, layout in layouts.items()}
    _learn(list(years.values()), leavings, head)
    main = years[max(years)]
    column, rule = main.layout.keys.year_column, main.layout.profile.school_year
    known: dict[object, _Year] = {}
    for number, cells in chain(head, rows):
        year = main
        if len(years) > 1 and column is not None and column < len(cells):
            token = cells[column]
            if token not in known:
                known[token] = years.get(rule.of(clean_text(token)) or 0, main)
            year = known[token]
        row = year.schools.row(number, cells)
        if row is not None:
            if len(year.block) == BATCH_ROWS:
                yield from year.sections(is_last=False)
            year.block.append(row)
    for year in years.values():
        yield from year.finish()


def _learn(
    years: Sequence[_Year], leavings: Leavings, head: Sequence[tuple[int, list[object]]]
) -> None:
    """Look at the first rows as a whole before any of them is judged."""
    layout = years[0].layout
    rows = [cells for _, cells in head if len(cells) >= len(layout.labels)]
    doubtful: dict[int, str] = {}
    for year in years:
        year.schools.learn(rows)
        for reader in year.readers.values():
            doubtful |= reader.learn(rows)
    for column, token in doubtful.items():
        number = next(n for n, cells in head if column < len(cells) and cells[column] == token)
        years[0].say("number_marks", number, column, token)


class _Year:
    """The rows of one school year of a sheet; ``block`` are those that are not used yet."""

    def __init__(self, layout: Layout, leavings: Leavings, seen: Seen) -> None:
        self.layout, self.leavings = layout, leavings
        self.schools = Schools(layout, leavings)
        self.seen = seen
        self.readers = {
            stage: FigureReader(layout.profile, layout.fields_of(stage), layout.labels)
            for stage in layout.stages
        }
        self.watch = SumWatch()
        self.formulas: list[tuple[int, int, object]] = []  # row, column, token
        self.block: list[Row] = []
        self.gathering: Gathering | None = None
        if layout.profile.several_rows is not None:
            self.gathering = Gathering(layout, self.readers, self.schools)

    def finish(self) -> Iterator[pa.RecordBatch]:
        """The sections of the last rows."""
        yield from self.sections(is_last=True)
        if self.formulas:
            row, column, token = self.formulas[0]
            self.say("uncalculated", row, column, token, rows=len(self.formulas))

    def sections(self, *, is_last: bool) -> Iterator[pa.RecordBatch]:
        """The sections of the block; of schools with several rows they come with the last."""
        block, self.block = self.block, []
        if self.gathering is None:
            rows = self._once(block)
            cells = [row.cells for row in rows]
            judged: Judged = {
                stage: {f: reader.figures(f, cells) for f in self.layout.stages[stage]}
                for stage, reader in self.readers.items()
            }
            self._note_formulas(rows, judged)
        else:
            self.gathering.take(block)
            if not is_last:
                return
            gathered, judged = self.gathering.schools()
            self.formulas = self.gathering.formulas
            rows = self._once(gathered)
            numbers = {row.number for row in rows}
            places = np.flatnonzero([row.number in numbers for row in gathered])
            judged = {
                stage: {f: column.at(places) for f, column in fields.items()}
                for stage, fields in judged.items()
            }
        if rows:
            yield from self._assembled(rows, judged, is_last=is_last)

    def _assembled(
        self, rows: list[Row], judged: Judged, *, is_last: bool
    ) -> Iterator[pa.RecordBatch]:
        keep = np.ones(len(rows), bool)
        for found in self.watch.add(
            [r.number for r in rows], _matrix(judged, rows), is_last=is_last
        ):
            keep[self._leave_sum(found, rows)] = False
        for at in [n for n, row in enumerate(rows) if row.has_odd_id and keep[n]]:
            self._leave("id_length", rows[at])
            keep[at] = False
        self.leavings.used += int(keep.sum())
        for stage, exists in self._existing(judged, keep).items():
            if exists.any():
                yield self._assemble(rows, judged[stage], stage, np.flatnonzero(exists))

    def say(self, code: str, row: int, column: int, token: object, **said: object) -> None:
        """Say of a column what makes its figures unknown."""
        self.leavings.add(
            code,
            row=row,
            column=column,
            sheet=self.layout.sheet,
            label=self.layout.labels[column],
            token=token,
            is_row=False,
            said=said,
        )

    def _once(self, rows: Sequence[Row]) -> list[Row]:
        """``rows`` without schools that stand twice in the file.

        Of rows that differ nobody knows which is right: neither is used, as far as none has been
        handed on already.
        """
        first: dict[tuple, Row] = {}
        left: set[int] = set()
        for row in rows:
            key = self._key(row)
            if key not in self.seen and first.setdefault(key, row) is row:
                continue
            left.add(row.number)
            earlier = first.get(key)
            where = self.seen.get(key) or (self._place(earlier) if earlier else "")
            said = {"school": key[1], "first": where, "second": self._place(row)}
            if earlier is None or self._is_alike(earlier, row):
                self._leave("stands_again", row, **said)
                continue
            self._leave("stands_twice", row, **said)
            if earlier.number not in left:
                left.add(earlier.number)
                self._leave("stands_twice", earlier, **said)
        self.seen |= {key: self._place(row) for key, row in first.items()}
        return [row for row in rows if row.number not in left]

    def _key(self, row: Row) -> tuple[int, str, str | None]:
        stage = row.keys.get("stage")
        school = str(row.keys["school_id"])
        return self.layout.school_year, school, None if stage is None else str(stage)

    def _is_alike(self, one: Row, other: Row) -> bool:
        """Whether two rows say the same in all columns that are read."""
        columns = {c for key in self.layout.keys.by_name.values() for c in key.columns}
        columns |= self.schools.figure_columns
        return all(one.cells[c] == other.cells[c] for c in columns)

    @property
    def _id_column(self) -> int:
        """The column of ids, which every profile has."""
        return self.schools.id_key.columns[0]

    def _place(self, row: Row) -> str:
        sheet = f"{self.layout.sheet}!" if self.layout.sheet else ""
        return f"{sheet}{cell_address(row.number - 1, self._id_column)}"

    def _leave(self, code: str, row: Row, **said: object) -> None:
        column = self._id_column
        self.schools.leave(code, row.number, column, row.cells[column], row.keys, **said)

    def _leave_sum(self, found: Sum, rows: Sequence[Row]) -> int:
        """Set the row of a sum aside; its place among ``rows``. Refuses the file if it is late."""
        at = next((n for n, row in enumerate(rows) if row.number == found.at), None)
        said = {"first": found.first, "last": found.last, "figures": found.figures}
        if at is None:  # handed on already, with a batch before the end of its block
            raise FileRejected(
                "rows.is_sum", row=found.at, **said, sheet=self.layout.sheet, cell=f"row {found.at}"
            )
        self._leave("is_sum", rows[at], **said)
        return at

    def _note_formulas(self, rows: Sequence[Row], judged: Judged) -> None:
        """Remember the figures that are formulas without a value."""
        if self.layout.sheet is None:
            return
        found = set()
        for stage, fields in judged.items():
            for field_id, column in fields.items():
                for at in np.flatnonzero(column.has_status(UNREADABLE)).tolist():
                    places = self.readers[stage].columns[field_id].all_columns
                    found |= {(at, c) for c in places if is_formula(rows[at].cells[c])}
        self.formulas += [(rows[at].number, c, rows[at].cells[c]) for at, c in sorted(found)]

    def _existing(self, judged: Judged, keep: np.ndarray) -> dict[str | None, np.ndarray]:
        """The rows that make a section in each stage.

        Where a row makes several, those stages exist that report anything. A school without any
        figure stays, in its first stage: it stood in the file.
        """
        if None in judged:
            return {None: keep}
        found = {}
        for stage, fields in judged.items():
            says = np.zeros(len(keep), bool)
            for field_id in self.layout.profile.stage_fields[stage] if stage else ():
                if field_id in fields:
                    says |= ~fields[field_id].has_status(*_MISSING)
            found[stage] = says & keep
        first = next(iter(found))
        found[first] |= keep & ~np.logical_or.reduce(list(found.values()))
        return found

    def _assemble(
        self,
        rows: Sequence[Row],
        judged: dict[str, FigureColumn],
        stage: str | None,
        places: np.ndarray,
    ) -> pa.RecordBatch:
        layout, size = self.layout, len(places)
        rows = [rows[n] for n in places]
        constants = {
            "sha256": layout.sha256,
            "profile": layout.profile.profile_id,
            "vintage": layout.vintage,
            "standards": layout.profile.standards,
            "sheet": layout.sheet,
            "school_year": layout.school_year,
            "term": layout.term,
            "county_is_named": layout.profile.county_code.lists_codes,
        }
        if stage is not None:
            constants["stage"] = stage
        nation_of: dict[object, str | None] = {}
        for row in rows:
            code = row.keys.get("county_code")
            if code not in nation_of:
                nation_of[code] = layout.profile.nation_of(code)
        nothing = columns.not_collected(size)
        texts = ("school_id", "school_name", "county_code", "county_name", "stage")
        made: dict[str, Any] = {
            "source_row": [row.number for row in rows],
            "nation": [nation_of[row.keys.get("county_code")] for row in rows],
        }
        for name in (*texts, *TEXT_ATTRIBUTES, *LABEL_ATTRIBUTES, *BOOLEAN_ATTRIBUTES):
            if name not in constants:
                made[name] = [row.keys.get(name) for row in rows]
        for field_id in schema.fields():
            known = judged.get(field_id)
            figures = nothing if known is None else known.at(places)
            made[field_id] = figures.value_array()
            made[schema.status_column(field_id)] = figures.status_array()
        arrays = []
        for target in schema.section_schema():
            column = made.get(target.name)
            if column is None:
                column = [constants.get(target.name)] * size
            if isinstance(column, list):
                if pa.types.is_string(target.type):
                    column = [None if c is None else str(c) for c in column]
                column = pa.array(column, target.type)
            arrays.append(column)
        return pa.RecordBatch.from_arrays(arrays, schema=schema.section_schema())


def _matrix(judged: Judged, rows: Sequence[Row]) -> np.ndarray:
    """The figures of ``rows`` as numbers, a column a field; NaN where unknown."""
    found = [column.values for fields in judged.values() for column in fields.values()]
    return np.stack(found, axis=1) if found else np.zeros((len(rows), 0))
