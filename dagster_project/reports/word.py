"""Filling Word templates: Jinja tags in a docx that an office opens and edits in Word."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from docx.opc.exceptions import OpcError
from docxtpl import DocxTemplate
from jinja2 import FunctionLoader, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml.etree import LxmlError

from dagster_project.messages import Message
from dagster_project.reports.official.numerals import numeral
from dagster_project.reports.official.package import docx_of
from dagster_project.reports.official.title import in_lines
from dagster_project.reports.templates import OWN, WORD_SOURCE, TemplateBroken, read_template
from dagster_project.reports.word_parts import NotAllowed, cleaned


def fill(template: Path, context: Mapping[str, Any], properties: Mapping[str, Any]) -> bytes:
    """The document that ``template`` becomes with ``context``, as docx.

    A figure is printed where the template prints it and nowhere else. ``properties`` are the
    document's own: title, subject, times. Raises :class:`TemplateBroken` with a sentence for the
    person who edits the template.
    """
    try:
        document = _Template(BytesIO(_content(template)))
        document.render(dict(context), _environment(), autoescape=True)
        for name, value in properties.items():
            setattr(document.docx.core_properties, name, value)
        result = BytesIO()
        document.save(result)
        return cleaned(result.getvalue())
    except (TemplateBroken, MemoryError):
        raise
    except Exception as error:
        if template.parent == OWN:
            raise  # the project's own template works: the fault is in the program or in the data
        raise TemplateBroken(_complaint(template, error)) from error


def _complaint(template: Path, error: Exception) -> Message:
    """What is wrong with a template of an office's own, and what to do."""
    at = {"template": template}
    match error:
        case NotAllowed():
            return Message("reports.template_not_allowed", {**at, "why": error.message})
        case TemplateNotFound():
            return Message("reports.template_asks_for_another", {**at, "name": error.name})
        case OpcError() | BadZipFile() | LxmlError() | KeyError() | ValueError() | OSError():
            return Message("reports.template_no_word", {**at, "error": error})
    near = " ".join(line.strip() for line in getattr(error, "docx_context", ()) if line.strip())
    said = error.message if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
    told = {**at, "error": said or error, "near": near[:200]}
    return Message("reports.template_tag_near" if near else "reports.template_tag", told)


class _Template(DocxTemplate):
    """A template whose tags are made out once for all counties of a process."""

    def patch_xml(self, src_xml: str) -> str:
        return _patched(src_xml)


@lru_cache(maxsize=64)
def _patched(xml: str) -> str:
    return DocxTemplate.patch_xml(None, xml)  # reads nothing of itself


class _Environment(ImmutableSandboxedEnvironment):
    """Templates come from other offices: they may print figures, not run programs.

    Nor may they change what they are given, for other documents are written from it.
    """

    def from_string(self, source: Any, globals: Any = None, template_class: Any = None) -> Any:
        return _compiled(source)


@cache
def _environment() -> _Environment:
    alone = FunctionLoader(lambda name: None)
    environment = _Environment(undefined=StrictUndefined, autoescape=True, loader=alone)
    environment.filters["in_lines"] = in_lines
    environment.filters["ordinal"] = lambda number: f"{numeral(number)}是"
    return environment


@lru_cache(maxsize=64)
def _compiled(source: str) -> Any:
    return super(_Environment, _environment()).from_string(source)


def word_template(path: Path) -> bytes:
    """A template as a Word file; one of the project's own is made from its text."""
    content = read_template(path)
    return docx_of(content.decode()) if path.suffix == WORD_SOURCE else content


@lru_cache(maxsize=16)
def _read(path: Path, changed: int) -> bytes:
    return word_template(path)


def _content(path: Path) -> bytes:
    return _read(path, path.lstat().st_mtime_ns)
