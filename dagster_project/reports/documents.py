"""The list of documents: what each file is called and which function writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class Document:
    """A file of a report folder.

    ``render`` is ``module:function``, imported where documents are written and nowhere else: the
    libraries behind it are heavy. For a county the function takes
    ``(published: Published, county: CountyYear, templates: Templates)``, for a city, a province
    or the nation ``(published: Published, region: Region, templates: Templates)``; it returns the
    bytes of the file. ``kind`` is what ``junheng report --kind`` calls it beside the file's own
    name, ``level`` the only level of region that has it (empty: every one).
    """

    name: str
    render: str
    kind: str
    level: str = ""

    def renderer(self) -> Callable[..., bytes]:
        """The function itself."""
        module, function = self.render.split(":")
        return getattr(import_module(module), function)

    @property
    def kinds(self) -> tuple[str, str]:
        """The names that ``--kind`` takes for it."""
        return self.kind, self.name.partition(".")[0]


SELF_EVALUATION, CIRCULAR = "自评报告.docx", "督查通报.docx"
RECORD_OF_WORK, PLAN, SCHOOL_SHEETS = "创建纪实.docx", "三年行动计划.docx", "一校一策.docx"
CITY_OVERVIEW = "市级概况.docx"
ANNEX, WEB = "附表.xlsx", "网页报告.html"

OF_A_COUNTY: tuple[Document, ...] = (
    Document(SELF_EVALUATION, "dagster_project.reports.self_evaluation:render", "self-evaluation"),
    Document(CIRCULAR, "dagster_project.reports.circular:render", "circular"),
    Document(ANNEX, "dagster_project.reports.annex.document:render", "annex"),
    Document(WEB, "dagster_project.reports.web.document:render", "page"),
)
"""What a load writes."""
FURTHER_OF_A_COUNTY: tuple[Document, ...] = (
    Document(RECORD_OF_WORK, "dagster_project.reports.record_of_work:render", "record"),
    Document(PLAN, "dagster_project.reports.three_year_plan:render", "plan"),
    Document(SCHOOL_SHEETS, "dagster_project.reports.school_sheets:render", "schools"),
)
"""What is written when it is asked for; a load keeps current what stands."""
WITHOUT_STANDARD: tuple[Document, ...] = (OF_A_COUNTY[-1],)
"""Of a county that no standard was in force for: the page of what was reported."""
OF_A_REGION: tuple[Document, ...] = (
    Document(WEB, "dagster_project.reports.web.document:render_region", "page"),
)
FURTHER_OF_A_REGION: tuple[Document, ...] = (
    Document(CITY_OVERVIEW, "dagster_project.reports.city_overview:render", "city", "city"),
)

ALL_KINDS: tuple[str, ...] = tuple(
    dict.fromkeys(
        name
        for one in (*OF_A_COUNTY, *FURTHER_OF_A_COUNTY, *FURTHER_OF_A_REGION)
        for name in one.kinds
    )
)
"""Every name that ``--kind`` takes."""
