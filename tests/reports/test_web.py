"""The web report as bytes: self-contained, bounded, inert, and whole for every county there is."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.figures.published import CountyYear
from dagster_project.figures.regions import Region
from dagster_project.reports.templates import TemplateBroken, Templates
from dagster_project.reports.web import document, region_page
from dagster_project.reports.web.charts.histogram import bins
from dagster_project.reports.web.charts.svg import MARGIN, Scale, plain
from dagster_project.reports.web.county_rows import rows_of
from dagster_project.reports.web.page import embedded
from dagster_project.reports.web.restated import restated
from dagster_project.reports.web.wording import own_words

PINGLUO = CountyYear(2023, "640221", "平罗县")
MOST_BYTES_A_SECTION = 20_000
"""So that 60 schools with some 72 sections stay below 1.5 MB."""


@pytest.fixture(scope="module")
def page(published) -> str:
    return document.render(published, PINGLUO, Templates()).decode()


def test_a_page_needs_nothing_but_itself(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert "default-src &#39;none&#39;" in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        content = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert len(content) == 1
        digest = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
        assert f"{directive} &#39;sha256-{digest}&#39;" in policy
    addresses = re.findall(r'\b(?:src|href|action|data|srcset)="([^"]*)"', page)
    assert [a for a in addresses if not a.startswith(("#", "data:,", "../"))] == []
    assert not re.search(r"https?://|@import|url\(", page)
    assert ' style="' not in page and not re.search(r'\son\w+="', page)


def test_a_page_is_bounded(page, published):
    sections = published.rows(
        "select count(*) as n from marts.school_attainment"
        " where county_code = ? and school_year = ? and standard_id = '2017'",
        PINGLUO.county_code,
        PINGLUO.school_year,
    )[0]["n"]
    assert sections == 31
    assert len(page.encode()) < MOST_BYTES_A_SECTION * sections


def test_the_same_version_gives_the_same_bytes(page, published):
    assert document.render(published, PINGLUO, Templates()).decode() == page


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_embedded_data_cannot_leave_its_element(data):
    text = str(embedded(data))
    assert json.loads(text) == data
    assert not set("<>&\u2028\u2029") & set(text)


def test_every_county_and_region_has_a_page(published):
    """Counties of every kind of source: other standards, no returns, no years before."""
    seen: dict[str, CountyYear] = {}
    for county in published.counties():
        seen.setdefault(county.county_code, county)
    places = [*seen.values(), Region(2023, "province", "64"), Region(2021, "nation", "CN")]
    for place in places:
        render = document.render_region if isinstance(place, Region) else document.render
        page = render(published, place, Templates()).decode()
        words = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
        assert page.endswith("</html>"), place
        assert not re.search(r"\b(None|nan|NaN|inf|True|False|Undefined)\b", words), place
        assert "{{" not in words and "{%" not in words, place


def test_a_place_where_nothing_was_computed_says_so(published):
    page = document.render(published, CountyYear(1950, "999999", "无此县"), Templates()).decode()
    assert "没有学校指标" in page and "没有评估结果" in page and "没有班额数据" in page


def test_a_province_supplies_its_own_wording(published, tmp_path, page):
    (tmp_path / "64").mkdir()
    mine = tmp_path / "64" / "web_wording.yml"
    mine.write_text("county_attains: {false: 本区尚未达标}", "utf-8")
    changed = document.render(published, PINGLUO, Templates(tmp_path)).decode()
    assert "本区尚未达标" in changed and "本区尚未达标" not in page

    mine.unlink()
    broken = tmp_path / "64" / "web_county.html"
    broken.write_text("{% extends 'web_layout.html' %}\n{% if %}", "utf-8")
    with pytest.raises(TemplateBroken, match=r"web_county\.html, line 2"):
        document.render(published, PINGLUO, Templates(tmp_path))


NUMBERS = st.floats(-1e9, 1e9, allow_nan=False, width=32)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_marks_stay_inside_their_chart(low, high, value):
    scale = Scale(*sorted((low, high)))
    assert MARGIN <= float(scale.at(value)[:-1]) <= 100 - MARGIN


@given(st.floats(0, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_even_and_inside(low, span):
    scale = Scale(low, low + span)
    ticks = scale.ticks()
    assert len(ticks) <= 7
    assert all(scale.low - span * 1e-6 <= t <= scale.high + span * 1e-6 for t in ticks)
    steps = {round(b - a, 6) for a, b in pairwise(ticks)}
    assert len(steps) <= 1 or max(steps) - min(steps) < span * 1e-4


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (2.5, "2.5"), (4000.0, "4000"), (0.05, "0.05")]
)
def test_ticks_are_written_plainly(value, text):
    assert plain(value) == text and Decimal(plain(value)) == Decimal(str(value))


def test_a_class_of_exactly_the_limit_is_not_above_it():
    assert bins([(45.0, 2), (45.1, 3), (46.0, 1), (50.0, 4)]) == {40: 2, 45: 8}


def test_links_meet_the_folders(published):
    page = document.render_region(published, Region(2023, "city", "6402"), Templates()).decode()
    assert 'href="../640221-%E5%B9%B3%E7%BD%97%E5%8E%BF/' in page


def test_a_region_of_too_many_counties_leads_to_the_regions_below(published, monkeypatch):
    monkeypatch.setattr(region_page, "MOST_COUNTIES", 1)
    page = document.render_region(published, Region(2023, "nation", "CN"), Templates()).decode()
    assert "请从下级区域页面进入" in page and 'id="regions-table"' in page
    assert 'id="counties-table"' not in page and 'href="../640221' not in page


def test_a_restatement_is_told_in_words(published):
    """Rows as ``publish.restatement`` writes them, of which a single publication has none."""
    words = own_words()
    page = rows_of(published, PINGLUO, words["comparators"])
    school = page["schools"][0]
    row = {
        "publish_id": "p2",
        "table_name": "school_indicator",
        "row_key": f"school_year=2023;school_id={school['school_id']};stage=primary;"
        "standard_id=2017;indicator_id=L4",
        "column_name": "value",
        "old_value": "4.280000000000001",
        "new_value": None,
        "kind": "removed",
        "source_file": "2023/autumn/a.xlsx",
    }
    page.rows["restatements"] = [row, {**row, "column_name": "verdict", "old_value": "met"}]
    first, second = restated(page, words)
    assert first["figure"] == "学校指标 实际值" and first["kind"] == "删除"
    assert first["whose"] == f"{school['school_name']} 小学 L4 教辅用房"
    assert (first["old"], first["new"]) == ("4.2800", "—")
    assert second["old"] == "met"
