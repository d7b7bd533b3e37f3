"""From one cell of a return to a value: what each kind of column may hold, and the complaint.

Complaints are sentences of ``messages/returns.yml``, by their code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from dagster_project.census.codes import codes, is_school_id, looks_like_digits, tidy_id
from dagster_project.census.figures import (
    BLANK,
    NOT_APPLICABLE,
    REPORTED,
    UNDEFINED,
    UNREADABLE,
    ZERO,
    Figure,
    clean_text,
    parse_figure,
)
from dagster_project.census.opening.number_marks import Evidence
from dagster_project.census.place import SCHOOL_YEARS
from dagster_project.census.returns.faults import Cell
from dagster_project.census.returns.layout import (
    Column,
    canonical_unit,
    choices,
    factor,
    unit_labels,
)

LENGTH_OF_AN_ID = 10  # of a 学校标识码; a shorter one has lost its leading zeros
BUILT_FROM = 1850
_COUNTY_CODE = re.compile(r"\d{6}(\d{3}|\d{6})?")
_SCHOOL_YEAR = re.compile(r"(\d{4})\s*(?:[-/—–~]\s*\d{2,4})?\s*(?:学年.*|年)?")
_SUM = re.compile(r"\d+(\.\d+)?(\+\d+(\.\d+)?)*")


def is_blank(token: object) -> bool:
    """Whether a cell holds nothing but space."""
    return not clean_text(token)


class Judge:
    """Judges cells one by one; what is wrong goes to ``note`` and reads as ``None``.

    ``note`` is called with the cell, the code of the sentence and what it is filled in with.
    ``school_year`` is that of the return, ``None`` if it could not be found out.
    """

    def __init__(self, note: Callable[..., None], school_year: int | None = None) -> None:
        self.note = note
        self.school_year = school_year

    def value(self, cell: Cell, column: Column) -> object | None:
        """The value of ``cell`` as ``column`` understands it; ``None`` if blank or at fault."""
        if is_blank(cell.token):
            if column.required:
                self.note(cell, "empty", label=column.label)
            return None
        if column.kind == "choice":
            return self.choice(cell, column)
        if column.kind in ("count", "amount", "rate"):
            figure = self.column_figure(cell, column)
            if column.required and figure.status == NOT_APPLICABLE:
                self.note(cell, "not_stated", label=column.label)
            return figure.value
        return _READERS[column.kind](self, cell)

    # ------------------------------------------------------------------ words

    def text(self, cell: Cell) -> str | None:
        """Any text."""
        return clean_text(cell.token) or None

    def choice(self, cell: Cell, column: Column) -> str | None:
        """The value of a token of the column's list."""
        value = choices(column.list).value(cell.token)
        if value is None and column.open:
            return self.text(cell)
        if value is None:
            offered = "、".join(choices(column.list).offered)
            self.note(cell, "no_choice", label=column.label, offered=offered)
        return value

    def yes_no(self, cell: Cell) -> Figure:
        """1 for yes, 0 for no (是/否, 有/无, √, yes/no, 1/0)."""
        value = choices("yes_no").value(cell.token)
        if value is not None:
            return Figure(float(value), REPORTED if value == "1" else ZERO)
        if parse_figure(cell.token).status == NOT_APPLICABLE:
            return Figure(None, NOT_APPLICABLE)
        self.note(cell, "no_yes_no")
        return Figure(None, UNREADABLE)

    def school_id(self, cell: Cell) -> str | None:
        """A 学校标识码, leading zeros kept."""
        text = tidy_id(clean_text(cell.token))
        if not is_school_id(text):
            self.note(cell, "no_school_id")
            return None
        if len(text) != LENGTH_OF_AN_ID:
            code = "school_id_short" if len(text) < LENGTH_OF_AN_ID else "school_id_long"
            self.note(cell, code, length=len(text))
            return None
        if looks_like_digits(text):
            self.note(cell, "school_id_letters")
            return None
        return text

    def county_code(self, cell: Cell) -> str | None:
        """Six digits of a county in an existing province."""
        text = tidy_id(clean_text(cell.token))
        if not _COUNTY_CODE.fullmatch(text) or text[:2] not in codes("province_prefix"):
            self.note(cell, "no_county_code")
            return None
        return text[:6]

    # ------------------------------------------------------------------ years and grades

    def school_year_of(self, cell: Cell) -> int | None:
        """The year a school year starts in, from 2023, 2023-2024 or 2023学年."""
        found = _SCHOOL_YEAR.fullmatch(tidy_id(clean_text(cell.token)))
        if not found or int(found[1]) not in SCHOOL_YEARS:
            self.note(cell, "no_school_year")
            return None
        return int(found[1])

    def year(self, cell: Cell) -> int | None:
        """A calendar year in which something was built; none after the school year's end."""
        figure = parse_figure(cell.token)
        if figure.value is None or figure.value != int(figure.value):
            self.note(cell, "no_year")
            return None
        year = int(figure.value)
        last = SCHOOL_YEARS[-1] if self.school_year is None else self.school_year + 1
        if year > last:
            self.note(cell, "future_year", last=last)
            return None
        if year < BUILT_FROM:
            self.note(cell, "no_year")
            return None
        return year

    def grade(self, cell: Cell, stage: str | None) -> int | None:
        """The grade within ``stage``; judged only where the stage is known."""
        if is_blank(cell.token):
            self.note(cell, "empty", label="年级")
            return None
        if stage is None:
            return None
        known = choices(f"grade_{stage}")
        value = known.value(cell.token)
        if value is None:
            first, *_, last = known.offered
            name = choices("stage").label(stage)
            self.note(cell, "no_grade", stage=name, first=first, last=last)
            return None
        return int(value)

    # ------------------------------------------------------------------ figures

    def column_figure(self, cell: Cell, column: Column) -> Figure:
        """The figure of ``cell`` by the kind and unit of its column."""
        if column.unit_nobody_knows is not None:
            where, unit = column.unit_nobody_knows
            units = "、".join(unit_labels(canonical_unit(column.unit or "")))
            said = {"label": column.label, "where": where, "unit": unit, "units": units}
            return self._refused(cell, "under_no_unit", **said)
        return self.figure(cell, column.kind, column.unit)

    def figure(self, cell: Cell, kind: str, unit: str | None = None) -> Figure:
        """A count, an amount in ``unit`` or a rate, in the dictionary's unit."""
        if kind == "rate":
            return self._rate(cell, unit)
        scale = Decimal(1)
        if unit is not None and kind == "amount":
            scale = factor(canonical_unit(unit), unit) or scale
        figure = parse_figure(cell.token, scale)
        if figure.status in (UNREADABLE, BLANK):
            return self._refused(cell, "no_number")
        if Evidence.of([cell.token]).points:  # a text: 1.201 is a thousand in half of the world
            return self._refused(cell, "two_readings")
        if figure.status == UNDEFINED or (figure.value is not None and figure.value < 0):
            return self._refused(cell, "negative")
        if kind == "count" and figure.value is not None and figure.value != int(figure.value):
            return self._refused(cell, "not_whole")
        return figure

    def _rate(self, cell: Cell, unit: str | None) -> Figure:
        """A fraction from what is written, in the unit that the template states (% or 小数).

        A sign after the number settles its unit. Without one a figure that makes sense only in the
        other unit is not guessed at: it could be off by a factor of 100.
        """
        text = clean_text(cell.token)
        text = f"0{text}" if text.startswith(".") else text  # of a fraction nothing is lost
        has_sign = text.endswith("%")
        percent = has_sign or unit == "%"
        figure = parse_figure(text.removesuffix("%"), Decimal("0.01") if percent else 1)
        if figure.status == NOT_APPLICABLE or figure.status == ZERO:
            return figure
        if figure.status in (UNREADABLE, BLANK):
            return self._refused(cell, "no_rate")
        if figure.value is None or figure.value < 0:
            return self._refused(cell, "negative")
        if percent and figure.value > 1:
            return self._refused(cell, "rate_over_hundred")
        if percent and not has_sign and figure.value <= 0.01:
            return self._refused(cell, "rate_in_percent")
        if not percent and figure.value > 1:
            return self._refused(cell, "rate_in_fractions")
        return figure

    def _refused(self, cell: Cell, code: str, **said: object) -> Figure:
        self.note(cell, code, **said)
        return Figure(None, UNREADABLE)

    # ------------------------------------------------------------------ claims

    def sum(self, cell: Cell) -> str | None:
        """A number, or numbers joined with + (8+3+9+8), as text."""
        text = clean_text(cell.token).replace(" ", "")
        if not _SUM.fullmatch(text):
            self.note(cell, "no_sum")
            return None
        return text

    def multiplier(self, cell: Cell) -> str | None:
        """A number, ``sum`` or ``diff``, as text."""
        text = clean_text(cell.token).lower()
        if text not in ("sum", "diff") and not parse_figure(text).value:
            self.note(cell, "no_multiplier")
            return None
        return text

    def decimals(self, cell: Cell) -> str | None:
        """A number of decimals from 0 to 9, as text."""
        text = tidy_id(clean_text(cell.token))
        if not re.fullmatch(r"\d", text):
            self.note(cell, "no_decimals")
            return None
        return text

    def printed(self, cell: Cell) -> float | None:
        """A printed figure of any sign."""
        text = clean_text(cell.token)
        if text == "-1":  # a printed -1 is a figure, not the census's "undefined"
            return -1.0
        figure = parse_figure(text)
        if figure.value is None:
            self.note(cell, "no_number")
        return figure.value


_READERS: dict[str, Callable[[Judge, Cell], object | None]] = {
    "text": Judge.text,
    "school_id": Judge.school_id,
    "county_code": Judge.county_code,
    "school_year": Judge.school_year_of,
    "year": Judge.year,
    "sum": Judge.sum,
    "multiplier": Judge.multiplier,
    "decimals": Judge.decimals,
    "printed": Judge.printed,
}
