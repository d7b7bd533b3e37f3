"""The first page: what this is, how far it can be relied on, and where to find what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.published import CountyYear
from dagster_project.figures.rounding import taint_mark
from dagster_project.figures.rows import ordered
from dagster_project.messages.moments import beijing
from dagster_project.reports.annex.contents import ITEM_COUNTS
from dagster_project.reports.annex.page import Page
from dagster_project.reports.annex.table import attains_word

WIDTHS = (16, 12, 12, 12, 12, 12, 12, 12, 12)
LAST = len(WIDTHS) - 1


@dataclass(frozen=True)
class Entry:
    """A line of the contents."""

    number: str
    page: Page
    title: str
    english: str


def write(
    page: Page,
    figures: CountyFigures,
    standards: Sequence[str],
    entries: Sequence[Entry],
) -> None:
    """Write the cover; ``entries`` are the other sheets in order."""
    layout, words = page.layout, page.layout["cover"]
    published, county, standing = figures.published, figures.county, figures.sign_off
    page.widths(WIDTHS)
    page.sheet.set_row(0, 34)
    page.sheet.set_row(2, 24)
    page.merged(0, 0, LAST, title_of(page, county), "cover")
    page.merged(1, 0, LAST, layout["title_en"], "cover_line")
    stamp = layout["draft"].format(hard=standing.hard_open) if standing.is_draft else ""
    page.merged(2, 0, LAST, stamp or layout["final"], "stamp" if stamp else "cover_line")
    standards = "；".join(
        f"{rule['name_zh']}（{rule['document']}）"
        for standard in sorted(standards, reverse=True)
        if (rule := figures.ref.rule(standard, "primary")) is not None
    )
    facts = [
        (words["county"], f"{county.county_name}（{county.county_code}）"),
        (words["school_year"], year_of(layout, county.school_year)),
        (words["standard"], standards),
        (words["version"], published.publish_id),
        (words["published_at"], beijing(published.published_at).text("zh")),
        (words["origin"], words["origin_text"]),
        (
            words["flags"],
            words["flags_text"].format(hard=standing.hard_open, soft=standing.soft_open),
        ),
    ]
    if figures.table("completeness"):
        facts.append((words["completeness"], _completeness(page, figures)))
    row = 4
    for label, value in facts:
        page.merged(row, 0, 1, label, "label")
        page.merged(row, 2, LAST, value, "wrap")
        row += 1
    page.sheet.set_row(4 + facts.index((words["origin"], words["origin_text"])), 28)
    row = _overview(page, figures, row + 1)
    row = _verdicts(page, figures, row + 1)
    row = _contents(page, entries, row + 1)
    _legend(page, row + 1)


def _completeness(page: Page, figures: CountyFigures) -> str:
    words = page.layout["words"]
    return "；".join(
        page.layout["cover"]["completeness_text"].format(
            term=words["term"].get(row["term"], row["term"]),
            expected=row["expected_schools"],
            received=row["received_schools"],
            status=words["completeness"].get(row["status"], row["status"]),
        )
        for row in ordered(figures.table("completeness"), "term")
    )


def title_of(page: Page, county: CountyYear) -> str:
    """Title of the document."""
    return page.layout["title"].format(
        county=county.county_name or county.county_code,
        year=year_of(page.layout, county.school_year),
    )


def year_of(layout: dict, school_year: int) -> str:
    """2023 as ``2023—2024``."""
    return layout["year"].format(first=school_year, last=school_year + 1)


def _table(page: Page, row: int, title: str, chinese: Sequence[str], english: Sequence[str]) -> int:
    page.merged(row, 0, LAST, title, "section")
    for column, (zh, en) in enumerate(zip(chinese, english, strict=True)):
        page.head(row + 1, column, zh, en)
    return row + 3


def _overview(page: Page, figures: CountyFigures, row: int) -> int:
    words = page.layout["cover"]
    row = _table(
        page, row, words["overview"], words["overview_columns"], words["overview_columns_en"]
    )
    for enrolment in ordered(figures.table("county_enrolment"), "-stage"):
        stage = page.layout["words"]["stage"][enrolment["stage"]]
        page.text(row, 0, stage, "centre")
        for column, key in enumerate(
            ("schools", "sections", "pupils", "entrants", "graduates", "classes", "teachers"), 1
        ):
            figure = figures.figure("county_enrolment", enrolment, key, "count", "")
            page.figure(row, column, figure)
        row += 1
    return row


def _verdicts(page: Page, figures: CountyFigures, row: int) -> int:
    words, attains = page.layout["cover"], page.layout["attains"]
    row = _table(page, row, words["verdict"], words["verdict_columns"], words["verdict_columns_en"])
    for verdict in ordered(figures.table("county_verdict"), "-standard_id"):
        tainted = figures.taints("county_verdict", verdict)
        page.text(row, 0, verdict["standard_id"], "centre")
        for column, key in enumerate(ITEM_COUNTS, 1):
            marked = tainted and key != "items_total"
            page.number(row, column, verdict[key], "count", tainted=marked)
        page.text(row, len(ITEM_COUNTS) + 1, attains[attains_word(verdict)], "centre", tainted)
        row += 1
    return row


def _contents(page: Page, entries: Sequence[Entry], row: int) -> int:
    words = page.layout["cover"]
    page.merged(row, 0, LAST, words["contents"], "section")
    row += 1
    number, title, english = words["contents_columns"]
    page.text(row, 0, number, "head")
    wide = 4 if page.layout["bilingual"] else LAST
    page.merged(row, 1, wide, title, "head")
    if wide < LAST:
        page.merged(row, 5, LAST, english, "head")
    for entry in entries:
        row += 1
        page.text(row, 0, entry.number, "centre")
        page.merged(row, 1, wide, entry.title, "listed")
        page.sheet.write_url(
            row, 1, f"internal:{entry.page.reference}A1", page.looks.words("listed"), entry.title
        )
        if wide < LAST:
            page.merged(row, 5, LAST, entry.english, "listed_english")
        page.sheet.set_row(row, 26 if len(entry.english) > 42 or len(entry.title) > 26 else 15)
    return row + 1


def _legend(page: Page, row: int) -> None:
    words = page.layout["cover"]
    page.merged(row, 0, LAST, words["legend"], "section")
    colours = ("met", "floor", "below", "unverified", "missing")
    for sign, english, text in words["legend_entries"]:
        row += 1
        page.text(row, 0, sign, "centre", tainted=english == "tainted")
        if english in colours:
            page.sheet.write_string(row, 0, sign, page.looks.words("centre", colour=english))
        if page.layout["bilingual"]:
            page.text(row, 1, english, "english")
        first = 2 if page.layout["bilingual"] else 1
        page.merged(row, first, LAST, text.format(taint=taint_mark()), "wrap")
        page.sheet.set_row(row, 28)
