"""Write the handbook of the version in force into the warehouse."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from dagster_project.content_policy import element, policy
from dagster_project.handbook.cards import CARDS, Card
from dagster_project.handbook.dictionary import entries
from dagster_project.handbook.queries import FOLDER, queries
from dagster_project.machine.atomic_folder import replace_folder
from dagster_project.messages.moments import beijing
from dagster_project.publish.not_used import not_used
from dagster_project.publish.opening import open_published
from dagster_project.publish.versions import in_force
from dagster_project.reports.folder import place_folder, replace_files
from dagster_project.settings import DATABASE, Settings
from dagster_project.transform.manifest import manifest_path
from dagster_project.transform.model_docs import model_docs
from dagster_project.verdicts import of_county

_ASSETS = Path(__file__).with_name("assets")
NOTEBOOK = Path(__file__).parent / "county_page.ipynb"
INDEX = "index.html"
MOST_COUNTIES = 500
_VERDICTS = """
    select school_year, county_code, county_name, attains, items_met, items_total,
           (select string_agg(item_id, ', ' order by item_id) from marts.county_assessment as item
            where item.school_year = verdict.school_year and item.verdict = 'not_met'
              and item.county_code = verdict.county_code and item.standard_id = '2017') as unmet
    from marts.county_verdict as verdict
    where standard_id = '2017'
    order by school_year desc, county_code
"""


def write_handbook(settings: Settings) -> Path | None:
    """Write ``handbook/`` and ``index.html``; returns the index, ``None`` before the first load.

    The folder is replaced whole, and only for another publication; the index is written every time,
    since reports and correction lists come and go without a publication. Raises ``OSError`` and
    :class:`~dagster_project.transform.model_docs.DocsNotWritten`.
    """
    version = in_force(settings)
    if version is None:
        return None
    published = json.loads((version / "published" / "manifest.json").read_text("utf-8"))
    folder = settings.warehouse / "handbook"
    if _made_for(folder) != published["publish_id"]:
        _replace(folder, published)
    return write_index(settings, version, published)


def _made_for(folder: Path) -> str | None:
    try:
        return (folder / ".publication").read_text("utf-8")
    except OSError:
        return None


def _replace(folder: Path, published: dict) -> None:
    work = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    work.mkdir(parents=True)
    try:
        _write_pages(work, published)
        replace_folder(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_pages(folder: Path, published: dict) -> None:
    project = json.loads(manifest_path().read_text("utf-8"))
    pages = _pages()
    dictionary = pages.get_template("dictionary.html.j2").render(
        tables=entries(published, project), publish_id=published["publish_id"]
    )
    (folder / "dictionary.html").write_text(dictionary, "utf-8")
    examples = pages.get_template("queries.html.j2").render(queries=queries())
    (folder / "queries.html").write_text(examples, "utf-8")
    guides = pages.get_template("guides.html.j2").render()
    (folder / "guides.html").write_text(guides, "utf-8")
    shutil.copytree(FOLDER, folder / "queries")
    shutil.copy(NOTEBOOK, folder)
    shutil.copy(model_docs(), folder / "models.html")
    (folder / ".publication").write_text(published["publish_id"], "utf-8")


def write_index(settings: Settings, version: Path, published: dict) -> Path:
    """Write ``index.html``, which links to what there is."""
    with open_published(version / DATABASE) as connection:
        found = connection.execute(_VERDICTS)
        names = [column[0] for column in found.description]
        verdicts = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        ((open_hard,),) = connection.execute(
            "select count(*) from quality.flag where severity = 'hard' and status = 'open'"
        ).fetchall()
        unused = not_used(connection).messages
    shown = verdicts[:MOST_COUNTIES]
    for row in shown:
        row.update(_report_folder(settings, row))
    page = (
        _pages()
        .get_template("index.html.j2")
        .render(
            publish_id=published["publish_id"],
            published_at=beijing(published.get("published_at") or ""),
            as_of=published.get("as_of") and beijing(published["as_of"]),
            open_hard=open_hard,
            cards=_existing(settings.warehouse, CARDS),
            counties=shown,
            verdict=of_county,
            more=len(verdicts) - len(shown),
            not_used=[{"zh": m.text("zh"), "en": m.text("en")} for m in unused],
        )
    )
    replace_files(settings.warehouse, {INDEX: page.encode()})
    return settings.warehouse / INDEX


def _report_folder(settings: Settings, verdict: Mapping[str, Any]) -> dict[str, str | None]:
    folder = place_folder(
        settings.reports,
        verdict["school_year"],
        verdict["county_code"],
        verdict["county_name"] or "",
    )
    if not folder.is_dir():
        return {"folder": None, "folder_name": None}
    inside = folder.relative_to(settings.warehouse).as_posix()
    return {"folder": quote(inside), "folder_name": folder.name}


def _existing(warehouse: Path, cards: Iterable[Card]) -> list[Card]:
    return [card for card in cards if (warehouse / card.href.rstrip("/")).exists()]


def _pages() -> Environment:
    environment = Environment(
        loader=PackageLoader("dagster_project.handbook"),
        autoescape=select_autoescape(["html", "j2"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, search = ((_ASSETS / name).read_text("utf-8") for name in ("style.css", "search.js"))
    environment.globals.update(
        style=Markup(style), search=Markup(search), policy=element(policy([style], [search]))
    )
    return environment
