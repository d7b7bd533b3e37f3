"""Loads that build on each other end where one load of the last state does, to the last bit."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from dagster_project import sample
from dagster_project.publish.content import ACT_OF_LOADING, table_content
from dagster_project.publish.versions import manifest_of, rollback, versions
from tests.benchmarks.bare import FLAT_COLUMNS, HEADER_ROWS, header_places
from tests.load.whole import Loaded, load

FIRST, YEARS = 2020, 4


class Story:
    """Two counties over a few years, what is done to their files, and the loads in between."""

    def __init__(self, root: Path) -> None:
        self.root, self.raw, self.warehouse = root, root / "raw", root / "warehouse"
        sample.write_nation(
            self.raw, counties=2, schools=4, years=YEARS, seed=5, first_year=FIRST,
            shape="flat", file_type="csv",
        )  # fmt: skip
        self.set_aside = root / "aside"
        self.set_aside.mkdir()

    def load(self, **options) -> Loaded:
        return load(self.raw, self.warehouse, **options)

    def correct(self, year: int, by: int) -> None:
        """Have the primary schools of a year count so many pupils and rooms more."""
        (path,) = (self.raw / str(year) / "autumn").glob("*小学.csv")
        lines = path.read_text("gb18030").splitlines()
        header = [line.split(",") for line in lines[:HEADER_ROWS]]
        place = header_places(header)[FLAT_COLUMNS["multimedia_rooms"]]
        rows = [line.split(",") for line in lines[HEADER_ROWS:]]
        for row in rows:
            row[place] = str(int(row[place] or 0) + by)
        corrected = "\n".join([*lines[:HEADER_ROWS], *map(",".join, rows)]) + "\n"
        path.write_text(corrected, "gb18030")

    def withdraw(self, year: int) -> None:
        """Take the file of a year's junior schools away, or put it back."""
        away = self.set_aside / str(year)
        if away.exists():
            (path,) = away.iterdir()
            shutil.move(path, self.raw / str(year) / "autumn" / path.name)
            away.rmdir()
        else:
            (path,) = (self.raw / str(year) / "autumn").glob("*初中.csv")
            away.mkdir()
            shutil.move(path, away / path.name)

    def review(self, county: str) -> None:
        """Set a target for a county: a mapping, on which every year depends."""
        path = self.raw / "mappings" / "policy_targets.csv"
        columns = "county_code,target_id,school_year,target_value,comparator,document"
        text = path.read_text("utf-8") if path.exists() else columns + "\n"
        path.write_text(f"{text}{county},L1_mean,{FIRST + len(text) % YEARS},1,>=,文\n", "utf-8")

    def roll_back(self, draw: random.Random) -> None:
        """Put an earlier version in force, if one is kept."""
        settings = Loaded(self._settings(), 0).settings
        kept = [v for v in versions(settings) if not v.is_in_force]
        if kept:
            rollback(settings, draw.choice(kept).publish_id)

    def kill(self, seconds: float) -> None:
        """Begin a load and kill it, with all its processes, after so long."""
        command = [str(Path(sys.executable).with_name("junheng")), "load"]
        command += ["--raw", str(self.raw), "--warehouse", str(self.warehouse)]
        load = subprocess.Popen(
            command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            load.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(load.pid, 9)
            load.wait()

    def _settings(self):
        from dagster_project.settings import Settings

        return Settings(raw=self.raw, warehouse=self.warehouse)


def manifest(loaded: Loaded) -> dict:
    return manifest_of(loaded.settings.current)


def _contents(found: dict) -> dict[str, str]:
    return {table["name"]: table["content"] for table in found["tables"]}


def figures(loaded: Loaded) -> dict[str, tuple[int, str]]:
    """What the marts and facts say; what tells of the loads themselves is another matter."""
    with duckdb.connect(str(loaded.settings.database), read_only=True) as connection:
        names = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name in"
            " ('marts', 'facts') and table_name not in ('restatement', 'digest')"
            " and database_name = current_database() order by all"
        ).fetchall()
        return {
            f"{schema}.{name}": table_content(connection, schema, name) for schema, name in names
        }


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Story:
    return Story(tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="module")
def loads(story) -> tuple[dict, Loaded]:
    """The manifest of the first load, and the load of a correction in the last year but one."""
    first = manifest(story.load())
    story.correct(FIRST + YEARS - 2, by=1)
    return first, story.load()


def test_a_correction_computes_its_year_and_takes_the_others_over(loads):
    first, loaded = loads
    before, after = first["made_from"], manifest(loaded)["made_from"]
    assert before["rules"] == after["rules"]
    changed = {year for year in after["years"] if before["years"][year] != after["years"][year]}
    assert changed == {str(FIRST + YEARS - 2)}
    contents = [_contents(first), _contents(manifest(loaded))]
    same = {name for name in contents[0] if contents[0][name] == contents[1][name] != ""}
    assert "dim_section" in same and "school_indicator" not in same
    links = {
        path.stem: path.stat().st_nlink for path in loaded.settings.published.glob("*.parquet")
    }
    assert {links[name] for name in same - {name for _, name in ACT_OF_LOADING}} == {2}
    assert links["school_indicator"] == 1


def test_what_grew_year_by_year_is_what_a_whole_build_says(loads, story):
    """Content hash and all: only who the loads were is another matter."""
    _, loaded = loads
    grown, whole = manifest(loaded), manifest(story.load(full=True))
    assert whole["audit"] == {"compared_with": grown["publish_id"], "unlike": []}
    assert whole["content"] == grown["content"]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_any_story_ends_where_one_load_of_its_last_state_does(tmp_path, seed):
    draw, story = random.Random(seed), Story(tmp_path)
    for _ in range(10):
        year = FIRST + draw.randrange(YEARS)
        deed = draw.choice(["correct", "correct", "withdraw", "review", "roll_back", "kill"])
        if deed == "correct":
            story.correct(year, by=draw.randint(1, 3))
        elif deed == "withdraw":
            story.withdraw(year)
        elif deed == "review":
            story.review("110121")
        elif deed == "roll_back":
            story.roll_back(draw)
        elif deed == "kill":
            story.kill(draw.uniform(3, 15))
        ended = story.load()
    assert manifest(story.load(full=True))["audit"]["unlike"] == []
    fresh = load(story.raw, tmp_path / "fresh")
    assert figures(ended) == figures(fresh)
