"""From the rows of a flat export to sections: what its schools report, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.census import columns
from dagster_project.census.codes import codes
from dagster_project.census.columns import FigureColumn
from dagster_project.census.doubts import Leavings
from dagster_project.census.figures import BLANK, NOT_APPLICABLE, REPORTED, ZERO
from dagster_project.census.flat.rows import RowBatch
from dagster_project.census.flat.schools import Part, Rows, Schools, mask
from dagster_project.census.opening.cell_marks import FORMULA
from dagster_project.census.rejection import FileRejected
from dagster_project.census.schema import CODED, fields, label_column, section_schema, status_column
from dagster_project.census.sums import MOST_FIGURES, Sum, SumWatch
from dagster_project.census.workbook.identity import school_types

STANDARDS = "2017,2012,general"  # mainland census: both yardsticks apply (DOMAIN.md §1)
_STAGE_FIGURES = ("pupils_girls", *(f"pupils_grade_{grade}" for grade in range(1, 7)))


def sections(
    parts: Iterable[Part],
    leavings: Leavings,
    *,
    sha256: str,
    profile: str,
    vintage: str,
    school_year: int,
    term: str,
) -> Iterator[pa.RecordBatch]:
    """Yield the sections of all ``parts``, batch by batch; what is none goes to ``leavings``.

    Raises :class:`FileRejected` for a part without schools, and for a file that is doubtful as a
    whole.
    """
    constants: dict[str, str | int] = {
        "sha256": sha256,
        "profile": profile,
        "vintage": vintage,
        "standards": STANDARDS,
        "school_year": school_year,
        "term": term,
    }
    schools = Schools(leavings)
    for part in parts:
        before = leavings.used + leavings.doubtful
        reader = _PartReader(part, schools, constants)
        for batch, is_last in _with_last(part.batches()):
            made = reader.sections(batch, is_last)
            if made.num_rows:
                yield made
        reader.finish()
        if leavings.used + leavings.doubtful == before:
            raise FileRejected("census.no_school_below_header", sheet=part.sheet)
    leavings.check()


def _with_last(batches: Iterable[RowBatch]) -> Iterator[tuple[RowBatch, bool]]:
    """Every batch, and whether it is the last."""
    waiting = None
    for batch in batches:
        if waiting is not None:
            yield waiting, False
        waiting = batch
    if waiting is not None:
        yield waiting, True


@dataclass
class _PartReader:
    """What the batches of one part share."""

    part: Part
    schools: Schools
    constants: dict[str, str | int]
    watch: SumWatch = field(default_factory=SumWatch)
    watched: list[str] | None = None  # the fields that sums are looked for in
    formulas: int = 0
    first_formula: tuple[int, int, str] | None = None  # row, column, token

    def sections(self, batch: RowBatch, is_last: bool) -> pa.RecordBatch:
        """The rows that make a section: schools, without those that have none in this stage.

        A school closed last year makes one only if it still counts a pupil or had graduates: they
        left before it closed, and the county's graduates would be short of them.
        """
        rows = Rows(self.part, batch, self.schools)
        keep = rows.are_schools()
        figures = {field_id: self._figures(field_id, rows) for field_id in fields()}
        self._leave_sums(rows, figures, keep, is_last)
        attributes = self._attributes(rows)
        self._leave_absent(rows, figures, attributes, keep)
        if self.part.sheet is not None:
            self._count_formulas(rows)
        self.schools.leavings.used += int(keep.sum())
        return self._assemble(rows, figures, attributes, keep)

    def _figures(self, field_id: str, rows: Rows) -> FigureColumn:
        sources = self.part.targets.get(field_id, ())
        if not sources:
            return columns.not_collected(rows.size)
        tokens = rows.batch.columns
        return columns.add([columns.judge(tokens[s.column.index], s.factor) for s in sources])

    # ------------------------------------------------------------------ rows that make no section

    def _leave_sums(
        self, rows: Rows, figures: dict[str, FigureColumn], keep: np.ndarray, is_last: bool
    ) -> None:
        if self.watched is None:
            known = {f: np.count_nonzero(c.values[keep] > 0) for f, c in figures.items()}
            self.watched = sorted(known, key=lambda f: -known[f])[:MOST_FIGURES]
        places = np.flatnonzero(keep)
        values = np.stack([figures[f].values[places] for f in self.watched], axis=1)
        numbers = [rows.batch.rows[place] for place in places.tolist()]
        for found in self.watch.add(numbers, values, is_last=is_last):
            said: dict[str, Any] = {
                "first": found.first,
                "last": found.last,
                "figures": found.figures,
            }
            if found.at < rows.batch.rows[0]:
                self._refuse_sum(found, said)
            place = found.at - rows.batch.rows[0]
            rows.leave("is_sum", place, "school_id", rows.ids[place].as_py(), **said)
            keep[place] = False

    def _refuse_sum(self, found: Sum, said: dict[str, Any]) -> None:
        """Refuse the file: the row was handed on with a batch before the end of its block."""
        raise FileRejected(
            "rows.is_sum", row=found.at, **said, sheet=self.part.sheet, cell=f"row {found.at}"
        )

    def _leave_absent(
        self,
        rows: Rows,
        figures: dict[str, FigureColumn],
        attributes: dict[str, pa.Array],
        keep: np.ndarray,
    ) -> None:
        """Set aside schools that have no section in this stage.

        A school of a type that has this stage and no other stays, though it reports nothing: it
        stood in the file. One of several stages may be listed with blanks where it has none.
        """
        pupils = figures["pupils"]
        exists = ~pupils.has_status(BLANK, NOT_APPLICABLE)
        for field_id in _STAGE_FIGURES:
            exists |= figures[field_id].has_status(REPORTED)
        left = figures["graduates"].has_status(REPORTED)
        nobody = pupils.has_status(ZERO, BLANK, NOT_APPLICABLE)
        closed = mask(attributes["was_closed"]) & nobody & ~left
        types = attributes["school_type_code"]
        for place in np.flatnonzero(keep & (closed | ~exists)).tolist():
            own = school_types().get(types[place].as_py(), (frozenset(), True))[0]
            if closed[place]:
                rows.leave("closed", place)
            elif own - {self.part.stage}:
                rows.leave("no_figures", place)
            else:
                continue
            keep[place] = False

    def _count_formulas(self, rows: Rows) -> None:
        """Count the figures that are formulas without a value."""
        for field_id in fields():
            for source in self.part.targets.get(field_id, ()):
                column = source.column.index
                tokens = rows.batch.columns[column]
                distinct = tokens.dictionary if pa.types.is_dictionary(tokens.type) else tokens
                if not pc.any(pc.starts_with(distinct, FORMULA)).as_py():
                    continue
                places = np.flatnonzero(mask(pc.starts_with(tokens.cast(pa.string()), FORMULA)))
                if self.first_formula is None:
                    row = rows.batch.rows[int(places[0])]
                    self.first_formula = (row, column, tokens[int(places[0])].as_py())
                self.formulas += len(places)

    def finish(self) -> None:
        """Say what concerns the part as a whole."""
        if self.first_formula is not None:
            row, column, token = self.first_formula
            self.schools.leavings.add(
                "uncalculated",
                row=row,
                column=column,
                sheet=self.part.sheet,
                token=token,
                is_row=False,
                said={"rows": self.formulas},
            )

    # ------------------------------------------------------------------ the sections

    def _attributes(self, rows: Rows) -> dict[str, pa.Array]:
        names = {"is_counted", "is_new", "was_closed"}
        found = {name: self._yes(rows, name) for name in names}
        for name in CODED:
            found[f"{name}_code"] = self._coded(rows, f"{name}_code", name)
            # The word beside a code, where the file has both.
            has_code = f"{name}_code" in self.part.targets
            blank = pa.nulls(rows.size, pa.string())
            found[label_column(name)] = rows.text(name) if has_code else blank
        found["county_is_named"] = pa.nulls(rows.size, pa.bool_())
        found["nation"] = pa.nulls(rows.size, pa.string())
        return found

    def _coded(self, rows: Rows, attribute: str, name: str) -> pa.Array:
        """A code; where the file gives none, the code of the name it gives."""
        code = rows.tidy(attribute)
        if name not in self.part.targets or not code.null_count:
            return code
        names = rows.text(name).dictionary_encode()
        known = [codes(attribute).get(label) for label in names.dictionary.to_pylist()]
        return pc.coalesce(code, pa.array(known, pa.string()).take(names.indices))

    @staticmethod
    def _yes(rows: Rows, attribute: str) -> pa.Array:
        known = codes(attribute)
        token = rows.tidy(attribute)
        yes = pc.is_in(
            token, pa.array([k for k, code in known.items() if code == "1"], pa.string())
        )
        is_known = pc.is_in(token, pa.array(known, pa.string()))
        return pc.if_else(is_known, yes, pa.scalar(None, pa.bool_()))

    def _assemble(
        self,
        rows: Rows,
        figures: dict[str, FigureColumn],
        attributes: dict[str, pa.Array],
        keep: np.ndarray,
    ) -> pa.RecordBatch:
        names = rows.text("school_name")
        if self.part.sheet is not None:
            is_name = pc.invert(pc.starts_with(names, FORMULA))
            names = pc.if_else(is_name, names, pa.scalar(None, pa.string()))
        made: dict[str, pa.Array] = {
            "sheet": pa.array([self.part.sheet] * rows.size, pa.string()),
            "source_row": pa.array(rows.batch.rows, pa.int32()),
            "county_code": pc.utf8_slice_codeunits(rows.tidy("county_code"), 0, 6),
            "county_name": rows.text("county_name"),
            "school_id": rows.ids,
            "school_name": names,
            "stage": pa.array([self.part.stage] * rows.size, pa.string()),
            **attributes,
        }
        for name, value in self.constants.items():
            kind = section_schema().field(name).type
            made[name] = pa.array(np.full(rows.size, value, object), kind)
        for field_id, column in figures.items():
            made[field_id] = column.value_array()
            made[status_column(field_id)] = column.status_array()
        # Rows that are no schools have no keys; they are dropped before the schema demands them.
        kept = pa.array(keep)
        arrays = [made[name].filter(kept) for name in section_schema().names]
        return pa.RecordBatch.from_arrays(arrays, schema=section_schema())
