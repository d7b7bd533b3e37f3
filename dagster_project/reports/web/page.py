"""A page from a template: one file, no network, nothing in it that data could turn into code."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, TemplateError, TemplateSyntaxError
from markupsafe import Markup

from dagster_project.reports.published import Published
from dagster_project.reports.templates import TemplateBroken, Templates

_ASSETS = Path(__file__).with_name("assets")
_IN_SCRIPT = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}
_INDENT = re.compile(r"\n\s*\n+")


def render_page(
    published: Published, templates: Templates, code: str, name: str, context: dict[str, Any]
) -> bytes:
    """The page of template ``name`` for the place with this code.

    Raises :class:`TemplateBroken` with file and line where a template cannot be used.
    """
    environment = _environment(published, templates, code)
    try:
        page = environment.get_template(name).render(
            policy=policy(),
            style=Markup(_asset("style.css")),
            script=Markup(_asset("page.js")),
            publish_id=published.publish_id,
            published_at=published.published_at[:16].replace("T", " "),
            **{**context, "trace": embedded(context["trace"])},
        )
    except TemplateSyntaxError as error:
        where = f"{error.filename}, line {error.lineno}"
        raise TemplateBroken(f"{where}: {error.message}. Mend the template.") from error
    except TemplateError as error:
        path = templates.find(name, code)
        raise TemplateBroken(f"{path}: {error}. Mend the template or take it away.") from error
    return _INDENT.sub("\n", page).encode("utf-8", "replace")


def embedded(data: Any) -> Markup:
    """``data`` as JSON for a script element: no ``<``, ``>`` or ``&`` is left in it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Two separators that JSON allows and old scripts did not.
    return Markup(text.translate({**_IN_SCRIPT, 0x2028: "\\u2028", 0x2029: "\\u2029"}))


@cache
def policy() -> str:
    """The page's content security policy: its own style and script by hash, nothing else at all."""
    return (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none';"
        f" style-src '{_hash('style.css')}'; script-src '{_hash('page.js')}'"
    )


@cache
def _asset(name: str) -> str:
    # As it will stand in the page, whose empty lines are taken out: the policy names its hash.
    return _INDENT.sub("\n", (_ASSETS / name).read_text("utf-8"))


def _hash(name: str) -> str:
    digest = hashlib.sha256(_asset(name).encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _environment(published: Published, templates: Templates, code: str) -> Environment:
    """The environment for this place, made once for all places with the same template files."""
    files = {name: templates.find(name, code) for name in templates_used()}

    def load(name: str) -> tuple[str, str, None]:
        path = files.get(name) or templates.find(name, code)
        return path.read_text("utf-8"), str(path), None

    return published.kept(
        ("web templates", tuple(files.values())),
        lambda: Environment(
            loader=FunctionLoader(load), autoescape=True, trim_blocks=True, lstrip_blocks=True
        ),
    )


def templates_used() -> tuple[str, ...]:
    """Names of the page templates; each may be replaced by a province."""
    return ("web_layout.html", "web_county.html", "web_region.html")
