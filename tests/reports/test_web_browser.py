"""The web report in a real browser: what a reader sees, follows and finds, without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl
import pytest

from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.regions import Region
from dagster_project.figures.rounding import rounded
from tests.load import flawed
from tests.reports.web_reading import DESK, PAPER, PHONE, Reader, Site, cell_of, compare

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
]
HOSTILE = [
    '<script>window.hacked = "name"</script>',
    '"><img src=x onerror="window.hacked=1">',
    "</script><script>window.hacked = 2</script>",
    "{{ 7 * 7 }}{% raise %}",
    "\u202egnp.小学\u2066",
    "很长" * 60 + "小学",
    "=1+1' or '1'='1",
]


@pytest.fixture(scope="module")
def browser():
    """One browser for the module."""
    if CHROMIUM is None:
        words = "chromium is not installed (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(f"{words}; CI does not skip the browser tests")
        pytest.skip(words)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """Where screenshots are kept: the folder ``JUNHENG_SCREENSHOTS``, else one of the test run."""
    folder = os.environ.get("JUNHENG_SCREENSHOTS")
    path = Path(folder) if folder else tmp_path_factory.mktemp("screenshots")
    path.mkdir(parents=True, exist_ok=True)
    return path


PINGLUO = CountyYear(2023, "640221", "平罗县")
REGIONS = [
    Region(2023, "city", "6402"),
    Region(2023, "province", "64"),
    Region(2023, "nation", "CN"),
]


@pytest.fixture(scope="module")
def site(documents, tmp_path_factory) -> Site:
    """The sample county's page and those of the regions above it."""
    reports = tmp_path_factory.mktemp("reports")
    return Site(documents.settings.warehouse, reports).write(PINGLUO, *REGIONS)


@pytest.fixture(scope="module")
def draft(documents, tmp_path_factory) -> Site:
    """A county under hard flags, whose schools have names that try to break out of the page.

    The flags are those of the load. The names are written into a copy of what it published: census
    files cannot hold all of them.
    """
    folder = tmp_path_factory.mktemp("hostile")
    version = Published(documents.settings.warehouse).version
    shutil.copytree(version, folder / "warehouse")
    with duckdb.connect(str(folder / "warehouse" / "junheng.duckdb")) as connection:
        schools = connection.execute(
            "select distinct school_id from marts.dim_school where county_code = ? order by 1",
            [flawed.COUNTY],
        ).fetchall()
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_columns() as columns"
            " semi join duckdb_tables() as stored using (schema_name, table_name)"
            " where column_name = 'school_name' and schema_name in ('marts', 'facts')"
        ).fetchall()
        for (table,) in tables:
            for (school,), name in zip(schools, HOSTILE, strict=False):
                connection.execute(
                    f"update {table} set school_name = ? where school_id = ?", [name, school]
                )
    with Published(folder / "warehouse") as published:
        (county,) = published.counties([flawed.COUNTY], [flawed.YEAR])
    return Site(folder / "warehouse", folder / "reports").write(county)


@pytest.fixture(scope="module")
def open_page(browser) -> Iterator:
    """Opens pages; in the end none of them asked the network or complained."""
    readers: list[Reader] = []

    def opened(path: Path, size=DESK) -> Reader:
        readers.append(Reader(browser, path, size))
        return readers[-1]

    yield opened
    for reader in readers:
        assert reader.complaints == []


@pytest.fixture(scope="module")
def county_page(site, open_page) -> Reader:
    return open_page(site.pages[PINGLUO])


@pytest.fixture(scope="module")
def draft_page(draft, open_page) -> Reader:
    return open_page(next(iter(draft.pages.values())))


@pytest.fixture(scope="module")
def region_page(site, open_page) -> Reader:
    return open_page(site.pages[REGIONS[0]])


@pytest.fixture
def county(county_page) -> Reader:
    """The sample county's page as it is when it opens."""
    return county_page.as_opened()


@pytest.fixture
def hostile(draft_page) -> Reader:
    """The draft's page as it is when it opens."""
    return draft_page.as_opened()


def test_the_sample_county_shows_what_the_marts_hold(site, county, pictures):
    reader = county
    assert compare(reader, site) > 1000
    assert reader.run("numbers.js")["untold"] == []
    assert "6.31" in reader.page.locator("#indicator-L1").inner_text()
    assert "未达到优质均衡标准" in reader.page.locator("#overview").inner_text()
    assert reader.page.locator("#items-table tbody tr").count() == 33
    first = reader.page.locator("#items-table tbody tr").evaluate_all(
        "rows => rows.map(row => row.dataset.verdict)"
    )
    assert first == sorted(first, key=["not_met", "not_reported", "not_due", "met"].index)
    reader.page.screenshot(path=pictures / "county.png")
    for part in ("indicators", "schools"):
        reader.page.locator(f"#{part}").scroll_into_view_if_needed()
        reader.page.screenshot(path=pictures / f"county-{part}.png")


def test_schools_are_sorted_searched_and_filtered(county):
    page = county.page
    rows = page.locator("#schools-table tbody tr:visible")
    head = page.locator("#schools-table thead th").nth(7)

    def column() -> list[float]:
        return rows.locator("td:nth-of-type(7) [data-value]").evaluate_all(
            "cells => cells.map(cell => Number(cell.dataset.value))"
        )

    unsorted = column()
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert column() == sorted(unsorted) and len(unsorted) == 31
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert column() == sorted(unsorted, reverse=True)

    form = page.locator('form[data-for="schools-table"]')
    form.locator("input").fill("城关")
    assert rows.count() == 8
    assert form.locator("output").inner_text() == "显示 8 行，共 31 行"
    form.locator("input").fill("2164000008")
    assert rows.locator("th").all_inner_texts() == ["城关八小"]
    form.locator("input").fill("")
    form.locator("select[data-filter=stage]").select_option("junior")
    assert rows.count() == 9
    form.locator("select[data-filter=at]").select_option("rural")
    assert rows.count() == 3
    form.locator("select[data-filter=verdict]").select_option("false")
    assert rows.count() == 0


def test_a_figure_leads_to_its_cells_in_the_raw_file(site, county, documents):
    page = county.page
    # L4 of 城关八小: teaching rooms less the indoor sports hall, over pupils.
    source = "school_indicator|2023,2164000008,primary,2017,L4|value"
    page.locator(f'#schools-table [data-source="{source}"]').click()
    dialog = page.locator("dialog[open]")
    assert "城关八小（小学）：生均教学及辅助用房面积" in dialog.inner_text()
    places = dialog.locator("tr[data-cell]").evaluate_all(
        "rows => rows.map(row => ({...row.dataset}))"
    )
    assert [(p["field"], p["sign"]) for p in places] == [
        ("teaching_area_m2", "1"),
        ("indoor_sports_area_m2", "-1"),
        ("pupils", "1"),
    ]
    book = openpyxl.load_workbook(documents.settings.raw / places[0]["path"], read_only=True)
    read_cells = {p["field"]: float(book[p["sheet"]][p["cell"]].value) for p in places}
    numerator = read_cells["teaching_area_m2"] - read_cells["indoor_sports_area_m2"]
    figures = {
        one.get_attribute("data-source").split("|")[2]: one.inner_text()
        for one in dialog.locator("[data-source]").all()
    }
    assert figures["numerator"] == str(rounded(numerator, "area_m2"))
    assert figures["denominator"] == str(rounded(read_cells["pupils"], "count"))
    assert figures["value"] == str(rounded(numerator / read_cells["pupils"], "per_pupil_m2"))
    assert float(figures["gap_total"]) == float(
        rounded(cell_of(site, source.replace("value", "gap_total")), "area_m2")
    )


def opened_places(county, source: str) -> list[dict]:
    """The places that the dialog of a figure lists, as the page tells them."""
    county.page.locator(f'[data-source="{source}"]').first.click()
    return county.page.locator("dialog[open] tr[data-cell]").evaluate_all(
        "rows => rows.map(row => ({...row.dataset, said: row.innerText}))"
    )


def test_an_item_of_government_leads_to_the_cells_of_the_county_return(county, documents):
    """G11, teachers moved of those eligible: 143 of 1,081 in the circular, in these cells."""
    places = opened_places(county, "county_assessment|2023,640221,2017,G11|value")
    found = {place["field"]: place for place in places}
    book = openpyxl.load_workbook(documents.settings.raw / places[0]["path"], data_only=True)
    cells = {field: book[p["sheet"]][p["cell"]].value for field, p in found.items()}
    assert cells == {"符合交流条件教师数": 1081, "交流轮岗教师数": 143, "交流轮岗骨干教师数": 52}


@pytest.mark.parametrize(
    "item, part", [("G3", "音乐美术专用教室"), ("G5", "班级名册"), ("Q1", "学生异动")]
)
def test_an_item_from_lists_leads_to_their_cells(county, documents, item, part):
    places = opened_places(county, f"county_assessment|2023,640221,2017,{item}|value")
    assert places and all(part in place["field"] for place in places)
    for place in places[:: max(1, len(places) // 5)]:
        book = openpyxl.load_workbook(documents.settings.raw / place["path"], data_only=True)
        found = book[place["sheet"]][place["cell"]]
        cells = [row[0] for row in found] if ":" in place["cell"] else [found]
        assert all(isinstance(cell.value, int | float) for cell in cells)


def test_a_coefficient_leads_to_its_schools_and_back(site, county):
    page = county.page
    page.locator('#indicator-L2 [data-source$="primary,2017,L2|cv"]').click()
    dialog = page.locator("dialog[open]")
    assert dialog.locator("tbody tr").count() == 22
    compare(county, site, "dialog")
    dialog.locator("tbody tr .fig").first.click()
    assert "分子从哪里来" in dialog.inner_text()
    dialog.get_by_text("‹ 返回").click()
    assert "校际差异系数" in dialog.locator("h2").inner_text()
    # The county's pupils are the sum of cells, one a section.
    page.keyboard.press("Escape")
    page.locator('#overview [data-source^="trend|640221,primary,pupils,2023"]').first.click()
    assert dialog.locator("tr[data-cell]").count() == 22


def test_the_keyboard_alone_is_enough(site, open_page):
    page = open_page(site.pages[PINGLUO]).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("#schools-table thead button").last.focus()
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.dataset.source")
    assert first.startswith("school_indicator|2023")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    second = page.evaluate("document.activeElement.dataset.source")
    assert second != first and "L1" in second
    page.keyboard.press("Enter")
    assert page.locator("dialog[open]").count() == 1
    assert page.evaluate("document.activeElement.id") == "origin-title"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.source") == second
    page.keyboard.press("Tab")  # out of the table: one stop, whatever its size
    assert page.evaluate("document.activeElement.closest('#schools-table')") is None


def test_accessible(county, hostile, region_page, pictures):
    readers = {"county": county, "region": region_page, "draft": hostile}
    for name, reader in readers.items():
        assert reader.run("checks.js") == [], name
        reader.page.emulate_media(color_scheme="dark")
        assert reader.run("checks.js") == [], f"{name}, dark"
    county.page.screenshot(path=pictures / "county-dark.png")


def test_phone_and_paper(site, county, hostile, region_page, open_page, pictures):
    readers = [open_page(site.pages[PINGLUO], PHONE), hostile, region_page]
    for number, reader in enumerate(readers):
        reader.size(PHONE)
        assert reader.overflow() <= 0
        if number == 0:
            reader.page.screenshot(path=pictures / "phone.png")
            reader.page.locator("#schools-table .fig").first.click()
            assert reader.overflow() <= 0
            reader.page.screenshot(path=pictures / "phone-dialog.png")
            reader.page.keyboard.press("Escape")
    reader = county
    reader.size(PAPER)
    reader.page.emulate_media(media="print")
    reader.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert reader.overflow() <= 0
    assert reader.page.locator("form.filters:visible, nav.contents:visible").count() == 0
    assert reader.page.locator("main details:not([open])").count() == 0
    cut = reader.page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter("
        "one => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1"
        ").map(one => one.getAttribute('aria-label'))"
    )
    assert cut == []
    reader.page.screenshot(path=pictures / "print.png")


def test_a_draft_says_so_and_flags_lead_to_their_rules(draft, hostile, pictures):
    reader = hostile
    page = reader.page
    assert compare(reader, draft) > 300
    hard = draft.query(
        "select flag_id, rule_id from quality.flag"
        " where severity = 'hard' and status = 'open' and county_code = ? and school_year = ?",
        flawed.COUNTY,
        flawed.YEAR,
    )
    assert hard
    assert f"有 {len(hard)} 条严重疑点未处理" in page.locator(".draft").inner_text()
    page.locator(f"#flag-{hard[0][0]} a.to-rule").click()
    rule = page.locator("article.rule:target")
    remedy, meaning = draft.query(
        "select remedy, meaning from quality.rule where rule_id = ?", hard[0][1]
    )[0]
    assert remedy in rule.inner_text() and meaning in rule.inner_text()
    # Tainted cells are marked, and lead to the flag.
    tainted = {
        (school, stage, indicator)
        for school, stage, indicator in draft.query(
            "select school_id, stage, indicator_id from marts.school_indicator"
            " where is_tainted and standard_id = '2017' and value is not null and county_code = ?",
            flawed.COUNTY,
        )
    }
    marked = {
        tuple(source.split("|")[1].split(",")[n] for n in (1, 2, 4))
        for source, _, _, _, mark in reader.run("numbers.js")["told"]
        if mark and source.startswith("school_indicator") and source.endswith("|value")
    }
    assert tainted and marked == tainted
    # The pupils of a school whose backbone teachers are flagged are not.
    assert page.locator('#schools-table .fig.tainted[data-source$="|pupils"]').count() == 0
    page.locator("#schools-table .fig.tainted").first.click()
    link = page.locator("dialog[open] a.leave").first
    goal = link.get_attribute("href")
    link.click()
    assert page.locator("dialog[open]").count() == 0
    assert page.evaluate("'#' + document.activeElement.id") == goal
    page.emulate_media(media="print")
    assert page.locator(".stamp").is_visible()
    page.screenshot(path=pictures / "draft.png")


def test_missing_figures_say_why(hostile):
    page = hostile.page
    said = page.locator("#schools-table td.missing").all_inner_texts()
    assert said and all(text.startswith("—（") for text in said)


def test_hostile_names_are_only_names(hostile):
    page = hostile.page
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0 and page.locator("script").count() == 2
    names = page.locator("#schools-table tbody th").evaluate_all(
        "cells => cells.map(cell => cell.textContent)"
    )
    shown_names = [name for name in HOSTILE if name in names]
    assert len(shown_names) >= 5
    for name in shown_names:
        row = page.locator("#schools-table tbody tr").nth(names.index(name))
        row.locator(".fig").nth(1).click()
        assert name in page.locator("dialog[open] h2").evaluate("h => h.textContent")
        page.keyboard.press("Escape")
    assert page.evaluate("window.hacked") is None


def flags_of(site: Site, region: Region) -> dict[str, str]:
    """Open hard flags by county, as text."""
    rows = site.query(
        "select county_code, count(*) from quality.flag where severity = 'hard'"
        " and status = 'open' and school_year = ? group by county_code",
        region.school_year,
    )
    return {county: str(flags) for county, flags in rows if region.holds(county)}


def test_regions_roll_up_and_lead_down(site, region_page, open_page, pictures):
    for region, reader in {
        REGIONS[0]: region_page,
        REGIONS[2]: open_page(site.pages[REGIONS[2]]),
    }.items():
        assert compare(reader, site) > 50
        numbers = reader.run("numbers.js")
        assert numbers["untold"] == []
        assert dict(numbers["counted"]).items() >= flags_of(site, region).items()
    page = reader.page
    page.screenshot(path=pictures / "nation.png")
    rows = page.locator("#counties-table tbody tr")
    assert rows.count() == len(
        site.query("select distinct county_code from marts.dim_school where school_year = 2023")
    )
    page.locator("#counties-table thead button", has_text="达标项").first.click()
    met = rows.locator('[data-source$="|items_met"]').evaluate_all(
        "cells => cells.map(cell => Number(cell.dataset.value))"
    )
    assert met == sorted(met)
    # Down to the county and up again: the links meet the folders that the reports are written to.
    reader.path = site.pages[PINGLUO]
    page.get_by_role("link", name="平罗县").click()
    assert page.locator("h1").inner_text().startswith("平罗县")
    reader.path = site.pages[REGIONS[0]]
    page.locator(".crumbs a").last.click()
    assert "石嘴山市" in page.locator("h1").inner_text()
