"""From the rows of a flat export to sections: which rows are schools, and what they report."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.census import columns
from dagster_project.census.addresses import cell_address
from dagster_project.census.codes import codes
from dagster_project.census.columns import FigureColumn
from dagster_project.census.figures import BLANK, NOT_APPLICABLE, REPORTED, ZERO
from dagster_project.census.flat_map import Source
from dagster_project.census.flat_rows import RowBatch
from dagster_project.census.rejection import FileRejected
from dagster_project.census.schema import CODED, fields, label_column, section_schema, status_column

STANDARDS = "2017,2012,general"  # mainland census: both yardsticks apply (DOMAIN.md §1)

_TOTALS = r"^(计|全[国省市县区旗州]|.*(合计|总计|小计))$"
_REMARK = r"^(注|说明|备注|填表|制表|单位负责人|统计负责人|数据来源|打印)"
_YEAR = re.compile(r"(\d{4})(\D.*)?")


@dataclass(frozen=True)
class Part:
    """One sheet (or the csv, ``sheet`` None) of a flat export, ready to be read.

    ``targets`` says where each attribute and field stands; ``batches`` yields the rows.
    """

    sheet: str | None
    stage: str
    school_year: int
    targets: dict[str, tuple[Source, ...]]
    batches: Callable[[], Iterable[RowBatch]]


@dataclass
class _File:
    """What all rows of one file share."""

    constants: dict[str, str | int]
    seen: dict[tuple[str, str], str] = field(default_factory=dict)


def sections(
    parts: Iterable[Part], *, sha256: str, profile: str, vintage: str, school_year: int, term: str
) -> Iterator[pa.RecordBatch]:
    """Yield the sections of all ``parts``, batch by batch.

    Raises :class:`FileRejected` at the first row that cannot be a school: with sheet and cell.
    """
    file = _File(
        {
            "sha256": sha256,
            "profile": profile,
            "vintage": vintage,
            "standards": STANDARDS,
            "school_year": school_year,
            "term": term,
        }
    )
    for part in parts:
        schools = 0
        for batch in part.batches():
            rows = _Rows(part, batch)
            is_school = rows.schools()
            schools += int(is_school.sum())
            rows.check(is_school, file.seen)
            made = rows.sections(is_school, file.constants)
            if made.num_rows:
                yield made
        if not schools:
            raise FileRejected(
                "There is a header but no school below it.",
                advice="Export the table again and check that it has rows.",
                sheet=part.sheet,
            )


class _Rows:
    """The rows of one batch, seen through the column map."""

    def __init__(self, part: Part, batch: RowBatch) -> None:
        self.part = part
        self.batch = batch
        self.size = len(batch.rows)
        self.ids = self._tidy("school_id")

    def _text(self, attribute: str) -> pa.Array:
        sources = self.part.targets.get(attribute)
        if not sources:
            return pa.nulls(self.size, pa.string())
        return columns.clean(self.batch.columns[sources[0].column.index])

    def _tidy(self, attribute: str) -> pa.Array:
        return pc.replace_substring_regex(self._text(attribute), r"^(\d+)\.0+$", r"\1")

    def _figures(self, field_id: str) -> FigureColumn:
        sources = self.part.targets.get(field_id, ())
        if not sources:
            return columns.not_collected(self.size)
        return columns.add(
            [columns.judge(self.batch.columns[s.column.index], s.factor) for s in sources]
        )

    def schools(self) -> np.ndarray:
        """Mask of the rows that are schools: no totals, no remarks, no empty rows.

        Totals are recognised by their name where the 机构编码 is empty; they are never summed.
        """
        no_id = _mask(pc.is_null(self.ids))
        totals = _mask(pc.match_substring_regex(self.ids, _TOTALS))
        skipped, filled = totals, np.zeros(self.size, bool)
        if no_id.any():
            for tokens in self.batch.columns.values():
                filled |= _mask(pc.is_valid(columns.clean(tokens)))
            first = columns.clean(self.batch.columns[min(self.batch.columns)])
            for text in (self._text("school_name"), self._text("county_name"), first):
                skipped = skipped | (no_id & _mask(pc.match_substring_regex(text, _TOTALS)))
                skipped = skipped | (no_id & _mask(pc.match_substring_regex(text, _REMARK)))
            skipped = skipped | (no_id & ~filled)
        return ~skipped

    def check(self, is_school: np.ndarray, seen: dict[tuple[str, str], str]) -> None:
        """Refuse the file at a school without proper keys or one that stands in it twice."""
        good = _mask(pc.match_substring_regex(self.ids, r"^[0-9A-Za-z]{6,}$"))
        good &= _mask(pc.match_substring_regex(self.ids, r"\d"))
        self._refuse(
            is_school & ~good,
            "school_id",
            "is no 机构编码",
            "expected six or more letters and digits",
            "Fill in the 学校(机构)标识码, as text, or delete the row if it is no school.",
        )
        county = self._tidy("county_code")
        prefix = pc.utf8_slice_codeunits(county, 0, 2)
        known = _mask(pc.is_in(prefix, pa.array(codes("province_prefix"), pa.string())))
        known &= _mask(pc.match_substring_regex(county, r"^[0-9]{6}([0-9]{3}|[0-9]{6})?$"))
        self._refuse(
            is_school & ~known,
            "county_code",
            "is no county code",
            "expected 6, 9 or 12 digits, the first six a county of an existing province",
            "Correct 所在地区编码 in a new copy of the file.",
        )
        for attribute in ("is_counted", "was_closed", "is_new"):
            token = self._tidy(attribute)
            advice = "Write 是 or 否, or leave the cell empty."
            fine = _mask(pc.is_in(token, pa.array(codes(attribute), pa.string())))
            wrong = is_school & ~fine & _mask(pc.is_valid(token))
            self._refuse(wrong, attribute, "is neither 是 nor 否", "expected 是 or 否", advice)
        self._check_year(is_school)
        column = self.part.targets["school_id"][0].column.index
        for place in np.flatnonzero(is_school):
            key = (self.part.stage, self.ids[int(place)].as_py())
            cell = cell_address(self.batch.rows[int(place)] - 1, column)
            here = f"{self.part.sheet}!{cell}" if self.part.sheet else cell
            first = seen.setdefault(key, here)
            if first != here:
                raise FileRejected(
                    f"School {key[1]} stands in this file twice as {key[0]}: in {first} and in "
                    f"{here}.",
                    advice="Delete the row that is wrong and drop the file again.",
                    sheet=self.part.sheet,
                    cell=cell,
                )

    def _check_year(self, is_school: np.ndarray) -> None:
        if "school_year" not in self.part.targets:
            return
        stated = pc.utf8_slice_codeunits(self._text("school_year"), 0, 4)
        other = _mask(pc.not_equal(stated, str(self.part.school_year)))
        self._refuse(
            is_school & other,
            "school_year",
            "is another school year",
            f"expected {self.part.school_year} like the rest of the file and its folder",
            "Put each school year into a file of its own.",
        )

    def _refuse(
        self, wrong: np.ndarray, attribute: str, what: str, expected: str, advice: str
    ) -> None:
        if not wrong.any():
            return
        place = int(np.flatnonzero(wrong)[0])
        column = self.part.targets[attribute][0].column
        row = self.batch.rows[place]
        token = self.batch.columns[column.index][place].as_py() or ""
        found = f"{token!r}" if token.strip() else "An empty cell"
        raise FileRejected(
            f"{found} in column {column.label}, row {row}, {what}; {expected}.",
            advice=advice,
            sheet=self.part.sheet,
            cell=cell_address(row - 1, column.index),
        )

    def sections(self, is_school: np.ndarray, constants: dict[str, str | int]) -> pa.RecordBatch:
        """The rows that make a section: schools that report pupils in this stage.

        A school closed last year makes one only if it still counts a pupil or had graduates: they
        left before it closed, and the county's graduates would be short of them.
        """
        figures = {field_id: self._figures(field_id) for field_id in fields()}
        pupils = figures["pupils"]
        exists = ~pupils.has_status(BLANK, NOT_APPLICABLE)
        for field_id in ("pupils_girls", *(f"pupils_grade_{grade}" for grade in range(1, 7))):
            exists |= figures[field_id].has_status(REPORTED)
        closed = self._yes("was_closed")
        left = figures["graduates"].has_status(REPORTED)
        exists &= ~_mask(closed) | ~pupils.has_status(ZERO, BLANK, NOT_APPLICABLE) | left
        made: dict[str, pa.Array] = {
            "sheet": pa.array([self.part.sheet] * self.size, pa.string()),
            "source_row": pa.array(self.batch.rows, pa.int32()),
            "county_code": pc.utf8_slice_codeunits(self._tidy("county_code"), 0, 6),
            "county_name": self._text("county_name"),
            "school_id": self.ids,
            "school_name": self._text("school_name"),
            "school_type_code": self._coded("school_type_code", "school_type"),
            "sponsor_code": self._coded("sponsor_code", "sponsor"),
            "urban_rural_code": self._coded("urban_rural_code", "urban_rural"),
            **{label_column(name): self._label(name) for name in CODED},
            "county_is_named": pa.nulls(self.size, pa.bool_()),
            "is_counted": self._yes("is_counted"),
            "is_new": self._yes("is_new"),
            "was_closed": closed,
            "stage": pa.array([self.part.stage] * self.size, pa.string()),
        }
        keep = pa.array(is_school & exists)
        for name, value in constants.items():
            kind = section_schema().field(name).type
            made[name] = pa.array(np.full(self.size, value, object), kind)
        for field_id, column in figures.items():
            made[field_id] = column.value_array()
            made[status_column(field_id)] = column.status_array()
        # Rows that are no schools have no keys; they are dropped before the schema demands them.
        arrays = [made[name].filter(keep) for name in section_schema().names]
        return pa.RecordBatch.from_arrays(arrays, schema=section_schema())

    def _coded(self, attribute: str, name: str) -> pa.Array:
        """A code; where the file gives none, the code of the name it gives."""
        code = self._tidy(attribute)
        if name not in self.part.targets or not code.null_count:
            return code
        names = self._text(name).dictionary_encode()
        known = [codes(attribute).get(label) for label in names.dictionary.to_pylist()]
        return pc.coalesce(code, pa.array(known, pa.string()).take(names.indices))

    def _label(self, name: str) -> pa.Array:
        """The word beside a code, where the file has both."""
        has_code = f"{name}_code" in self.part.targets
        return self._text(name) if has_code else pa.nulls(self.size, pa.string())

    def _yes(self, attribute: str) -> pa.Array:
        words = [label for label, code in codes(attribute).items() if code == "1"]
        token = self._tidy(attribute)
        yes = pc.is_in(token, pa.array(words, pa.string()))
        return pc.if_else(pc.is_valid(token), yes, pa.scalar(None, pa.bool_()))


def _mask(condition: pa.Array) -> np.ndarray:
    return condition.fill_null(False).to_numpy(zero_copy_only=False)
