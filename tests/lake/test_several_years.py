"""One file of several school years: it comes, is corrected and goes as one, and says each year."""

from __future__ import annotations

import duckdb
import pytest

from dagster_project.lake.ingest import ingest, mend
from dagster_project.lake.selection import select
from dagster_project.lake.store import CONFLICT, GONE, REJECTED, Lake

PANEL = """
profile: panel
recognise: {columns: [id, year, pupils]}
school_year: {column: year}
term: autumn
stage: primary
standards: [general]
school_id: id
county_code: {constant: "999001"}
fields:
  pupils: pupils
  classes: [{columns: old_classes, to: 2021}, {columns: classes, from: 2022}]
"""
ROWS = ["A,2021,90,4,", "A,2022,95,,5", "A,2023,100,,6", "B,2022,60,,3", "B,2023,40,,2"]


@pytest.fixture
def panel(drop):
    (drop.raw / "profiles" / "panel.yml").write_text(PANEL, "utf-8")
    return drop


def put(drop, *rows: str, path: str = "all.csv") -> None:
    target = drop.raw / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(["id,year,pupils,old_classes,classes", *rows, ""]), "utf-8")


def counted(drop, folder) -> dict[int, tuple[float, float]]:
    """Pupils and classes of every school year that count."""
    chosen = select(drop.lake, folder).folder
    rows = duckdb.sql(
        f"select school_year, sum(pupils), sum(classes)"
        f" from read_parquet('{drop.lake.root}/section/*/*.parquet') join"
        f" '{chosen}/current.parquet' using (sha256, school_year, term,"
        " school_id, stage) group by 1"
    ).fetchall()
    return {year: tuple(figures) for year, *figures in rows}


YEARS = {2021: (90, 4), 2022: (155, 8), 2023: (140, 8)}


def test_every_year_of_a_file_counts_and_the_log_has_one_line(panel, tmp_path):
    put(panel, *ROWS)
    done = panel.load()
    (entry,) = done.entries
    assert (entry.school_year, entry.rows) == (2023, 5)
    assert entry.periods == "2021-autumn=1 2022-autumn=2 2023-autumn=2"
    assert counted(panel, tmp_path / "selection") == YEARS
    assert panel.load().entries == ()  # nothing to read again
    rows = duckdb.sql(
        f"select school_year, rows, path from '{tmp_path}/selection/delivery.parquet' order by 1"
    ).fetchall()
    assert rows == [(2021, 1, "all.csv"), (2022, 2, "all.csv"), (2023, 2, "all.csv")]
    origins = panel.lake.origins(2021, "autumn", entry.sha256)
    assert origins is not None
    letters = duckdb.sql(f"select distinct field_id, column_letter from '{origins}'").fetchall()
    assert sorted(letters) == [("classes", "D"), ("classes", "E"), ("pupils", "C")]


def test_a_correction_replaces_all_years_and_a_file_taken_away_takes_them_with_it(panel, tmp_path):
    put(panel, *ROWS)
    panel.load()
    put(panel, *(row.replace("95", "96") for row in ROWS[1:]))  # 2021 is no longer in it
    panel.load()
    assert counted(panel, tmp_path / "one") == {2022: (156, 8), 2023: (140, 8)}
    put(panel, *ROWS)  # put back as it was
    panel.load()
    assert counted(panel, tmp_path / "two") == YEARS
    (panel.raw / "all.csv").unlink()
    assert {e.outcome for e in panel.load().entries} == {GONE}
    assert counted(panel, tmp_path / "three") == {}


def test_a_file_of_one_year_corrects_that_year_alone(panel, tmp_path):
    put(panel, *ROWS)
    panel.load()
    put(panel, "A,2022,97,,5", path="2022/autumn/corrected.csv")
    panel.load()
    assert counted(panel, tmp_path / "s") == {**YEARS, 2022: (157, 8)}


def test_two_files_that_quarrel_over_one_of_their_years_are_both_left(panel):
    put(panel, *ROWS)
    put(panel, "A,2022,97,,5", path="2022/autumn/other.csv")
    panel.load()
    assert set(panel.outcomes().values()) == {CONFLICT}
    reasons = {d.reason for d in panel.lake.deliveries()}
    assert all("2022" in reason for reason in reasons)


def test_a_folder_pins_the_year_and_other_rows_are_doubtful(panel, tmp_path):
    put(panel, *ROWS[:2], "A,2022,95,,5", *ROWS[3:4], path="2022/autumn/all.csv")
    panel.load()
    (entry,) = panel.lake.deliveries()
    assert entry.outcome == REJECTED and "2021" in entry.reason  # the first school's contradicts
    put(panel, *ROWS[1:4:2], *ROWS[:1], path="2022/autumn/all.csv")
    panel.load()
    assert counted(panel, tmp_path / "s") == {2022: (155, 8)}
    left = duckdb.sql(f"from read_parquet('{panel.lake.root}/set_aside/*/*.parquet')").fetchall()
    assert len(left) == 1 and "says 2021" in str(left)


def test_a_damaged_year_is_read_again(panel, tmp_path):
    put(panel, *ROWS)
    panel.load()
    (entry,) = panel.lake.deliveries()
    damaged = panel.lake.part("section", 2021, "autumn", entry.sha256)
    damaged.write_bytes(damaged.read_bytes()[:-9] + b"x" * 9)
    assert [e.path for e in mend(panel.raw, panel.lake)] == ["all.csv"]
    assert counted(panel, tmp_path / "selection") == YEARS


@pytest.mark.parametrize(
    ("rows", "years"),
    [
        ([*ROWS, "B,2032,1,,1"], {2021, 2022, 2023}),  # far from all others
        ([*ROWS, "C,2020,1,1,"], {2021, 2022, 2023}),  # a school that no other year has
    ],
)
def test_a_slip_of_the_pen_makes_no_year(panel, tmp_path, rows, years):
    put(panel, *rows)
    ingest(panel.raw, panel.lake)
    assert counted(panel, tmp_path / "s").keys() == years
    found = duckdb.sql(
        f"select source_row, reason from read_parquet('{panel.lake.root}/set_aside/*/*.parquet')"
    ).fetchall()
    assert found == [(7, "doubtful")]


def test_a_profile_can_say_that_years_are_meant(panel, tmp_path):
    text = PANEL.replace("{column: year}", "{column: year, several: true}")
    (panel.raw / "profiles" / "panel.yml").write_text(text, "utf-8")
    put(panel, "A,2021,90,4,", "B,2023,40,,2")  # ids of every year are its own
    Lake(panel.lake.root)
    panel.load()
    assert counted(panel, tmp_path / "s") == {2021: (90, 4), 2023: (40, 2)}
