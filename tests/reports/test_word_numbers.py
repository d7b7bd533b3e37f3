"""Every number of both Word documents is one mart cell, rounded once, half up."""

from __future__ import annotations

import re
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

import pytest

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.figure import Printed
from dagster_project.reports import (
    circular,
    record_of_work,
    school_sheets,
    self_evaluation,
    three_year_plan,
)
from dagster_project.reports.templates import Templates
from tests.load import flawed
from tests.reports.word_reading import numbers, text_of

DOCUMENTS = {
    module.__name__.rpartition(".")[2]: module
    for module in (self_evaluation, circular, record_of_work, three_year_plan, school_sheets)
}
FEW = {"three_year_plan": 1, "record_of_work": 20}  # figures at least; of the others many
PLACES = [
    ("640221", 2023),  # everything is there, and a year before
    ("640221", 2020),  # no year before, no returns
    ("370306", 2021),  # everything attained
    ("321302", 2020),  # a plan with targets
    (flawed.COUNTY, flawed.YEAR),  # hard flags, one stage, figures missing
]
# What the templates themselves say: the standard, limits that define a word, numbers of tables.
SAID = {"2017", "6", "31", "85%", "45", "50", "56", "66", "1", "2", "3", "4", "5", "7", "8"}


@pytest.fixture(scope="module")
def written(published):
    """Figures and text of every document of every place."""
    found = {}
    for code, year in PLACES:
        (county,) = published.counties([code], [year])
        for name, document in DOCUMENTS.items():
            figures = CountyFigures(published, county)
            found[name, code, year] = figures, text_of(document.written(figures, Templates()))
    return found


@pytest.fixture(scope="module", params=[(n, *place) for n in DOCUMENTS for place in PLACES])
def document(request, written):
    return *written[request.param], FEW.get(request.param[0], 50)


def test_every_number_is_a_figure_that_was_traced(published, document):
    figures, text, _ = document
    traced: Counter[str] = Counter()
    for printed in figures.trace:
        traced += numbers(printed.text)
    allowed = SAID | {str(figures.county.school_year + n) for n in (0, 1)}
    allowed |= {str(n) for n in range(1, 200)} & set(
        re.findall(r"(?m)(?:^|附件：|附件)(\d+)(?:[．.\t]|$)", text)
    )
    named = published.rows(
        "select name_zh as name from ref.item union select name_zh from ref.indicator"
        " union select school_name from marts.dim_school where county_code = ?"
        " union select title from quality.rule"
        " union select target_name from marts.policy_target union select document from"
        " marts.policy_target",
        figures.county.county_code,
    )
    for row in [*named, {"name": figures.county.county_name}]:
        allowed |= set(numbers(row["name"]))
    version = re.sub(r"取自[\d年月日]+发布", "", text)
    surplus = numbers(version) - traced
    assert {number for number in surplus if number not in allowed} == set()


def test_every_traced_figure_stands_in_the_text(document):
    figures, text, least = document
    assert len(figures.trace) > least
    found, wanted = numbers(text), Counter()
    for printed in figures.trace:
        assert printed.text in text
        wanted += numbers(printed.text)
    assert wanted - found == Counter()


def test_every_traced_figure_is_its_cell_rounded_once(published, document):
    figures, _, least = document
    cells = 0
    tables: dict[tuple, dict] = {}
    for printed in {(p.cell, p.value, p.text): p for p in figures.trace}.values():
        cell = cell_of(published, tables, figures.county.county_code, printed)
        if isinstance(cell, str) and printed.cell.table != "restatement":
            # On a school's own page a task does not begin with the school's name.
            assert printed.text and cell.endswith(printed.text)
        elif cell is None:
            assert printed.text.startswith("—")
        else:
            assert_rounded_once(Decimal(repr(float(cell))), printed.text)
        cells += 1
    assert cells > least


def cell_of(published, tables: dict[tuple, dict], county_code: str, printed: Printed):
    """The cell that the trace names, read again by its key."""
    source = printed.cell
    if not source.key:  # a row that is not there
        return None
    if source.table == "flag":
        where = " and ".join(f"{name} = ?" for name, _ in source.key)
        values = [value for _, value in source.key]
        (row,) = published.rows(f"select count(*) as n from quality.flag where {where}", *values)
        return row["n"]
    names = tuple(name for name, _ in source.key)
    if (source.table, names) not in tables:
        rows = published.rows(
            f"select * from marts.{source.table} where county_code = ?", county_code
        )
        by_key = {tuple(row[name] for name in names): row for row in rows}
        assert len(by_key) == len(rows), f"{names} is no key of {source.table}"
        tables[source.table, names] = by_key
    return tables[source.table, names][tuple(value for _, value in source.key)][source.column]


def assert_rounded_once(cell: Decimal, text: str) -> None:
    """The text is the cell in percent, in 万元 or as it is, rounded half up to its decimals."""
    bare = text.removesuffix("※")
    number = Decimal(bare.removesuffix("%"))
    unit = Decimal(1).scaleb(number.as_tuple().exponent)
    scales = [100] if bare.endswith("%") else [1, 100, Decimal("0.0001")]
    candidates = [(cell * scale).quantize(unit, ROUND_HALF_UP) for scale in scales]
    assert number in candidates, (cell, text)
