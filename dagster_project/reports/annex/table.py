"""Where things stand in the table of one stage: groups of columns, rows of schools, the foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.rounding import kind_of_unit
from dagster_project.figures.rows import Row
from dagster_project.figures.sections import Section
from dagster_project.reports.annex.page import HEAD_ROW, Page, cell

GROUP_ROW, ZH_ROW, EN_ROW, FIRST_ROW = HEAD_ROW, HEAD_ROW + 1, HEAD_ROW + 2, HEAD_ROW + 3
TOLERANCE = "1E-9"
"""As the marts compare (macro at_least): a value that misses its limit by the last bit meets it."""
NAME_COLUMN, AREA_COLUMN, OWNERSHIP_COLUMN, PUPILS_COLUMN = 1, 2, 3, 4
NUMERATOR, DENOMINATOR, VALUE, THRESHOLD, VERDICT = range(5)
PARAMETERS = ("threshold", "floor_value", "floor_ratio", "multiplier", "min_met")
FOOT = ("total", "mean", "std_dev", "cv", "clean", "sections", "missing")
COUNTS = ("met", "floor", "below")


@dataclass(frozen=True)
class Group:
    """The columns of one indicator, from ``first`` on, and its row of county_coefficient."""

    indicator: Row
    first: int
    width: int
    coefficient: Row | None
    threshold: float | None
    floor: float | None
    is_tainted: bool
    """Whether a tainted section is in its mean and its coefficient."""

    @property
    def kind(self) -> str:
        """Kind of its values."""
        return kind_of_unit(self.indicator["unit"])

    def parameter_column(self) -> int:
        """Where its parameters stand in the foot."""
        return self.first + (THRESHOLD if self.width == 5 else VALUE)


@dataclass(frozen=True)
class Table:
    """Where things stand on the sheet: other sheets refer to it."""

    page: Page
    figures: CountyFigures
    stage: str
    standard_id: str
    sections: Sequence[Section]
    groups: Sequence[Group]
    first: int
    last: int
    foot: dict[str, int]
    results: dict[str, int]  # columns of the school's own verdict
    widths: list[float] = field(default_factory=list)

    @property
    def rule(self) -> Row:
        """How the standard decides on the stage."""
        return self.figures.ref.rule(self.standard_id, self.stage) or {}

    @property
    def remark_column(self) -> int:
        """The column behind all figures."""
        last = self.results["attains"] if self.results else self.groups[-1].first + VALUE
        return last + 1

    def at(self, row: int, column: int) -> str:
        """Reference to a cell from another sheet."""
        return self.page.reference + cell(row, column)


def plan(page: Page, figures: CountyFigures, stage: str, standard_id: str) -> Table:
    """Lay the table out; nothing is written."""
    sections = figures.sections[stage, standard_id]
    layout = page.layout["indicator_sheet"]
    column = len(layout["school_columns"])
    groups = []
    for indicator in figures.ref.indicators(standard_id):
        rows = [
            section.figures[indicator["indicator_id"]]
            for section in sections
            if indicator["indicator_id"] in section.figures
        ]
        if not rows:
            continue
        one = rows[0]
        width = 3 if one["threshold"] is None else 5
        coefficient = figures.coefficient(standard_id, stage, indicator["indicator_id"])
        groups.append(
            Group(
                indicator,
                column,
                width,
                coefficient,
                one["threshold"],
                one["floor"],
                coefficient is not None and figures.taints("county_coefficient", coefficient, "cv"),
            )
        )
        column += width
    has_thresholds = any(group.width == 5 for group in groups)
    results = {}
    if has_thresholds:
        for entry in layout["result_columns"]:
            results[entry["key"]] = column
            column += 1
    first, last = FIRST_ROW, FIRST_ROW + len(sections) - 1
    names = [name for name in FOOT if name != "clean" or any(g.is_tainted for g in groups)]
    if has_thresholds:
        names += [*COUNTS, "threshold", "floor_value", "floor_ratio"]
    names.append("multiplier")
    rule = figures.ref.rule(standard_id, stage)
    if has_thresholds and rule and rule["min_met"] is not None:
        names.append("min_met")
    foot = {name: last + 1 + number for number, name in enumerate(names)}
    return Table(page, figures, stage, standard_id, sections, groups, first, last, foot, results)


def attains_word(attainment: Row | None) -> str:
    """Which word says whether a section or a county attains."""
    if attainment is None:
        return "out"
    return {True: "attains", False: "fails", None: "open"}[attainment["attains"]]
