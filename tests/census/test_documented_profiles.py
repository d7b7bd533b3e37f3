"""Every example of docs/sources.md does what stands below it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest
import yaml

from dagster_project.census import schema
from dagster_project.census.opening.source import open_source
from dagster_project.census.reading import Place
from dagster_project.census.table.profile import load_profiles, matching
from dagster_project.census.table.read import read

PAGE = Path(__file__).parents[2] / "docs" / "sources.md"
_BLOCK = re.compile(r"```(yaml|csv|text)(?: (\S+))?\n(.*?)```", re.DOTALL)


class Example(NamedTuple):
    keys: str
    files: dict[str, str]
    result: str


def examples() -> tuple[str, list[Example]]:
    """The profile that the page begins with, and the examples that change it."""
    text = PAGE.read_text("utf-8").split("## A new source without Python", 1)[1]
    blocks = _BLOCK.findall(text.split("\n## ", 1)[0])
    base, found, keys, files = blocks[0][2], [], "", {}
    for kind, name, content in blocks[1:]:
        if kind == "yaml":
            keys, files = content, {}
        elif kind == "csv":
            files[name or "our_city_2023.csv"] = content
        else:
            found.append(Example(keys, files, content))
    return base, found


BASE, EXAMPLES = examples()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.keys.partition(":")[0])
def test_an_example_does_what_the_page_says(tmp_path, example):
    content = {**yaml.safe_load(BASE), **yaml.safe_load(example.keys)}
    content = {key: value for key, value in content.items() if value is not None}
    if "joined" in str(content["school_id"]) or "stages" in content or "several_rows" in content:
        content["recognise"] = {"columns": ["区县代码", "在校生", "教学班"]}
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "our_city.yml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    for name, text in example.files.items():
        (tmp_path / "profiles" / name).write_text(text, "utf-8")
    profiles = load_profiles(tmp_path)
    assert not profiles.broken, profiles.broken[0].sentence
    source = open_source(folder / "our_city_2023.csv")
    profile = matching(source, profiles)
    assert profile is not None and profile.profile_id == "our_city"
    found = read(source, profile, "ab" * 32, Place(None, "autumn"))
    rows = pa.Table.from_batches(found.sections, schema.section_schema()).to_pylist()
    lines = [line.split() for line in example.result.splitlines()]
    told = [(id_, int(year), stage, name) for id_, year, stage, name, _ in lines]
    shown = {
        (r["school_id"], r["school_year"], r["stage"], name): _shown(r, name)
        for r in rows
        for _, _, _, name in told
    }
    assert {key: shown.get(key) for key in told} == dict(
        zip(told, (x[4] for x in lines), strict=True)
    )
    assert {key[:3] for key in shown} == {key[:3] for key in told}


def _shown(row: dict, name: str) -> str:
    value = row[name]
    if isinstance(value, float):
        return f"{value:g}"
    return str(row[f"{name}__status"] if value is None else value)
