"""A retention of 104 % by each of its four sources, and one of 100.8 % that its flows explain.

Five made-up counties with four years of census in one load. Each tells of its junior cohort of 2020
in another way: by six semesters of movements, on the county return, by form 331, by two censuses
alone; the fifth by movements that balance, with 30 resumed and nobody suspended.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from docx import Document

from dagster_project import sample
from dagster_project.returns.writer import Heading, write_county_return, write_movements
from tests.load.whole import Loaded, load_once

MOVED, RETURNED, ESTIMATED, COUNTED, BALANCED = (f"{n}0121" for n in (11, 12, 13, 14, 15))
SOURCES = {MOVED: "movement", RETURNED: "return", ESTIMATED: "form_331", COUNTED: "census"}
COHORT, YEAR = 2020, 2023
ENTRANTS = 1000
GRADUATES = 1040  # of 1000, for as many came as went
ENCODING = "gb18030"
# Columns of the wide table, by the three rows of its head.
PLACE, SCHOOL = "所在地区编码", "机构编码"
FLOWS = "学生变动情况"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory) -> Loaded:
    return load_once(tmp_path_factory, "retention_sources", _drop, reports=len(SOURCES) + 1)


def _drop(raw: Path) -> None:
    files = sample.write_nation(
        raw, counties=5, schools=4, years=4, seed=11, first_year=COHORT, file_type="csv"
    )
    schools: dict[str, list[str]] = {}
    for path in files:
        if "初中" in path.name:
            schools |= _with_cohort(path)
    _movements(raw, MOVED, schools[MOVED], resumed=0, graduate=GRADUATES)
    # 1000 + 12 in + 30 resumed - 12 out = 1030: 103 % by the formula, and nobody unaccounted for.
    _movements(raw, BALANCED, schools[BALANCED], resumed=30, graduate=ENTRANTS + 30)
    cohort = {
        "cohort_years": 3, "cohort": COHORT, "entrants": ENTRANTS, "transfers_in": 12,
        "transfers_out": 12, "graduates": GRADUATES,
    }  # fmt: skip
    place = Heading(RETURNED, None, YEAR, "autumn")
    write_county_return(
        raw / f"{YEAR}/autumn/{RETURNED}.xlsx", place, {"has_layout_plan": True}, cohorts=[cohort]
    )


def _with_cohort(path: Path) -> dict[str, list[str]]:
    """Give two counties 1000 entrants and 1040 graduates; returns the schools of every county.

    The county of two censuses leaves the table of flows out.
    """
    with path.open(encoding=ENCODING, newline="") as file:
        rows = list(csv.reader(file))
    first = next(n for n, row in enumerate(rows) if row[0] == "1")
    labels = _labels(rows[:first])
    year = int(path.parent.parent.name)
    found: dict[str, list[str]] = {}
    for row in rows[first:]:
        cell = dict(zip(labels, range(len(labels)), strict=True))
        county = row[cell[PLACE]]
        is_first = county not in found
        found.setdefault(county, []).append(row[cell[SCHOOL]])
        if county not in (ESTIMATED, COUNTED):
            continue
        if year == COHORT:
            _put(row, cell, ENTRANTS if is_first else 0, "招生数>合计", f"{FLOWS}>增加学生数>招生")
        if year == YEAR:
            graduates = GRADUATES if is_first else 0
            _put(row, cell, graduates, "毕业生数>合计", f"{FLOWS}>减少学生数>毕业")
        if county == ESTIMATED:  # nobody came and nobody went
            ends = ("合计", "招生", "毕业", "初在校生数")
            moves = [label for label in labels if label.startswith(FLOWS)]
            _put(row, cell, 0, *(label for label in moves if not label.endswith(ends)))
        if county == COUNTED:
            _put(row, cell, "", *(label for label in labels if label.startswith(FLOWS)))
    with path.open("w", encoding=ENCODING, newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return found


def _labels(head: list[list[str]]) -> list[str]:
    """The path of every column in a head of merged cells: 学生变动情况>减少学生数>毕业."""
    labels, group, part = [], "", ""
    for top, middle, low, *_ in zip(*head, strict=True):
        group, part = top or group, middle or ("" if top else part)
        labels.append(">".join(filter(None, (group, part, low))))
    return labels


def _put(row: list[str], cell: dict[str, int], value: object, *labels: str) -> None:
    for label in labels:
        row[cell[label]] = str(value)


def _movements(raw: Path, county: str, schools: list[str], *, resumed: int, graduate: int) -> None:
    """Six semesters of the cohort at the county's first school: in each 2 come and 2 go."""
    ends = {(0, "autumn"): {"entrant": ENTRANTS}, (1, "spring"): {"resumed": resumed},
            (2, "spring"): {"graduate": graduate}}  # fmt: skip
    for years_on in range(3):
        for term in ("autumn", "spring"):
            kinds = {"transfer_in": 2, "transfer_out": 2, **ends.get((years_on, term), {})}
            rows = [
                {"school_id": schools[0], "stage": "junior", "grade": years_on + 1,
                 "cohort": COHORT, "kind": kind, "pupils": pupils}
                for kind, pupils in kinds.items()
            ]  # fmt: skip
            year = COHORT + years_on
            path = raw / f"{year}/{term}/{county}.xlsx"
            write_movements(path, Heading(county, None, year, term), rows)


@pytest.mark.parametrize("county", SOURCES)
def test_104_percent_is_flagged_hard_and_leads_to_its_cell(loaded, county):
    retention = loaded.row(
        "select source, status, retention, round(retention_uncapped, 4) from marts.retention"
        " where county_code = ? and school_year = ? and cohort_years = 3 and school_id is null",
        county, YEAR,
    )  # fmt: skip
    assert retention == (SOURCES[county], "above_one", None, 1.04)
    flags = loaded.query(
        "select source_file, cell, taints, message from quality.flag where county_code = ?"
        " and school_year = ? and school_id is null and severity = 'hard'"
        " and rule_id like 'retention.%'",
        county, YEAR,
    )  # fmt: skip
    assert flags
    for source_file, cell, taints, message in flags:
        assert source_file and cell
        assert "Q1" in taints.split(",")
        assert str(GRADUATES) in message


@pytest.mark.parametrize("county", SOURCES)
def test_104_percent_is_unverified_and_its_documents_are_drafts(loaded, county):
    verdict, value, evidence = loaded.row(
        "select verdict, value, evidence from marts.county_assessment where county_code = ?"
        " and school_year = ? and standard_id = '2017' and item_id = 'Q1'",
        county, YEAR,
    )  # fmt: skip
    assert (verdict, value) == ("unverified", pytest.approx(1.04))
    assert "104.00%" in evidence and "待核实" in evidence
    (attains,) = loaded.row(
        "select attains from marts.county_verdict where county_code = ? and school_year = ?"
        " and standard_id = '2017'",
        county, YEAR,
    )  # fmt: skip
    assert attains is not True
    (folder,) = (loaded.settings.warehouse / "reports" / str(YEAR)).glob(f"{county}-*")
    text = "\n".join(p.text for p in Document(str(folder / "自评报告.docx")).paragraphs)
    assert "草稿" in text and "104.00%※（待核实）" in text


def test_a_balanced_cohort_with_more_resumed_than_suspended_is_met_at_100_percent(loaded):
    retention = loaded.row(
        "select status, retention, round(retention_uncapped, 4), flow_balance, dropouts"
        " from marts.retention where county_code = ? and school_year = ? and cohort_years = 3"
        " and school_id is null",
        BALANCED, YEAR,
    )  # fmt: skip
    assert retention == ("capped", 1, 1.03, 0, 0)
    verdict, value, evidence = loaded.row(
        "select verdict, value, evidence from marts.county_assessment where county_code = ?"
        " and school_year = ? and standard_id = '2017' and item_id = 'Q1'",
        BALANCED, YEAR,
    )  # fmt: skip
    assert (verdict, value) == ("met", 1)
    assert "公式结果103.00%" in evidence and "辍学0人" in evidence
    assert (
        loaded.query(
            "select * from quality.flag where county_code = ? and rule_id like 'retention.%'"
            " and severity = 'hard'",
            BALANCED,
        )
        == []
    )
