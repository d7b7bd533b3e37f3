"""Every quantitative statement of the five documents: the queries of docs/seed_statements.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "seed_statements.md"
IN_THE_DOCUMENTS = {"000": 32, "001": 22, "002": 14, "003": 14, "004": 30}


@dataclass(frozen=True)
class Statement:
    """A line of the page: what is printed, and the query that gives it."""

    document: str
    said: str
    printed: tuple[str, ...]
    query: str


def statements() -> list[Statement]:
    found, document = [], ""
    for line in PAGE.read_text("utf-8").splitlines():
        if heading := re.match(r"## (\d{3}) ", line):
            document = heading[1]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if document and len(cells) == 6 and cells[5].startswith("`"):
            printed = tuple(part.strip() for part in cells[4].split(" / "))
            found.append(Statement(document, cells[0], printed, cells[5].strip("`")))
    return found


def macros() -> str:
    return re.search(r"```sql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[1]


def is_printed(value: object, printed: str) -> bool:
    """Whether a figure rounds to what is printed; words and months are what they are."""
    if isinstance(value, str):
        return value == printed
    if value is None or not re.fullmatch(r"\d+(\.\d+)?", printed):
        return False
    decimals = len(printed.partition(".")[2])
    return abs(float(value) - float(printed)) <= 0.5 * 10**-decimals + 1e-9


@pytest.fixture(scope="module")
def warehouse(documents):
    with duckdb.connect() as connection:
        path = str(documents.settings.database).replace("'", "''")
        connection.execute(f"attach '{path}' as warehouse (read_only)")
        connection.execute("use warehouse")
        connection.execute(macros())
        yield connection


def test_the_page_has_every_statement():
    counts = dict.fromkeys(IN_THE_DOCUMENTS, 0)
    for statement in statements():
        counts[statement.document] += 1
    assert counts == IN_THE_DOCUMENTS
    assert sum(counts.values()) == 112


def test_the_warehouse_says_what_is_printed(warehouse):
    """112 of 112: one line of the failure for every statement that does not come about."""
    wrong = []
    for statement in statements():
        try:
            rows = warehouse.execute(statement.query).fetchall()
        except duckdb.Error as error:
            wrong.append(f"{statement.document} {statement.said}: {str(error).splitlines()[0]}")
            continue
        values = rows[0] if len(rows) == 1 else ()
        same = len(values) == len(statement.printed) and all(
            map(is_printed, values, statement.printed)
        )
        if not same:
            wrong.append(f"{statement.document} {statement.said}: {rows} for {statement.printed}")
    assert not wrong, f"{112 - len(wrong)} of 112\n" + "\n".join(wrong)


def test_an_item_and_a_target_of_a_countys_own_are_two_csv_lines(warehouse):
    """``tests/load/own_item.py``: 32 school buses where 30 were aimed at; no Python, no SQL."""
    found = warehouse.execute(
        "select county_code, item_name, value, unit, basis, target, verdict"
        " from marts.county_measure where item_id = 'school_buses'"
    ).fetchall()
    assert found == [("370306", "校车", 32, "辆", "reported", 30, "met")]


def test_reported_figures_lead_to_file_sheet_and_cell(warehouse):
    """Every reported figure of other data, and every project, has one place in a raw file."""
    lost = warehouse.execute(
        """
        select measure.county_code, measure.item_id from marts.county_measure as measure
        left join quality.answer_origin as origin
            on origin.part = 'measure' and origin.school_id = '' and origin.about = ''
            and origin.field_id = measure.item_id and origin.county_code = measure.county_code
            and origin.school_year = measure.school_year and origin.cohort = measure.period_from
        where measure.basis = 'reported'
        group by all
        having count(origin.cell) <> count(distinct (measure.period_from, measure.school_year))
            or min(origin.path) is null
        """
    ).fetchall()
    assert lost == []
    (cell,) = warehouse.execute(
        "select sheet || '!' || cell from quality.answer_origin where part = 'project'"
        " and about = '县第二中学搬迁入城'"
    ).fetchone()
    assert re.fullmatch(r"建设项目!A\d+", cell)
