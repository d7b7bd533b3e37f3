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
    bytes of the file.
    """

    name: str
    render: str

    def renderer(self) -> Callable[..., bytes]:
        """The function itself."""
        module, function = self.render.split(":")
        return getattr(import_module(module), function)


SELF_EVALUATION, CIRCULAR = "自评报告.docx", "督查通报.docx"
ANNEX, WEB = "附表.xlsx", "网页报告.html"

OF_A_COUNTY: tuple[Document, ...] = (
    Document(SELF_EVALUATION, "dagster_project.reports.self_evaluation:render"),
    Document(CIRCULAR, "dagster_project.reports.circular:render"),
    Document(ANNEX, "dagster_project.reports.annex.document:render"),
    Document(WEB, "dagster_project.reports.web.document:render"),
)
OF_A_REGION: tuple[Document, ...] = (
    Document(WEB, "dagster_project.reports.web.document:render_region"),
)
