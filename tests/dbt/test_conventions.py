"""What dbt-project-evaluator asks of a project, asked of its manifest.

The package itself comes from dbt's hub, which an offline house does not reach; ``conventions.yml``
holds the prefixes and the exceptions, each with its reason, as its configuration would.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from dagster_project.project import DBT
from dagster_project.transform.manifest import manifest_path

CONFIGURATION = yaml.safe_load(Path(__file__).with_name("conventions.yml").read_text("utf-8"))
MOST_PARENTS = 6


class Project:
    """The models of the manifest by name, with what they read."""

    def __init__(self) -> None:
        manifest = json.loads(manifest_path().read_text("utf-8"))
        self.nodes, self.sources = manifest["nodes"], manifest["sources"]
        self.models = {
            node["name"]: node for node in self.nodes.values() if node["resource_type"] == "model"
        }

    def parents(self, name: str, *kinds: str) -> list[str]:
        """What a model reads, as ``model.x``, ``seed.x`` or ``source.x.y``."""
        known = self.models[name]["depends_on"]["nodes"]
        return [re.sub(r"\.junheng\b", "", node) for node in known if node.startswith(kinds)]

    def folder(self, name: str) -> str:
        return self.models[name]["fqn"][1]


@pytest.fixture(scope="module")
def project() -> Project:
    return Project()


def root_models(project):
    return {name for name in project.models if not project.parents(name, "model", "source", "seed")}


def sources_read_outside_staging(project):
    return {
        name
        for name in project.models
        if project.parents(name, "source") and project.folder(name) != "staging"
    }


def sources_with_several_readers(project):
    read = Counter(s for name in project.models for s in project.parents(name, "source"))
    return {source.removeprefix("source.") for source, readers in read.items() if readers > 1}


def models_with_several_sources(project):
    return {name for name in project.models if len(project.parents(name, "source")) > 1}


def models_without_key(project):
    tested = {
        node["attached_node"].rpartition(".")[2]
        for node in project.nodes.values()
        if (node.get("test_metadata") or {}).get("name") == "primary_key"
    }
    return {
        name
        for name, node in project.models.items()
        if name not in tested
        and "key" not in node["config"]["meta"]
        and not (project.folder(name) == "staging" and node["config"]["materialized"] == "view")
    }


def models_with_many_parents(project):
    return {
        name
        for name in project.models
        if len(project.parents(name, "model", "source")) > MOST_PARENTS
    }


RULES = (
    root_models,
    sources_read_outside_staging,
    sources_with_several_readers,
    models_with_several_sources,
    models_without_key,
    models_with_many_parents,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_nothing_breaks_a_rule_without_a_reason(project, rule):
    """An exception that is none any more is struck off, too."""
    assert rule(project) == set(CONFIGURATION["exceptions"][rule.__name__])


def test_every_exception_belongs_to_a_rule_and_has_a_reason():
    assert set(CONFIGURATION["exceptions"]) == {rule.__name__ for rule in RULES}
    assert all(all(of.values()) for of in CONFIGURATION["exceptions"].values())


def test_models_are_named_as_their_folder_asks(project):
    for name in project.models:
        prefixes = CONFIGURATION["prefixes"].get(project.folder(name))
        assert prefixes is None or name.startswith(tuple(prefixes)), name
        others = {**CONFIGURATION["prefixes"], project.folder(name): []}
        foreign = [prefix for of in others.values() for prefix in of]
        assert not name.startswith(tuple(foreign)), name


def test_every_source_is_read_and_every_inner_model_is_used(project):
    read = {
        parent for name in project.models for parent in project.parents(name, "model", "source")
    }
    sources = {re.sub(r"\.junheng\b", "", source) for source in project.sources}
    assert sources <= read
    inner = {n for n in project.models if project.folder(n) in ("staging", "intermediate")}
    assert {name for name in inner if f"model.{name}" not in read} == set()


def test_staging_reads_sources_only_and_no_view_stands_on_two_others(project):
    views = {n for n, node in project.models.items() if node["config"]["materialized"] == "view"}
    for name in project.models:
        above = {parent.removeprefix("model.") for parent in project.parents(name, "model")}
        assert not above or project.folder(name) != "staging", name
        if name in views:
            for parent in above & views:
                grand = {p.removeprefix("model.") for p in project.parents(parent, "model")}
                assert not grand & views, f"{name} on {parent} on {grand & views}"


def test_everything_is_described(project):
    nodes = [*project.models.values(), *project.sources.values()]
    assert [node["name"] for node in nodes if not node["description"]] == []


def test_no_model_names_a_relation_but_by_ref_or_source():
    for path in DBT.glob("models/**/*.sql"):
        text = re.sub(r"{[{%#].*?[}%#]}|--[^\n]*", "", path.read_text("utf-8"), flags=re.S)
        named = re.findall(r"\b(?:from|join)\s+(\w+)\.(\w+)", text)
        assert named == [], path.name
