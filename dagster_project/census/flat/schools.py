"""Which rows of a flat export are schools: decided for a batch at once, in doubt row by row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.census import columns
from dagster_project.census.addresses import cell_address, column_letter
from dagster_project.census.codes import codes, looks_like_digits
from dagster_project.census.doubts import Leavings
from dagster_project.census.figures import parse_figure
from dagster_project.census.flat.column_map import Source, labels_of
from dagster_project.census.flat.headers import normalise_label
from dagster_project.census.flat.rows import RowBatch
from dagster_project.census.opening import signs
from dagster_project.census.opening.cell_marks import FORMULA
from dagster_project.census.row_words import WHOLE, is_note, total_label, words
from dagster_project.census.schema import fields

_ID = r"^[0-9A-Za-z]{6,}$"
_LIKE_DIGITS = r"^[0-9]*[OoIl][0-9OoIl]*$"  # see codes.looks_like_digits
_REWRITTEN = re.compile(r"\d+[.,]\d*[eE]\+?\d+|\d+[eE]\+\d+")
_COUNTY = r"^[0-9]{6}([0-9]{3}|[0-9]{6})?$"
_EXPECTED_COUNTY = "6, 9 or 12 digits, the first six a county of an existing province"
_YES_NO = ("is_counted", "was_closed", "is_new")
# What the name of a sum is made of; looked for in the bytes of all names at once.
_TOTAL_CORES = tuple(word.encode() for word in ("计", "計", "otal", "OTAL"))


@dataclass(frozen=True)
class Part:
    """One sheet (or the csv, ``sheet`` None) of a flat export, ready to be read.

    ``targets`` says where each attribute and field stands; ``batches`` yields the rows. Nobody
    sees the ``hidden_rows`` (from 0).
    """

    sheet: str | None
    stage: str
    school_year: int
    targets: dict[str, tuple[Source, ...]]
    batches: Callable[[], Iterable[RowBatch]]
    hidden_rows: frozenset[int] = frozenset()


@dataclass
class Schools:
    """Tells the rows of one file that are schools; the others go to ``leavings``."""

    leavings: Leavings
    seen: dict[tuple[str, str], tuple[str | None, int]] = field(default_factory=dict)


class Rows:
    """The rows of one batch, seen through the column map."""

    def __init__(self, part: Part, batch: RowBatch, schools: Schools) -> None:
        self.part = part
        self.batch = batch
        self.size = len(batch.rows)
        self.leavings, self.seen = schools.leavings, schools.seen
        self.ids = self.tidy("school_id")

    def text(self, attribute: str) -> pa.Array:
        """The cleaned tokens of an attribute; null where blank or without a column."""
        sources = self.part.targets.get(attribute)
        if not sources:
            return pa.nulls(self.size, pa.string())
        return columns.clean(self.batch.columns[sources[0].column.index])

    def tidy(self, attribute: str) -> pa.Array:
        """:meth:`text` with codes that a spreadsheet made numbers of as codes again."""
        return pc.replace_substring_regex(self.text(attribute), r"^(\d+)\.0+$", r"\1")

    def are_schools(self) -> np.ndarray:
        """Mask of the rows that are schools with keys of their own, each once."""
        good = mask(pc.match_substring_regex(self.ids, _ID))
        good &= mask(pc.match_substring_regex(self.ids, r"\d"))
        good &= ~mask(pc.match_substring_regex(self.ids, _LIKE_DIGITS))
        for place in np.flatnonzero(~good).tolist():
            self._leave_odd(place)
        self._leave_named_totals(good)
        self._leave_wrong_keys(good)
        self._leave_hidden(good)
        self._leave_overflowing(good)
        self._leave_repeated(good)
        return good

    # ------------------------------------------------------------------ rows without a proper id

    def _leave_odd(self, place: int) -> None:
        """Set aside a row without a proper 机构编码: a total, header, note or doubtful school."""
        texts = {c: columns.clean(t.slice(place, 1))[0].as_py() for c, t in self._tokens()}
        if not any(texts.values()):
            return
        school_id = self.ids[place].as_py()
        first = next(text for _, text in sorted(texts.items()) if text)
        named = (school_id, self._at("school_name", place), self._at("county_name", place), first)
        total = next((text for text in named if text and total_label(text)), None)
        if total is not None and (school_id is None or total_label(school_id)):
            self.leave("total_row", place, token=total)
        elif school_id is not None and normalise_label(school_id) in labels_of("school_id"):
            self.leave("header_row", place)
        elif all(text == str(column + 1) for column, text in texts.items()):
            self.leave("header_row", place)  # the numbers of the columns once more
        elif is_note(first) and not self._has_figures(texts):
            self.leave("note_row", place)
        else:
            self.leave(_doubt_of_id(school_id), place, "school_id", school_id)

    def _tokens(self) -> Iterable[tuple[int, pa.Array]]:
        return self.batch.columns.items()

    def _has_figures(self, texts: dict[int, str | None]) -> bool:
        places = (s.column.index for f in fields() for s in self.part.targets.get(f, ()))
        return any(parse_figure(texts[c]).value is not None for c in places if texts.get(c))

    def _leave_named_totals(self, good: np.ndarray) -> None:
        """Set aside rows with an id whose name is that of a sum: 全县, 合 计."""
        names = self.text("school_name")
        found = mask(pc.is_in(names, _whole_words()))
        data = names.buffers()[2]
        held = b"" if data is None else data.to_pybytes()
        if any(core in held for core in _TOTAL_CORES):
            labels = [name is not None and total_label(name) == WHOLE for name in names.to_pylist()]
            found |= np.array(labels, bool)
        for place in np.flatnonzero(found & good).tolist():
            self.leave("total_row", place, token=names[place].as_py())
        good &= ~found

    # ------------------------------------------------------------------ keys and attributes

    def _leave_wrong_keys(self, good: np.ndarray) -> None:
        county = self.tidy("county_code")
        prefix = pc.utf8_slice_codeunits(county, 0, 2)
        known = mask(pc.is_in(prefix, pa.array(codes("province_prefix"), pa.string())))
        known &= mask(pc.match_substring_regex(county, _COUNTY))
        self._leave_all("bad_county", good & ~known, "county_code", expected=_EXPECTED_COUNTY)
        good &= known
        if "school_year" in self.part.targets:
            stated = pc.utf8_slice_codeunits(self.text("school_year"), 0, 4)
            other = mask(pc.not_equal(stated, str(self.part.school_year)))
            expected = f"school year {self.part.school_year}"
            self._leave_all("other_year", good & other, "school_year", expected=expected)
            good &= ~other
        for attribute in _YES_NO:
            token = self.tidy(attribute)
            fine = mask(pc.is_in(token, pa.array(codes(attribute), pa.string())))
            wrong = good & ~fine & mask(pc.is_valid(token))
            self._leave_all("no_yes_no", wrong, attribute, is_row=False)

    def _leave_all(
        self, code: str, wrong: np.ndarray, attribute: str, is_row: bool = True, **said: object
    ) -> None:
        for place in np.flatnonzero(wrong).tolist():
            self.leave(code, place, attribute, self._at(attribute, place), is_row=is_row, **said)

    def _leave_hidden(self, good: np.ndarray) -> None:
        if self.part.hidden_rows:
            numbers = np.array(self.batch.rows) - 1
            hidden = np.isin(numbers, np.fromiter(self.part.hidden_rows, np.int64)) & good
            self._leave_all("hidden_school", hidden, "school_id")
            good &= ~hidden

    def _leave_overflowing(self, good: np.ndarray) -> None:
        """Set aside rows with figures right of the last heading: shifted, or two rows in one."""
        for number, (column, has_digits) in self.batch.overflow.items():
            place = number - self.batch.rows[0]
            if good[place]:
                code = "overflow" if has_digits else "remark"
                self.leave(code, place, is_row=has_digits, at=column_letter(column))
                good[place] = not has_digits

    # ------------------------------------------------------------------ schools that stand twice

    def _leave_repeated(self, good: np.ndarray) -> None:
        """Set aside schools that stand twice: of rows that differ both, if it is not too late."""
        here: dict[str, int] = {}
        ids = self.ids.to_pylist()
        for place in np.flatnonzero(good).tolist():
            school = ids[place]
            key = (self.part.stage, school)
            row = (self.part.sheet, self.batch.rows[place])
            first = self.seen.setdefault(key, row)
            if first == row:
                here[school] = place
                continue
            said = {"school": school, "first": self._spot(*first), "second": self._spot(*row)}
            earlier = here.get(school)
            good[place] = False
            if earlier is None or self._are_alike(earlier, place):
                self.leave("stands_again", place, "school_id", school, **said)
                continue
            self.leave("stands_twice", place, "school_id", school, **said)
            if good[earlier]:
                good[earlier] = False
                self.leave("stands_twice", earlier, "school_id", school, **said)

    def _are_alike(self, one: int, other: int) -> bool:
        return all(tokens[one] == tokens[other] for _, tokens in self._tokens())

    def _spot(self, sheet: str | None, row: int) -> str:
        column = self.part.targets["school_id"][0].column.index
        cell = cell_address(row - 1, column)
        return f"{sheet}!{cell}" if sheet else cell

    # ------------------------------------------------------------------ saying it

    def _at(self, attribute: str, place: int) -> str | None:
        sources = self.part.targets.get(attribute)
        if not sources:
            return None
        return columns.clean(self.batch.columns[sources[0].column.index].slice(place, 1))[0].as_py()

    def leave(
        self,
        code: str,
        place: int,
        attribute: str | None = None,
        token: object = None,
        is_row: bool = True,
        **said: object,
    ) -> None:
        """Set aside the row at ``place``, or the attribute of it."""
        column = self.part.targets[attribute][0].column if attribute else None
        keys = {}
        if code not in ("header_row", "note_row", "total_row"):
            names = ("school_id", "school_name", "county_name")
            keys = {name: self._at(name, place) for name in names}
            keys |= {"county_code": (self._at("county_code", place) or "")[:6] or None}
            keys |= {"stage": self.part.stage}
        self.leavings.add(
            code,
            row=self.batch.rows[place],
            column=None if column is None else column.index,
            sheet=self.part.sheet,
            label=column.label if column else "",
            token=token,
            is_row=is_row,
            said=said,
            **keys,
        )


def _doubt_of_id(school_id: str | None) -> str:
    if school_id is None:
        return "no_school_id"
    if school_id.startswith(FORMULA) or not signs.NOTES.isdisjoint(school_id):
        return "id_noted"
    if looks_like_digits(school_id):
        return "id_letters"
    return "id_rewritten" if _REWRITTEN.fullmatch(school_id) else "bad_school_id"


@cache
def _whole_words() -> pa.Array:
    return pa.array(words("total", "whole"), pa.string())


def mask(condition: pa.Array) -> np.ndarray:
    """A condition of Arrow as a mask; unknown is false."""
    return condition.fill_null(False).to_numpy(zero_copy_only=False).copy()
