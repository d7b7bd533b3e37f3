"""The annex workbook of one county and school year."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

from xlsxwriter import Workbook

from dagster_project.figures.county import STAGES, CountyFigures
from dagster_project.figures.published import CountyYear, Published
from dagster_project.reports.annex import (
    attainment,
    coefficients,
    contents,
    cover,
    indicators,
    lists,
    origins,
    shares,
)
from dagster_project.reports.annex.layout import Layout, layout_for
from dagster_project.reports.annex.looks import Looks
from dagster_project.reports.annex.page import HEAD_ROW, Page, PlainSheet
from dagster_project.reports.annex.table import EN_ROW, GROUP_ROW, Table, plan
from dagster_project.reports.templates import Templates

_FROZEN = {"items": 2, "retention": 1, "class_size": 4, "tasks": 5, "trend": 3, "origins": 3}
"""Columns that stay in sight when a list is scrolled sideways."""


def render(published: Published, county: CountyYear, templates: Templates) -> bytes:
    """The workbook's bytes; the same version, county and templates give the same bytes."""
    layout = layout_for(templates, county.county_code)
    stream = BytesIO()
    book = Workbook(
        stream,
        {
            "in_memory": True,
            "default_format_properties": {"font_name": layout["fonts"]["text"], "font_size": 10},
        },
    )
    _Document(book, layout, CountyFigures(published, county)).write()
    book.close()
    return stream.getvalue()


class _Document:
    """The sheets in order; each is entered in the contents as it is written."""

    def __init__(self, book: Workbook, layout: Layout, figures: CountyFigures) -> None:
        self.book, self.layout, self.figures = book, layout, figures
        self.county, self.sign_off = figures.county, figures.sign_off
        self.looks = Looks(book, layout["fonts"]["heading"], layout["formats"])
        self.entries: list[cover.Entry] = []
        self.standards = self._standards()

    def _standards(self) -> list[str]:
        """Standards with sections: first those that judge each school, then by age."""
        decides = {
            rule["standard_id"]: rule["decides_by"]
            for rule in self.figures.ref.rows("standard_rule")
        }
        found = {s for _, s in self.figures.sections if decides[s] != "none"}
        return sorted(found, key=lambda standard: (decides[standard] != "each", standard))

    def write(self) -> None:
        names = self.layout
        first = self._page(names["cover"]["name"])
        keys = [
            (stage, standard)
            for standard in self.standards
            for stage in STAGES
            if (stage, standard) in self.figures.sections
        ]
        # Sheets stand in the order in which they are made; formulas need them all to be named.
        judging = {key: self._table(key) for key in keys if self._judges_schools(key)}
        coefficient_page = self._page(names["coefficient_sheet"]["name"])
        attainment_page = self._page(names["attainment_sheet"]["name"]) if judging else None
        share_pages = {
            key: self._page(names["share_sheet"]["name"].format(stage=self._word(key[0])))
            for key in judging
            if key[1] == self.standards[0]
        }
        listed = self._lists()
        list_pages = {key: self._page(names["lists"][key]["name"]) for key in listed}
        others = {key: self._table(key) for key in keys if key not in judging}
        tables = {**judging, **others}

        for table in judging.values():
            self._indicators(table)
        self._open(coefficient_page, names["coefficient_sheet"], 4)
        coefficients.write(self.book, coefficient_page, self.figures, tables)
        if attainment_page is not None:
            self._attainment(attainment_page, judging)
        for key, page in share_pages.items():
            self._shares(page, tables[key])
        for name, page in list_pages.items():
            self._open(page, names["lists"][name], _FROZEN.get(name, 0))
            lists.write(page, listed[name])
            self._spread(page, names["lists"][name], listed[name])
        for table in others.values():
            self._indicators(table)
        cover.write(first, self.figures, self.standards, self.entries)
        self._print(first, "A4", None, cover.title_of(first, self.county), landscape=False)
        self._properties(first)

    def _judges_schools(self, key: tuple[str, str]) -> bool:
        rows = self.figures.sections[key][0].figures.values()
        return any(row["threshold"] is not None for row in rows)

    def _word(self, stage: str) -> str:
        return self.layout["words"]["stage"][stage]

    def _page(self, name: str) -> Page:
        return Page(self.book.add_worksheet(name, PlainSheet), self.looks, self.layout)

    def _table(self, key: tuple[str, str]) -> Table:
        stage, standard = key
        words = self.layout["indicator_sheet"]
        name = words["name" if standard == self.standards[0] else "name_other"]
        return plan(
            self._page(name.format(stage=self._word(stage), standard=standard)),
            self.figures,
            stage,
            standard,
        )

    def _lists(self) -> dict[str, lists.List]:
        """The plain tables, in the order in which they stand."""
        figures, layout = self.figures, self.layout
        found = {}
        if figures.table("county_assessment"):
            found["items"] = contents.items(figures, layout)
        found["retention"] = contents.retention(figures, layout)
        found["class_size"] = contents.class_sizes(figures, layout)
        found["tasks"] = contents.tasks(figures, layout)
        found["trend"] = contents.trend(figures, layout)
        if figures.table("policy_target"):
            found["targets"] = contents.targets(figures, layout)
        found["flags"] = contents.flags(figures, layout)
        found["restatements"] = contents.restatements(figures.table("restatement"), layout)
        found["origins"] = origins.list_of(figures, layout, self.standards)
        return found

    def _indicators(self, table: Table) -> None:
        words = self.layout["indicator_sheet"]
        named = self._standard_words(table)
        self._open(table.page, words, 2, (GROUP_ROW, EN_ROW), **named)
        indicators.write(table)

    def _shares(self, page: Page, table: Table) -> None:
        words, named = self.layout["share_sheet"], self._standard_words(table)
        self._open(page, words, shares.FIRST_GROUP, (GROUP_ROW, EN_ROW), **named)
        shares.write(page, table)

    def _spread(self, page: Page, words: Layout, table: lists.List) -> None:
        if "repeated_columns" in words:
            widths, repeated = (
                [column["width"] for column in table.columns],
                words["repeated_columns"],
            )
            page.spread(words["paper"], widths, range(repeated + 1, len(widths)), repeated)

    def _attainment(self, page: Page, judging: dict[tuple[str, str], Table]) -> None:
        first = next(iter(judging.values()))
        rule = first.rule
        tables = [t for t in judging.values() if t.standard_id == first.standard_id]
        words = self.layout["attainment_sheet"]
        self._open(page, words, 3, document=rule["document"])
        attainment.write(page, tables, rule["min_met"])

    def _standard_words(self, table: Table) -> dict[str, str]:
        rule = table.rule
        return {
            "stage": self._word(table.stage),
            "stage_en": table.stage,
            "standard": table.standard_id,
            "document": rule["document"],
        }

    def _open(
        self,
        page: Page,
        words: Layout,
        frozen: int,
        heads: tuple[int, int] = (HEAD_ROW, HEAD_ROW + 1),
        **named: str,
    ) -> None:
        """Title, draft stamp, print set-up, and the line in the contents."""
        number = self.layout["table_number"].format(number=len(self.entries) + 1)
        title, english = words["title"].format(**named), words["title_en"]
        english = english.format(**named)
        self.entries.append(cover.Entry(number, page, title, english))
        whose = f"{self.county.county_name or self.county.county_code} "
        whose += cover.year_of(self.layout, self.county.school_year)
        stamp = ""
        if self.sign_off.is_draft:
            stamp = self.layout["draft"].format(hard=self.sign_off.hard_open)
        page.opening(f"{number}　{title}", f"{whose}　{english}".rstrip("　"), self.contents, stamp)
        self._print(page, words["paper"], heads, title, frozen=frozen)

    @property
    def contents(self) -> str:
        """How links to the cover begin."""
        return "'" + self.layout["cover"]["name"].replace("'", "''") + "'!"

    def _print(
        self,
        page: Page,
        paper: str,
        heads: tuple[int, int] | None,
        title: str,
        frozen: int = 0,
        landscape: bool = True,
    ) -> None:
        county = self.county
        page.print_setup(
            paper,
            heads,
            place=f"{county.county_name or county.county_code} {county.school_year}",
            title=title,
            version=self.layout["version"].format(publish_id=self.figures.published.publish_id),
            stamp=self.layout["draft_short"] if self.sign_off.is_draft else "",
            landscape=landscape,
            frozen_columns=frozen,
        )

    def _properties(self, first: Page) -> None:
        published_at = datetime.fromisoformat(self.figures.published.published_at)
        self.book.set_properties(
            {
                "title": cover.title_of(first, self.county),
                "subject": self.layout["version"].format(
                    publish_id=self.figures.published.publish_id
                ),
                "created": published_at.replace(tzinfo=None),  # not today: the bytes stay the same
            }
        )
