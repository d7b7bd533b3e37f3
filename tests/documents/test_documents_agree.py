"""One truth: the four documents of a county are read back and held against the marts.

What a mart says (a verdict, a tendency, a sentence of evidence, a task) stands in every document
that speaks of it in the same words, a figure under a hard flag carries its mark there, and no
sentence speaks of figures that nobody has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from io import BytesIO

import pytest
from docx import Document
from lxml import html

from dagster_project.figures.published import CountyYear, Published
from dagster_project.reports import circular, self_evaluation
from dagster_project.reports.templates import Templates
from dagster_project.reports.web import document as web
from dagster_project.verdicts import of_county
from dagster_project.words import words
from tests.reports.annex_reading import FIRST_ROW, LAYOUT, Annex, annex_of
from tests.reports.word_reading import text_of

PLACES = (
    ("640221", 2023),  # four years, everything reported
    ("640221", 2021),  # the county itself has not reported
    ("110121", 2023),  # a hard flag, one stage, figures missing
    ("371002", 2021),  # undecided
    ("370306", 2021),  # attains
    ("620999", 2009),  # figures under an old standard only
    ("620999", 2022),  # targets of a plan
)
VERDICTS, TENDENCIES, MARK = words("verdict"), words("tendency"), words("mark")["tainted"]
CORRECT_FIRST = words("mark")["correct_first"]
# What no document may say: a figure that is not there with its unit, a code, a claim about nobody.
IMPOSSIBLE = re.compile(
    r"None|\bnan\b|—(（[^）]*）)?[人所个间]|（最多\s+人）|（\s*/\s*人）|no_flows|incomplete"
    r"|差异系数 无（.*均达标|[（：]\s*[）。]"
)


@dataclass
class Documents:
    """What one county handed in for a school year, and the version it was written from."""

    published: Published
    county: CountyYear

    def mart(self, table: str, more: str = "") -> list[dict]:
        return self.published.rows(
            f"select * from marts.{table} where county_code = ? and school_year = ? {more}",
            self.county.county_code,
            self.county.school_year,
        )

    @cached_property
    def report(self) -> bytes:
        return self_evaluation.render(self.published, self.county, Templates())

    @cached_property
    def circular(self) -> bytes:
        return circular.render(self.published, self.county, Templates())

    @cached_property
    def annex(self) -> Annex:
        return annex_of(self.published, self.county.county_code, self.county.school_year)

    @cached_property
    def page(self) -> html.HtmlElement:
        return html.fromstring(web.render(self.published, self.county, Templates()))

    @cached_property
    def texts(self) -> dict[str, str]:
        """The sentences of every document."""
        main = self.page.get_element_by_id("main")
        sheets = (
            str(cell)
            for sheet in self.annex.values
            for row in sheet.iter_rows(values_only=True)
            for cell in row
            if isinstance(cell, str)
        )
        return {
            "report": text_of(self.report),
            "circular": text_of(self.circular),
            "annex": "\n".join(sheets),
            "page": "\n".join(said(element) for element in main.iter("p", "td", "li", "th")),
        }

    def word_table(self, *heads: str) -> list[dict[str, str]]:
        """The rows of all tables of the report whose heads begin with these."""
        found = []
        for table in Document(BytesIO(self.report)).tables:
            first, *rows = ([cell.text for cell in row.cells] for row in table.rows)
            if tuple(first[: len(heads)]) == heads:
                found += [dict(zip(first, row, strict=True)) for row in rows]
        return found

    def page_table(self, identity: str) -> list[list[str]]:
        """The cells of a table of the page; empty where there is none."""
        rows = self.page.xpath(f"//table[@id='{identity}']/tbody/tr")
        return [[said(cell) for cell in row.xpath("./th|./td")] for row in rows]


def said(element: html.HtmlElement) -> str:
    """The text as one sees it: what only a screen reader says is left out."""
    hidden = element.xpath(".//*[contains(concat(' ', @class, ' '), ' unseen ')]//text()")
    text = "".join(element.itertext())
    for part in hidden:
        text = text.replace(part, "", 1)
    return " ".join(text.split())


@pytest.fixture(scope="module")
def published(documents):
    with Published(documents.settings.warehouse) as opened:
        yield opened


@pytest.fixture(scope="module", params=PLACES, ids=lambda place: f"{place[0]}-{place[1]}")
def county(request, published) -> Documents:
    code, year = request.param
    (found,) = published.counties([code], [year])
    return Documents(published, found)


def test_an_item_has_one_verdict_in_every_document(county):
    marts = {row["item_id"]: VERDICTS[row["verdict"]] for row in county.mart("county_assessment")}
    positions = {
        str(row["position"]): row["item_id"]
        for row in county.published.rows("select item_id, position from ref.item")
    }
    report = {positions[r["序号"]]: r["自评"] for r in county.word_table("序号", "指标", "实际")}
    listed = county.annex.list_rows("items") if marts else []  # before 2017 there is no such list
    annex = {row["item_id"]: row["verdict"] for row in listed}
    page = {row[0]: row[4] for row in county.page_table("items-table")}
    for item, word in marts.items():
        if item in report:
            assert report[item].removesuffix(MARK) == word, item
        assert annex[item].split(" ")[-1] == word, item
        assert page[item].split(" ")[-1] == word, item
    assert report.keys() <= marts.keys() and len(report) >= (31 if marts else 0)


def test_an_undecided_county_is_never_said_to_fail(county):
    found = county.mart("county_verdict")
    sentences = {
        True: "达到义务教育优质均衡发展要求",
        False: "尚未达到义务教育优质均衡发展要求",
        None: "暂不能判定是否达到义务教育优质均衡发展要求",
    }
    for name in ("report", "circular"):
        text = county.texts[name]
        if not found:
            assert not any(sentence in text for sentence in sentences.values())
            continue
        attains = found[0]["attains"]
        assert sentences[attains] + "。" in text
        for other in {False, None} - {attains}:
            assert sentences[other] not in text
    answers = [said(element) for element in county.page.find_class("answer")]
    assert len(answers) == len(found)
    for answer in answers:
        assert of_county(found[0]["attains"]) in answer


def test_a_change_has_one_tendency_in_every_document(county):
    rows = county.mart("trend", "and change is not null and tendency is not null")
    report = {
        (row["项目"], row["学段"]): row["趋势"]
        for row in county.word_table("项目", "学段")
        if "趋势" in row
    }
    annex = annex_tendencies(county.annex)
    for row in rows:
        word = TENDENCIES[row["tendency"]]
        at = row["item_id"], words("stage")[row["stage"]]
        assert annex[at] == word, at
        coefficient = row["item_id"].startswith("L") and not row["item_id"].endswith("_mean")
        name = formal(row["item_name"].split(" ")[0]) + ("差异系数" if coefficient else "")
        if coefficient and (name, at[1]) in report:
            assert report[name, at[1]] == word, at
    page = [row[-1] for row in county.page_table("trend-table")]
    if page:
        told = [row for row in page if row]
        assert sorted(told) == sorted(
            TENDENCIES[row["tendency"]]
            for row in rows
            if row["item_id"] not in yes_no(county.published)
        )


def formal(name: str) -> str:
    return name.replace("(", "（").replace(")", "）")


def half_up(value: float) -> str:
    return str(Decimal(repr(value * (1 + 1e-12))).quantize(Decimal("0.01"), ROUND_HALF_UP))


def annex_tendencies(annex: Annex) -> dict[tuple[str, str], str]:
    """What the list of years says, by item and stage; its last columns follow those of years."""
    sheet = annex.values[LAYOUT["lists"]["trend"]["name"]]
    heads = [cell.value for cell in sheet[FIRST_ROW - 2]]
    rows = sheet.iter_rows(min_row=FIRST_ROW, values_only=True)
    keys = [column["key"] for column in LAYOUT["lists"]["trend"]["columns"]]
    item, stage = keys.index("item_id"), keys.index("stage")
    return {(row[item], row[stage]): row[heads.index("趋势")] for row in rows if row[item]}


def yes_no(published: Published) -> set[str]:
    """Items that the table of years leaves out."""
    rows = published.rows("select item_id from ref.item where kind in ('yes_no', 'veto')")
    return {row["item_id"] for row in rows}


def test_every_number_under_a_hard_flag_carries_its_mark(county):
    texts = county.texts
    doubted = [row for row in county.mart("county_coefficient") if row["standard_id"] == "2017"]
    evidence = {row["item_id"]: row for row in county.mart("county_assessment")}
    for row in doubted:
        if row["cv"] is None:
            continue
        said_there = evidence[row["indicator_id"]]["evidence"]
        printed = f"差异系数{half_up(row['cv'])}"
        assert (printed + MARK in said_there) is (row["sections_tainted"] > 0)
    for item, row in evidence.items():
        if not row["is_tainted"]:
            assert MARK not in row["evidence"], item
        # What nobody reported of satisfaction and vetoes is one word in the report.
        names = ("report", "annex", "page") if item not in ("S1", "V") else ("annex", "page")
        for name in names:
            assert " ".join(row["evidence"].split()) in " ".join(texts[name].split()), (name, item)


def test_what_rests_on_a_doubt_is_corrected_before_anybody_builds(county):
    gaps = county.mart("gap")
    for row in gaps:
        assert row["what_to_do"].startswith(CORRECT_FIRST) is bool(row["is_tainted"])
        assert (MARK in row["what_to_do"]) is bool(row["is_tainted"])
        for name, text in county.texts.items():
            assert " ".join(row["what_to_do"].split()) in " ".join(text.split()), name
    listed = [row[-1] for row in county.page_table("tasks-table")]
    assert [entry.startswith(CORRECT_FIRST) for entry in listed] == sorted(
        bool(row["is_tainted"]) for row in gaps
    )


def test_no_document_speaks_of_figures_that_nobody_has(county):
    for name, text in county.texts.items():
        found = [line for line in text.split("\n") if IMPOSSIBLE.search(line)]
        assert found == [], name


def test_nothing_is_claimed_of_schools_that_could_not_be_judged(county):
    rows = county.mart("school_indicator", "and standard_id = '2017'")
    judged = [row for row in rows if row["verdict"] in ("met", "floor", "below")]
    for name in ("report", "circular"):
        text = county.texts[name]
        assert ("没有可以判定的学校" in text) is (not judged)
        if len(judged) < len([row for row in rows if row["value_status"] != "no_pupils"]):
            assert "各校七项指标均不低于标准值。" not in text
