"""A page from a template: one file, no network, nothing in it that data could turn into code."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FunctionLoader, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from dagster_project.content_policy import element, policy
from dagster_project.figures.published import Published
from dagster_project.messages import Message
from dagster_project.messages.moments import beijing
from dagster_project.reports.templates import TemplateBroken, Templates, read_template

_ASSETS = Path(__file__).with_name("assets")
_IN_SCRIPT = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}
_INDENT = re.compile(r"\n\s*")


def render_page(
    published: Published, templates: Templates, code: str, name: str, context: dict[str, Any]
) -> bytes:
    """The page of template ``name`` for the place with this code.

    Raises :class:`TemplateBroken` with file and line where a template cannot be used.
    """
    environment = _environment(published, templates, code)
    others = _of_others(templates, code)
    try:
        page = environment.get_template(name).render(
            style=Markup(_asset("style.css")),
            script=Markup(_asset("page.js")),
            publish_id=published.publish_id,
            published_at=beijing(published.published_at).text("zh"),
            **{**context, "trace": embedded(context["trace"])},
        )
    except (TemplateBroken, MemoryError):
        raise
    except TemplateSyntaxError as error:
        where = Message("reports.file_and_line", {"file": error.filename, "line": error.lineno})
        raise TemplateBroken(
            "reports.template_faulty", where=where, message=error.message
        ) from error
    except Exception as error:
        if not others:
            raise  # the project's own templates work: the fault is in the program or in the data
        said = (
            str(error) if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
        )
        raise TemplateBroken("reports.template_fails", others=others, said=said) from error
    if others and "http-equiv" in page.lower():
        raise TemplateBroken("reports.page_gives_orders", others=others)
    return (_head() + _INDENT.sub("\n", page)).encode("utf-8", "replace")


@cache
def _head() -> str:
    """How every page begins, whatever its template says: nothing stands before the policy."""
    start = '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
    return f"{start}{element(own_policy())}\n"


def own_policy() -> str:
    """The content policy of every page: the project's style and script, whoever wrote the rest."""
    return policy([_asset("style.css")], [_asset("page.js")])


def _of_others(templates: Templates, code: str) -> str:
    """The files behind the page that are not the project's; empty if all are."""
    files = templates.all_for(code)
    return ", ".join(str(path) for path in files if path.name.startswith("web_"))


def embedded(data: Any) -> Markup:
    """``data`` as JSON for a script element: no ``<``, ``>`` or ``&`` is left in it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Two separators that JSON allows and old scripts did not.
    return Markup(text.translate({**_IN_SCRIPT, 0x2028: "\\u2028", 0x2029: "\\u2029"}))


@cache
def _asset(name: str) -> str:
    # As it will stand in the page, whose indents are taken out: the policy names its hash.
    return _INDENT.sub("\n", (_ASSETS / name).read_text("utf-8"))


def _environment(
    published: Published, templates: Templates, code: str
) -> ImmutableSandboxedEnvironment:
    """The environment for this place, made once for all places with the same template files.

    A template may extend or include the page templates, and nothing else that lies on the disk.
    """
    files = {name: templates.find(name, code) for name in templates_used()}

    def load(name: str) -> tuple[str, str, None] | None:
        path = files.get(name)
        return None if path is None else (_text(path), str(path), None)

    return published.kept(
        ("web templates", tuple(files.values())),
        lambda: ImmutableSandboxedEnvironment(
            loader=FunctionLoader(load), autoescape=True, trim_blocks=True, lstrip_blocks=True
        ),
    )


def _text(path: Path) -> str:
    try:
        return read_template(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TemplateBroken("reports.template_not_utf8", path=path) from error


def templates_used() -> tuple[str, ...]:
    """Names of the page templates; each may be replaced by a province."""
    return ("web_layout.html", "web_macros.html", "web_county.html", "web_region.html")
