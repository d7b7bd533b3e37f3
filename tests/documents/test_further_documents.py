"""The kinds that are written when asked for are read back and held against the marts."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from itertools import pairwise

import pytest
from docx import Document

from dagster_project.figures.published import Published
from dagster_project.figures.regions import Region
from dagster_project.reports import city_overview, record_of_work, school_sheets, three_year_plan
from dagster_project.reports.templates import Templates
from dagster_project.verdicts import of_county
from dagster_project.words import words
from tests.documents.test_documents_agree import IMPOSSIBLE, MARK, PLACES
from tests.reports.test_official_form import lines_of, measured
from tests.reports.test_word_documents import NEVER_WRITTEN
from tests.reports.word_reading import text_of

OF_A_COUNTY = {"record": record_of_work, "plan": three_year_plan, "schools": school_sheets}
SENTENCES = {
    True: "达到义务教育优质均衡发展要求。",
    False: "尚未达到义务教育优质均衡发展要求。",
    None: "暂不能判定是否达到义务教育优质均衡发展要求。",
}


@pytest.fixture(scope="module")
def published(documents):
    with Published(documents.settings.warehouse) as opened:
        yield opened


@pytest.fixture(scope="module", params=[*PLACES, ("321302", 2021)], ids=str)
def written(request, published) -> tuple[tuple[str, int], dict[str, bytes]]:
    (county,) = published.counties([request.param[0]], [request.param[1]])
    return request.param, {
        name: module.render(published, county, Templates()) for name, module in OF_A_COUNTY.items()
    }


@pytest.fixture(scope="module")
def city(published) -> bytes:
    return city_overview.render(published, Region(2021, "city", "3710"), Templates())


def tables(content: bytes) -> list[list[list[str]]]:
    return [
        [[cell.text for cell in row.cells] for row in table.rows]
        for table in Document(BytesIO(content)).tables
    ]


def half_up(value: float, decimals: int) -> str:
    number = Decimal(repr(value * (1 + 1e-12)))
    return str(number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def test_no_sentence_is_impossible_or_unofficial(written, city):
    _, contents = written
    for name, content in {**contents, "city": city}.items():
        lines = text_of(content).split("\n")
        assert [line for line in lines if IMPOSSIBLE.search(line)] == [], name
        own = [line for line in lines if "\t" not in line and "A&B" not in line]
        assert [line for line in own if NEVER_WRITTEN.search(line)] == [], name


def test_the_verdict_is_that_of_the_marts(written, published):
    (code, year), contents = written
    rows = published.rows(
        "select attains from marts.county_verdict where county_code = ? and school_year = ?"
        " and standard_id = '2017'",
        code,
        year,
    )
    for name in ("record", "plan"):
        text = text_of(contents[name])
        said = {attains for attains, words_ in SENTENCES.items() if words_ in text}
        # “尚未达到…” holds “达到…” within it no more than “是否达到…” does: each ends the sentence.
        expected = {row["attains"] for row in rows}
        assert said - {True} == expected - {True}, name
        assert (True in expected) <= (True in said)


def test_a_page_of_a_school_says_what_the_marts_say(written, published):
    (code, year), contents = written
    rows = published.rows(
        "select school_id, school_name, indicator_id, stage, value, threshold, verdict, is_tainted,"
        " decimals from marts.school_indicator join ref.indicator using (standard_id, indicator_id)"
        " where county_code = ? and school_year = ? and standard_id = '2017'"
        " order by school_id, stage = 'junior', indicator_id",
        code,
        year,
    )
    said = [row for table in tables(contents["schools"]) for row in table[1:]]
    assert len(said) == len(rows)
    names = {row["school_name"] for row in rows}
    text = text_of(contents["schools"])
    assert all(f"{name}“一校一策”" in text for name in names if "\x0b" not in (name or ""))
    for cells, row in zip(said, rows, strict=True):
        assert cells[1] == words("stage")[row["stage"]]
        assert cells[6] == words("school_verdict")[row["verdict"]]
        if row["value"] is None:
            assert cells[2].startswith("—")
            continue
        assert cells[2].endswith(MARK) is bool(row["is_tainted"])
        shown = cells[2].removesuffix(MARK)
        assert shown == half_up(row["value"], len(shown.partition(".")[2]))
        assert (cells[5] != "—") is (row["verdict"] in ("floor", "below"))


def test_every_school_has_its_page(written, published):
    (code, year), contents = written
    document = Document(BytesIO(contents["schools"]))
    titles = [p.text for p in document.paragraphs if p.style.style_id == "SchoolTitle"]
    schools = published.rows(
        "select distinct school_id from marts.school_indicator"
        " where county_code = ? and school_year = ? and standard_id = '2017'",
        code,
        year,
    )
    assert len(titles) == max(len(schools), 1)


@measured
def test_a_school_of_two_stages_fits_on_its_page(published, tmp_path):
    (county,) = published.counties(["640221"], [2023])
    file = tmp_path / "sheets.docx"
    file.write_bytes(school_sheets.render(published, county, Templates()))
    tops = [page[0][4] for page in lines_of(file)]
    assert len(tops) == 28 and all("一校一策" in top for top in tops)


def test_targets_stand_year_by_year_with_their_verdict_and_units(written, published):
    (code, year), contents = written
    rows = published.rows(
        "select * from marts.policy_target where county_code = ? and school_year <= ?"
        " and verdict <> 'not_due'",
        code,
        year,
    )
    listed = [
        row for table in tables(contents["plan"]) if table[0][0] == "目标" for row in table[1:]
    ]
    wanted = sorted(
        (formal(row["target_name"]), str(row["school_year"]), words("verdict")[row["verdict"]])
        for row in rows
    )
    assert sorted((row[0], row[1], row[4].removesuffix(MARK)) for row in listed) == wanted
    assert all(row[5] for row in listed)
    text = text_of(contents["plan"])
    missed = [r for r in rows if r["school_year"] == year and r["verdict"] == "not_met"]
    assert ("未达到目标的，由责任单位限期整改" in text) is bool(missed)


def formal(name: str) -> str:
    return name.replace("(", "（").replace(")", "）")


def test_a_record_tells_the_layout_from_the_first_year_on(published):
    (county,) = published.counties(["620999"], [2022])
    text = text_of(record_of_work.render(published, county, Templates()))
    # the published record: 116 schools merged into 19, nine years' retention 99.76 %
    assert "义务教育学校由2007年的116所调整为19所" in text
    assert "九年巩固率99.76%" in text and "交流轮岗153人" in text
    years = [
        int(row[0])
        for table in tables(record_of_work.render(published, county, Templates()))
        for row in table[1:]
    ]
    assert years[0] == 2007 and all(after > before for before, after in pairwise(years))


def test_a_city_stands_above_the_standards_by_points(city):
    text = text_of(city)
    assert text.startswith("威海市") or "威海市推进义务教育优质均衡发展情况" in text
    # the published overview: 18.13 %, 8.13 points above; 38.87 %, 18.87 points above
    assert "18.13%，超出标准（10%）8.13个百分点" in text
    assert "38.87%，超出标准（20%）18.87个百分点" in text


def test_a_citys_counties_stand_side_by_side(city, published):
    rows = published.rows(
        "select * from marts.county_verdict where starts_with(county_code, '3710')"
        " and school_year = 2021 and standard_id = '2017' order by county_code"
    )
    overview, means, coefficients = tables(city)
    assert [row[:2] for row in overview[1:]] == [
        [row["county_name"], of_county(row["attains"])] for row in rows
    ]
    for table, column, decimals in ((means, "mean", 2), (coefficients, "cv", 2)):
        cells = {(row[0], row[1]): row[2:] for row in table[1:]}
        found = published.rows(
            f"select county_name, stage, indicator_id, {column} as value"
            " from marts.county_coefficient where starts_with(county_code, '3710')"
            " and school_year = 2021 and standard_id = '2017'"
        )
        assert len(found) == 7 * len(cells)
        for row in found:
            said = cells[row["county_name"], words("stage")[row["stage"]]]
            shown = said[int(row["indicator_id"][1]) - 1]
            places = len(shown.partition(".")[2])
            assert shown == half_up(row["value"], places)
            assert places == (0 if row["indicator_id"] == "L6" and column == "mean" else decimals)


def test_a_county_that_is_not_loaded_is_not_spoken_for(city):
    assert re.search(
        "本文汇总已载入数据的环翠区、文登区、荣成市、乳山市，不代表未载入", text_of(city)
    )
