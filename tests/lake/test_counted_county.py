"""A county code that no list knows is no county: where such a school counts."""

from __future__ import annotations

import duckdb
import pyarrow.parquet as pq
import pytest

from dagster_project.lake.counted_county import select_counted_county
from dagster_project.lake.reference import write_reference
from dagster_project.lake.store import Lake
from tests.judgement.conftest import section_table

PINGLUO, LINGWU = "640221", "640181"
NAMES = {PINGLUO: "平罗县", LINGWU: "灵武市"}


def school(number: int, code: str, **more) -> dict:
    return {"school_id": f"21640000{number:02}", "county_code": code,
            "county_name": NAMES.get(code), **more}  # fmt: skip


def county_file(code: str, count: int = 4, first: int = 1, **more) -> list[dict]:
    return [school(first + number, code, **more) for number in range(count)]


def counted(folder, rows: list[dict], mappings: dict[str, str] | None = None) -> dict[str, tuple]:
    """School → (code as reported, county that it counts in)."""
    lake = Lake(folder / "lake")
    (folder / "raw" / "mappings").mkdir(parents=True)
    for name, text in (mappings or {}).items():
        (folder / "raw" / "mappings" / f"{name}.csv").write_text(text, "utf-8")
    write_reference(lake, folder / "raw")
    path = folder / "section.parquet"
    pq.write_table(section_table(rows), path)
    with duckdb.connect() as connection:
        connection.execute(
            "create table current as select school_year, term, school_id, stage, sha256 "
            f"from '{path}'"
        )
        select_counted_county(connection, lake, [str(path)])
        return {
            row[0]: row[1:]
            for row in connection.execute(
                "select school_id, reported_code, county_code, county_name from counted_county "
                "where school_year = 2023"
            ).fetchall()
        }


STRAY = school(99, "640212")
PROVINCE = [*county_file(PINGLUO), *county_file(LINGWU, first=11)]


@pytest.mark.parametrize(
    ("rows", "county"),
    [
        ([*county_file(PINGLUO), STRAY], PINGLUO),  # the only county of its file
        ([*PROVINCE, STRAY], PINGLUO),  # two digits in each other's place
        ([*PROVINCE, school(99, "640191")], LINGWU),  # one digit wrong
        ([*PROVINCE, school(99, "640999")], None),  # nobody can tell
        ([*PROVINCE, school(99, "640999"),
          school(99, LINGWU, school_year=2022, sha256="f0")], LINGWU),  # as last year
        ([*PROVINCE, school(99, "640999"), school(99, LINGWU, stage="junior")], LINGWU),
        # a workbook a school: the county of the year whose code is a slip away
        ([school(n, PINGLUO, sha256=f"w{n}") for n in range(5)] + [{**STRAY, "sha256": "w"}],
         PINGLUO),
        ([school(n, PINGLUO, sha256=f"w{n}") for n in range(5)]
         + [school(99, "640999", sha256="w")], None),
        # a county that the list lacks sends a file of its own
        ([*county_file(PINGLUO, sha256="a"), *county_file("640999", first=96, sha256="b")], None),
        ([*county_file("640999", first=96), school(1, PINGLUO)], None),
        ([*county_file(PINGLUO), school(99, "640222")], None),  # 陶乐县, gone since 2003: known
        ([*county_file(PINGLUO), {**STRAY, "county_is_named": True}], None),
        ([*county_file(PINGLUO), {**STRAY, "standards": "general"}], None),
        ([*county_file(PINGLUO), school(99, "64021")], None),  # no code at all: another rule
    ],
)  # fmt: skip
def test_where_a_school_with_an_unknown_code_counts(tmp_path, rows, county):
    found = counted(tmp_path, rows).get("2164000099")
    reported = next(r["county_code"] for r in rows if r["school_id"] == "2164000099")
    assert found == (None if county is None else (reported, county, NAMES[county]))


@pytest.mark.parametrize(
    "mappings",
    [
        {"divisions": "code,name,from_year,to_year,note\n640212,样例开发区,,,\n"},
        {"county_codes": "old_code,new_code,from_year,note\n640221,640212,2023,\n"},
        {"county_codes": "old_code,new_code,from_year,note\n640212,640221,2024,\n"},
    ],
)
def test_what_a_mapping_names_is_known(tmp_path, mappings):
    assert counted(tmp_path, [*county_file(PINGLUO), STRAY], mappings) == {}
