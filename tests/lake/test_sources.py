"""Two sources in one raw folder: equal ids of both are not the same school."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dagster_project.lake.ingest import ingest
from dagster_project.lake.selection import select
from dagster_project.lake.store import CONFLICT, Lake

OTHER = """
profile: other
recognise: {columns: [code, number]}
school_year: {file_name: '(20\\d\\d)'}
term: autumn
stage: primary
standards: [general]
school_id: code
county_code: {constant: "99"}
fields:
  pupils: number
"""


def put_other(drop, path: str, *schools: tuple[str, int], profile: str = OTHER) -> None:
    (drop.raw / "profiles" / "other.yml").write_text(profile, encoding="utf-8")
    rows = [f"{code},{number}" for code, number in schools]
    (drop.raw / path).parent.mkdir(parents=True, exist_ok=True)
    (drop.raw / path).write_text("\n".join(["code,number", *rows, ""]), "utf-8")


def counting(drop, tmp_path) -> set[str]:
    """The files whose sections count."""
    chosen = select(drop.lake, tmp_path / "selection").folder
    import duckdb

    rows = duckdb.sql(
        f"select distinct path from '{chosen}/current.parquet' join '{chosen}/delivery.parquet'"
        " using (sha256)"
    ).fetchall()
    return {path for (path,) in rows}


@pytest.mark.parametrize("name", ["b_2023.csv", "0_2023.csv"])
def test_a_later_file_of_another_source_does_not_replace_what_counts(drop, tmp_path, name):
    drop.put("2023/autumn/a_2023.csv", ("001", 100, 3), ("002", 120, 3))
    drop.load()
    put_other(drop, f"2023/autumn/{name}", ("001", 500), ("007", 70))
    done = drop.load()
    refused = [e for e in done.entries if e.outcome == CONFLICT]
    assert [e.path for e in refused] == [f"2023/autumn/{name}"]
    assert "school 001" in refused[0].reason
    assert "2023/autumn/a_2023.csv" in refused[0].reason
    assert "profile other, not profile small" in refused[0].reason
    assert counting(drop, tmp_path) == {"2023/autumn/a_2023.csv"}
    assert drop.load().entries == ()  # nothing is said twice
    put_other(
        drop,
        f"2023/autumn/{name}",
        ("001", 500),
        ("007", 70),
        profile=OTHER.replace("school_id: code", "school_id: {column: code, prefix: 'X-'}"),
    )
    drop.load()
    assert counting(drop, tmp_path) == {"2023/autumn/a_2023.csv", f"2023/autumn/{name}"}


def test_two_sources_in_one_load_are_both_named(drop, tmp_path):
    drop.put("2023/autumn/a_2023.csv", ("001", 100, 3))
    put_other(drop, "2023/autumn/b_2023.csv", ("001", 100))  # no figure differs, but the classes
    drop.load()
    assert set(drop.outcomes().values()) == {CONFLICT}
    (drop.raw / "2023/autumn/b_2023.csv").unlink()
    drop.load()
    assert counting(drop, tmp_path) == {"2023/autumn/a_2023.csv"}


def test_ids_that_differ_and_corrections_of_the_own_source_are_no_conflict(drop, tmp_path):
    drop.put("2023/autumn/a_2023.csv", ("001", 100, 3))
    put_other(drop, "2023/autumn/b_2023.csv", ("901", 500))
    drop.load()
    drop.put("2023/autumn/corrected_2023.csv", ("001", 110, 3))
    drop.load()
    assert set(drop.outcomes().values()) == {"accepted"}
    assert counting(drop, tmp_path) == {"2023/autumn/b_2023.csv", "2023/autumn/corrected_2023.csv"}


NATION = OTHER.replace("term:", "nation: Elsewhere\nterm:")


@pytest.mark.parametrize(
    ("profile", "word"),
    [
        (OTHER.replace('{constant: "99"}', "number"), None),  # codes and ids of its own
        (OTHER.replace('"99"', '"640221"'), None),  # a code like those of the national list
        (NATION.replace('"99"', '"640221"'), "county 640221"),
        (
            NATION.replace("school_id: code", 'school_id: {column: code, prefix: "00"}'),
            "school 001",
        ),
    ],
)
def test_codes_of_two_nations_never_add_up_or_continue_each_other(drop, tmp_path, profile, word):
    drop.put("2022/autumn/a_2022.csv", ("001", 100, 3), ("002", 120, 3))
    drop.load()
    put_other(drop, "2023/autumn/b_2023.csv", ("1", 500), ("7", 70), profile=profile)
    done = drop.load()
    refused = [e.reason for e in done.entries if e.outcome == CONFLICT]
    assert len(refused) == (word is not None)
    assert all(word in reason and "Elsewhere, not CN" in reason for reason in refused)


def test_two_profiles_of_one_nation_are_one_source(drop, tmp_path):
    (drop.raw / "profiles" / "old.yml").write_text(
        NATION.replace("profile: other", "profile: old").replace("number", "pupils_then"), "utf-8"
    )
    (drop.raw / "old_2022.csv").write_text("code,pupils_then\nA1,30\n", "utf-8")
    drop.load()
    put_other(drop, "new_2023.csv", ("A1", 31), profile=NATION)
    drop.load()
    assert set(drop.outcomes().values()) == {"accepted"}
    unsaid = NATION.replace("nation: Elsewhere\n", "")
    put_other(drop, "more_2024.csv", ("A1", 32), profile=unsaid)
    drop.load()
    assert drop.outcomes()["more_2024.csv"] == CONFLICT


def test_the_reported_case_of_two_sources(shared, tmp_path):
    case = shared / "cases" / "31-two-sources-one-id"
    raw, lake = tmp_path / "raw", Lake(tmp_path / "lake")
    for path in sorted((case / "raw").rglob("*.*")):
        target = raw / path.relative_to(case / "raw")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    ingest(raw, lake)
    shutil.copyfile(case / "later" / "b.csv", raw / "2023" / "autumn" / "b.csv")
    ingest(raw, lake)
    outcomes = {Path(d.path).name: d.outcome for d in lake.deliveries()}
    assert outcomes == {"a.csv": "accepted", "b.csv": CONFLICT}
