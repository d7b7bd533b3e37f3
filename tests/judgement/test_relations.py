"""What counts of the lake: whole files, files that another one speaks over, older readings."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.census.schema import part_schema
from dagster_project.judgement.frames import relations
from dagster_project.judgement.frames.relations import JUDGED_PARTS, Source, attach
from dagster_project.judgement.partitions import list_partitions
from dagster_project.judgement.rules.catalogue import Catalogue
from dagster_project.lake.store import Lake
from tests.judgement.conftest import section_table

FILES = {"aa": ["1", "2"], "bb": ["2", "3", "3"], "cc": ["4"]}
COUNTING = [("aa", "1"), ("bb", "2"), ("bb", "3"), ("cc", "4")]


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """Of file aa school 1 counts, for bb speaks for 2; bb has school 3 twice; cc counts whole."""
    lake, selection = Lake(tmp_path / "lake"), tmp_path / "selection"
    selection.mkdir()
    for sha256, schools in FILES.items():
        path = lake.part("section", 2023, "autumn", sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        table = section_table([{"sha256": sha256, "school_id": school} for school in schools])
        if sha256 == "cc":  # read before the dictionary grew
            table = table.drop_columns(["pupils", "pupils__status"])
        pq.write_table(table, path)
    current = [
        {"school_year": 2023, "term": "autumn", "school_id": school, "stage": "primary",
         "sha256": sha256}
        for sha256, school in COUNTING
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(current), selection / "current.parquet")
    delivery = pa.schema(
        [("sha256", pa.string()), ("path", pa.string()), ("shape", pa.string()),
         ("accepted", pa.bool_()), ("superseded_by", pa.string()), ("reading", pa.string())]
    )  # fmt: skip
    pq.write_table(delivery.empty_table(), selection / "delivery.parquet")
    return Source(lake, selection)


@pytest.mark.parametrize("most_runs", [8, 1])
def test_what_counts_is_whole_files_and_the_rows_that_nobody_speaks_over(
    source, monkeypatch, most_runs
):
    monkeypatch.setattr(relations, "MOST_RUNS", most_runs)
    with duckdb.connect() as connection:
        attach(connection, source, Catalogue(()), range(2020, 2024))
        rows = connection.execute("select sha256, school_id, pupils from section").fetchall()
    assert sorted(rows) == [
        ("aa", "1", None), ("bb", "2", None), ("bb", "3", None), ("bb", "3", None),
        ("cc", "4", None),
    ]  # fmt: skip


def test_files_are_joined_with_the_selection_only_where_they_do_not_count_whole(source):
    with duckdb.connect() as connection:
        whole = relations._whole(connection, source, range(2020, 2024))
    assert {path.stem for path in whole} == {"cc"}


# ------------------------------------------------------------------------------ returns


def returned(source: Source, part: str, *rows: dict) -> None:
    """Select these rows of a part of the returns; what a row does not give is null."""
    table = pa.Table.from_pylist(list(rows), part_schema(part))
    pq.write_table(table, source.selection / f"{part}.parquet")


def answer(**more) -> dict:
    return {
        "sha256": "rr", "school_year": 2022, "term": "autumn", "county_code": "640221",
        "item_id": "exchange_moved", "value": 143.0, "cell": "D13", **more,
    }  # fmt: skip


def contents(source: Source) -> dict[int, str]:
    return {p.school_year: p.content for p in list_partitions(source, Catalogue(()), "rules")}


def test_returns_of_the_years_looked_at_are_at_hand(source):
    returned(source, "answer", answer(), answer(school_year=2018))
    with duckdb.connect() as connection:
        attach(connection, source, Catalogue(()), range(2020, 2024))
        assert connection.execute("select school_year, value from answer").fetchall() == [
            (2022, 143)
        ]


def test_a_year_with_returns_and_no_census_is_judged(source):
    assert set(contents(source)) == {2023}
    returned(source, "roster", answer(school_year=2015, pupils=45))
    found = {p.school_year: p.sections for p in list_partitions(source, Catalogue(()), "rules")}
    assert found == {2015: 0, 2023: 4}


@pytest.mark.parametrize("part", JUDGED_PARTS)
def test_a_return_that_changed_has_its_year_and_those_after_judged_again(source, part):
    columns = part_schema(part).names
    figure = next(name for name in ("value", "pupils", "area_m2") if name in columns)
    returned(source, part, answer(), answer(school_year=2012))
    before = contents(source)
    returned(source, part, answer(**{figure: 144.0}), answer(school_year=2012))
    after = contents(source)
    assert {year for year in after if after[year] != before[year]} == {2022, 2023}
    # The same figures of the same file in another cell are told otherwise.
    elsewhere = {"cell": "D14"} if "cell" in columns else {"source_row": 14}
    returned(source, part, answer(), answer(school_year=2012, **elsewhere))
    assert {year for year, content in contents(source).items() if content != before[year]} == {2012}
