"""The handbook of a real load: explained in two languages, every link leads somewhere."""

from __future__ import annotations

import ast
import base64
import hashlib
import html
import json
import re

import pytest

from dagster_project.handbook.dictionary import bilingual, entries
from dagster_project.handbook.queries import queries
from dagster_project.transform.manifest import manifest_path

CHINESE = re.compile("[\u4e00-\u9fff]")
# Tables of the counties in the fixture that may hold nothing are left to the eye.
MUST_FIND = {
    "who_fails_what", "why_did_the_coefficient_move", "cohorts", "claims_that_do_not_hold",
    "trace_a_figure", "items_not_met", "large_classes", "what_is_lacking", "town_and_country",
    "near_the_line", "counties_side_by_side", "progress_over_years",
}  # fmt: skip


@pytest.fixture(scope="module")
def dictionary(documents):
    published = json.loads((documents.settings.published / "manifest.json").read_text("utf-8"))
    project = json.loads(manifest_path().read_text("utf-8"))
    return {entry.full_name: entry for entry in entries(published, project)}


def test_every_table_and_column_is_explained_in_both_languages(dictionary):
    silent = [
        name
        for entry in dictionary.values()
        for name, meaning in [
            (entry.full_name, entry.meaning),
            *((f"{entry.full_name}.{column.name}", column.meaning) for column in entry.columns),
        ]
        if not CHINESE.search(meaning.zh) or not meaning.en
    ]
    assert silent == []


def test_keys_and_origins_come_from_the_tested_project(dictionary, documents):
    indicator = dictionary["marts.school_indicator"]
    key = [column.name for column in indicator.columns if column.is_key]
    assert set(key) == {"school_year", "school_id", "stage", "standard_id", "indicator_id"}
    assert "ref.indicator_term" in indicator.built_from
    for name, entry in dictionary.items():
        key = ", ".join(column.name for column in entry.columns if column.is_key)
        # What dbt does not build: what moved has no key, and the version says itself in one row.
        made_by_publishing = name in ("marts.restatement", "quality.publication")
        assert key or entry.rows is None or made_by_publishing, f"{name} names no key"
        if key:
            doubled = f"select 1 from {name} group by {key} having count(*) > 1"
            assert documents.query(doubled) == [], name


def test_a_comment_without_a_chinese_half_is_english():
    assert bilingual("Name | of it").zh == "Name"
    assert bilingual("Name of it") == bilingual(" | Name of it")


@pytest.mark.parametrize("query", queries(), ids=lambda query: query.name)
def test_an_example_query_runs_and_says_its_question_twice(query, documents):
    assert CHINESE.search(query.question.zh) and len(query.question.en) > 10
    rows = documents.query(query.sql)
    assert rows or query.name not in MUST_FIND


def test_a_traced_figure_is_the_sum_of_its_cells(documents):
    sql = next(query.sql for query in queries() if query.name == "trace_a_figure")
    rows = documents.query(sql)
    assert {row[9] for row in rows} <= {
        path for (path,) in documents.query("select path from quality.load")
    }
    assert all(re.fullmatch(r"[A-Z]+[0-9]+", row[11]) for row in rows)


def test_the_index_leads_to_what_is_there(documents):
    warehouse = documents.settings.warehouse
    page = (warehouse / "index.html").read_text("utf-8")
    links = re.findall(r'href="([^"]+)"', page)
    assert {"handbook/dictionary.html", "handbook/models.html", "quality/index.html"} <= set(links)
    for link in links:
        assert (warehouse / html.unescape(link)).exists(), link
    for name in ("dictionary", "queries", "guides"):
        text = (warehouse / "handbook" / f"{name}.html").read_text("utf-8")
        assert not re.search(r"""(src|href)=["']https?:""", text), name


def test_every_page_runs_and_shows_nothing_that_its_policy_does_not_name(flat_county):
    """By hash; dbt's own page, of the project's files alone, is an application of others."""
    warehouse, looked_at = flat_county.settings.warehouse, set()
    pages = [page for page in warehouse.rglob("*.html") if page.name != "models.html"]
    for path in pages:
        page = path.read_text("utf-8")
        head = re.match(r"(?s).{0,120}?<head[^>]*>\s*<meta charset=[^>]*>\s*(<meta[^>]*>)", page)
        (text,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', head[1])
        policy = dict(part.split(" ", 1) for part in html.unescape(text).split("; "))
        assert policy["default-src"] == "'none'" and "unsafe" not in text, path
        assert not re.search(r"""<[^<>]*\s(style|on[a-z]+)=["']""", page), path
        for tag, attributes, content in re.findall(r"(?s)<(style|script)\b([^>]*)>(.*?)</", page):
            if "application/json" not in attributes:
                digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
                assert f"'sha256-{digest}'" in policy[f"{tag}-src"].split(), (path, tag)
        looked_at.add(path.relative_to(warehouse).parts[0])
    assert looked_at == {"index.html", "handbook", "quality", "reports"}


def test_dbt_pages_name_the_models(documents):
    page = (documents.settings.warehouse / "handbook" / "models.html").read_text("utf-8")
    assert "model.junheng.county_coefficient" in page


def test_the_notebook_recomputes_the_coefficients(documents, monkeypatch):
    folder = documents.settings.warehouse / "handbook"
    notebook = json.loads((folder / "county_page.ipynb").read_text("utf-8"))
    monkeypatch.setenv("JUNHENG_WAREHOUSE", str(documents.settings.warehouse))
    names: dict = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            exec(compile(ast.parse("".join(cell["source"])), "county_page", "exec"), names)
    assert len(names["compared"]) == 14
