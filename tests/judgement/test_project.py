"""Great Expectations counts what the scan finds, and the project that a load leaves opens anywhere.

The oracle of the one scan that answers for a load is Great Expectations itself, whose own metrics
run two statements a rule; and DuckDB, asked rule by rule.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from dagster_project.judgement.frames.build import build_empty
from dagster_project.judgement.gx import checkpoint
from dagster_project.judgement.gx.suites import plan
from dagster_project.judgement.rules.catalogue import Catalogue
from dagster_project.judgement.scan import count, evaluate
from tests.judgement.world import GIRLS, PUPILS, World

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
USER = """
import json, sys
import great_expectations as gx

context = gx.get_context(mode="file", project_root_dir=sys.argv[1])
(checkpoint,) = context.checkpoints.all()
result = checkpoint.run()
context.build_data_docs()
counts = {
    one.expectation_config.meta["rule_id"]: [one.expectation_config.type, one.result["observed_value"]]
    for validation in result.run_results.values() for one in validation.results
}
print(json.dumps({"counts": counts, "success": result.success}))
"""  # noqa: E501


@pytest.fixture(scope="module")
def cases(catalogue, tmp_path_factory) -> Path:
    """Frames that hold every rule's own test rows, those that break it and those that do not."""
    database = tmp_path_factory.mktemp("cases") / "frames.duckdb"
    rows: dict[str, list[dict]] = {}
    for rule in catalogue.rules:
        usual = {
            "stage": rule.stages[0],
            "school_year": rule.effective_from or rule.effective_to or 2023,
            "vintage": rule.vintages[0] if rule.vintages else "test",
            "standards": rule.standards[0] if rule.standards else "2017",
        }
        rows.setdefault(rule.frame, []).extend(
            usual | row for kind in ("pass", "fail") for row in rule.cases[kind]
        )
    with duckdb.connect(str(database)) as connection:
        build_empty(connection, catalogue)
        for frame, of_frame in rows.items():
            types = dict(connection.execute(
                f"select column_name, column_type from (describe frame_{frame})").fetchall()
            )  # fmt: skip
            names = [name for name in types if any(name in row for row in of_frame)]
            texts = pa.table({
                name: pa.array([None if row.get(name) is None else str(row[name])
                                for row in of_frame], pa.string()) for name in names
            })  # fmt: skip
            connection.register("texts", texts)
            chosen = ", ".join(f"{name}::{types[name]} as {name}" for name in names)
            connection.execute(f"insert into frame_{frame} by name select {chosen} from texts")
            connection.unregister("texts")
    return database


def test_every_rule_is_counted_alike_by_the_scan_of_a_load_and_by_great_expectations(
    cases, catalogue
):
    with duckdb.connect(str(cases), read_only=True) as connection:
        ours = {rule_id: one.found for rule_id, one in count(connection, catalogue.rules).items()}
    assert set(ours) == {rule.rule_id for rule in catalogue.rules}
    assert all(ours.values()), "each rule has a row that breaks it"
    with duckdb.connect(str(cases), read_only=True) as connection:
        found = evaluate(connection, catalogue)
    assert ours == Counter(found.violations.column("rule_id").to_pylist())
    some = dataclasses.replace(catalogue, rules=catalogue.rules[::5])  # 20 ms a rule
    counted = _count_by_the_library(cases, some)
    assert counted == {rule.rule_id: ours[rule.rule_id] for rule in some.rules}


def _count_by_the_library(database: Path, catalogue: Catalogue) -> dict[str, int]:
    """The checkpoint of a load, with the metrics that Great Expectations brings."""
    with checkpoint.quiet():
        import great_expectations as gx

        context = gx.get_context(mode="ephemeral")
        source = checkpoint.add_source(context, str(database))
        try:
            stock, _ = checkpoint.add_checkpoint(context, source, plan(catalogue))
            result = stock.run()
        finally:
            checkpoint.close(source)
    return {
        one.expectation_config.meta["rule_id"]: one.result["observed_value"]
        for validation in result.run_results.values()
        for one in validation.results
    }


@pytest.mark.parametrize("county", ["documents", "flat_county"])
def test_what_a_load_counted_is_what_its_frames_hold(county, request, catalogue):
    quality = request.getfixturevalue(county).settings.warehouse / "quality"
    counted = Counter()
    for file in (quality / "gx" / "uncommitted" / "validations").rglob("*.json"):
        for one in json.loads(file.read_text("utf-8"))["results"]:
            counted[one["expectation_config"]["meta"]["rule_id"]] = one["result"]["observed_value"]
    with duckdb.connect(str(quality / "gx" / "frames.duckdb"), read_only=True) as connection:
        rows = evaluate(connection, catalogue).violations.column("rule_id").to_pylist()
    assert counted and +counted == Counter(rows)


@pytest.fixture(scope="module")
def quality(tmp_path_factory) -> Path:
    """``quality/`` of a county with two impossible figures; its folder has an odd name."""
    county = World(tmp_path_factory.mktemp("project") / "O'Brien [县] * loads")
    county.report(**{GIRLS: 500, PUPILS: 20000})
    county.judge(docs_folder=county.root / "quality")
    return county.root / "quality"


@pytest.fixture(scope="module")
def opened(quality) -> dict:
    """What somebody finds who opens the project in a Python of his own."""
    environment = {**os.environ, "GX_ANALYTICS_ENABLED": "false"}
    done = subprocess.run(
        [sys.executable, "-c", USER, str(quality)],
        capture_output=True, text=True, env=environment, cwd=quality.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_project_opens_and_its_checkpoint_finds_the_same(opened):
    assert not opened["success"]
    assert opened["counts"] == {
        "girls_exceed_graduates": ["unexpected_rows_expectation", 1],
        "many_pupils": ["unexpected_rows_expectation", 1],
    }


def test_nothing_is_left_beside_the_project(opened, quality):
    assert sorted(path.name for path in quality.iterdir()) == ["2023", "gx", "index.html"]


def test_the_lists_of_the_pages_are_rows_and_their_links_lead_somewhere(opened, quality):
    index = (quality / "2023" / "index.html").read_text("utf-8")
    links = re.findall(r'href="((?:validations|expectations)/[^"]+)"', index)
    assert len(links) >= 4  # the load's validation and the user's, and the suite
    for link in links:
        page = (quality / "2023" / link).read_text("utf-8")
        assert "毕业女生多于毕业生" in page


def test_the_pages_show_in_a_browser_that_has_no_network(opened, quality):
    if CHROMIUM is None:
        words = "chromium is not installed (Debian: apt-get install chromium)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(words)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((quality / "2023" / "index.html").as_uri())
        rows = page.locator("table.list tbody tr")
        assert rows.count() >= 3 and rows.first.is_visible()
        page.locator("table.list a[href^=validations]").first.click()
        assert page.get_by_text("many_pupils").first.is_visible()
        assert page.locator("i.fa-times").first.is_visible()
        browser.close()
    assert asked and all(url.startswith("file:") for url in asked)
