"""Chapters that people write: their places in the documents, blanks with a hint until then."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from markupsafe import Markup

from dagster_project.reports.official.package import paragraph

_HINTS = Path(__file__).with_name("narrative.yml")


@cache
def hints() -> dict[str, str]:
    """What belongs into each chapter, by its name, in the order of the documents."""
    return yaml.safe_load(_HINTS.read_text("utf-8"))


class Narrative:
    """``narrative['主要举措']`` in a template (``{{p … }}``, alone in its paragraph): Word's XML.

    ``written`` holds, by chapter, paragraphs and tables (``w:p``, ``w:tbl``) as XML. A chapter
    that nobody wrote is one paragraph that says what belongs there.
    """

    def __init__(self, written: Mapping[str, str] | None = None) -> None:
        self._written = written or {}

    def __getitem__(self, chapter: str) -> Markup:
        written = self._written.get(chapter)
        return Markup(paragraph("提示", _blank(chapter)) if written is None else written)

    def __contains__(self, chapter: object) -> bool:
        """Whether somebody wrote this chapter."""
        return chapter in self._written


def _blank(chapter: str) -> str:
    hint = hints().get(chapter)
    return f"（此处填写{chapter}：{hint}。）" if hint else f"（此处填写{chapter}。）"
