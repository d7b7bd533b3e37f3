"""Filling Word templates: Jinja tags in a docx that an office opens and edits in Word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from docx.opc.exceptions import OpcError
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from lxml.etree import LxmlError

from dagster_project.reports.templates import TemplateBroken

# What XML cannot hold, and school names from raw files sometimes do.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def fill(template: Path, context: Mapping[str, Any], properties: Mapping[str, str]) -> bytes:
    """The document that ``template`` becomes with ``context``, as docx.

    A figure is printed where the template prints it and nowhere else. ``properties`` are the
    document's own: title, subject. Raises :class:`TemplateBroken` with a sentence for the person
    who edits the template.
    """
    try:
        document = _Template(BytesIO(_content(template)))
        document.render(dict(context), _environment(), autoescape=True)
        for name, value in properties.items():
            setattr(document.docx.core_properties, name, value)
        result = BytesIO()
        document.save(result)
        return result.getvalue()
    except TemplateError as error:
        near = " ".join(line.strip() for line in getattr(error, "docx_context", ()) if line.strip())
        raise TemplateBroken(
            f"The template {template} cannot be used: {error.message or error}."
            + (f" It is near: {near[:200]}" if near else "")
            + " Correct the tag in Word, or remove the file to use the project's own template."
        ) from error
    except (OpcError, BadZipFile, LxmlError, KeyError, ValueError, OSError) as error:
        raise TemplateBroken(
            f"The template {template} is no Word document that can be filled: {error}. Save it as"
            " .docx again, or remove the file to use the project's own template."
        ) from error


class _Template(DocxTemplate):
    """A template whose tags are made out once for all counties of a process."""

    def patch_xml(self, src_xml: str) -> str:
        return _patched(src_xml)


@lru_cache(maxsize=64)
def _patched(xml: str) -> str:
    return DocxTemplate.patch_xml(None, xml)  # type: ignore[arg-type]  # reads nothing of itself


class _Environment(SandboxedEnvironment):
    """Templates come from other offices: they may print figures, not run programs."""

    def from_string(self, source: Any, globals: Any = None, template_class: Any = None) -> Any:
        return _compiled(source)


@cache
def _environment() -> _Environment:
    return _Environment(undefined=StrictUndefined, autoescape=True, finalize=_printable)


@lru_cache(maxsize=64)
def _compiled(source: str) -> Any:
    return super(_Environment, _environment()).from_string(source)


@lru_cache(maxsize=16)
def _read(path: Path, changed: int) -> bytes:
    return path.read_bytes()


def _content(path: Path) -> bytes:
    return _read(path, path.stat().st_mtime_ns)


def _printable(value: Any) -> Any:
    return _UNPRINTABLE.sub("", value) if isinstance(value, str) else value
