"""A small source of its own: one csv a county and year, described by a profile in raw/profiles."""

from pathlib import Path

import pytest

from dagster_project.lake.ingest import ingest
from dagster_project.lake.store import Lake

PROFILE = """
profile: small
title: A small table for tests
recognise: {columns: [id, county, pupils, classes]}
school_year: {file_name: '(20\\d\\d)'}
term: autumn
stage: primary
standards: [general]
school_id: id
school_name: name
county_code: county
fields:
  pupils: pupils
  classes: classes
"""


class Drop:
    """A raw folder and its lake; ``put`` drops a file, ``load`` ingests."""

    def __init__(self, root: Path) -> None:
        self.raw = root / "raw"
        self.lake = Lake(root / "lake")
        (self.raw / "profiles").mkdir(parents=True)
        (self.raw / "profiles" / "small.yml").write_text(PROFILE, encoding="utf-8")

    def put(self, path: str, *schools: tuple[str, int, int], county: str = "640221") -> Path:
        target = self.raw / path
        target.parent.mkdir(parents=True, exist_ok=True)
        rows = [f"{i},校{i},{county},{pupils},{classes}" for i, pupils, classes in schools]
        target.write_text("\n".join(["id,name,county,pupils,classes", *rows, ""]), "utf-8")
        return target

    def load(self, **options):
        return ingest(self.raw, self.lake, **options)

    def outcomes(self) -> dict[str, str]:
        return {d.path: d.outcome for d in self.lake.deliveries()}


@pytest.fixture
def drop(tmp_path) -> Drop:
    return Drop(tmp_path)
