"""Restatements: exactly the published figures that moved, and the file that moved them."""

import shutil
from datetime import datetime

import duckdb
import pytest

from dagster_project.project import DBT
from dagster_project.publish.digest import Digests
from dagster_project.publish.restatement import write_restatement
from dagster_project.transform.seeds import kept_seeds

FIRST, SECOND = datetime(2023, 9, 21), datetime(2023, 10, 5)
COEFFICIENT = {
    (2023, "640221", "primary", "L4"): (6.11, 0.38, "met"),
    (2023, "640221", "junior", "L4"): (7.55, 0.14, "met"),
    (2023, "640181", "primary", "L4"): (5.00, 0.70, "not_met"),
}
FILES = {("2023/autumn/a.xlsx", "a1"): FIRST, ("2023/autumn/b.xlsx", "b1"): FIRST}
SPEAKS = {("s1", "640221"): "a1", ("s2", "640181"): "b1"}


@pytest.fixture(params=[True, False], ids=["digests kept", "no digests kept"])
def world(tmp_path, request):
    """Write a version with these coefficients and files, restated against the one before."""
    keeps_digests = request.param
    written = []

    def version(coefficient=COEFFICIENT, files=FILES, speaks=SPEAKS, **options):
        number = len(written) + 1
        path = tmp_path / f"v{number}.duckdb"
        shutil.copyfile(kept_seeds(DBT), path)  # as every build starts: with the book of tables
        with duckdb.connect(str(path)) as db:
            db.execute(
                "create table marts.county_coefficient (school_year integer, county_code varchar,"
                " county_name varchar, stage varchar, standard_id varchar, indicator_id varchar,"
                " mean double, cv double, verdict varchar)"
            )
            for (year, county, stage, indicator), (mean, cv, verdict) in coefficient.items():
                db.execute(
                    "insert into marts.county_coefficient values (?,?,?,?,'2017',?,?,?,?)",
                    [year, county, f"name {number}", stage, indicator, mean, cv, verdict],
                )
            db.execute("create table quality.load (path varchar, sha256 varchar,"
                       " school_year integer, term varchar, loaded_at timestamp)")  # fmt: skip
            for (file, sha256), moment in files.items():
                db.execute(
                    "insert into quality.load values (?,?,2023,'autumn',?)", [file, sha256, moment]
                )
            for table, extra in (
                ("quality.section_origin", "sha256"),
                ("marts.dim_section", "county_code"),
            ):
                db.execute(f"create table {table} (school_year integer, term varchar,"
                           f" school_id varchar, stage varchar, {extra} varchar)")  # fmt: skip
            for (school, county), sha256 in speaks.items():
                row = [2023, "autumn", school, "primary"]
                db.execute("insert into quality.section_origin values (?,?,?,?,?)", [*row, sha256])
                db.execute("insert into marts.dim_section values (?,?,?,?,?)", [*row, county])
            before = (f"p{number - 1}", written[-1]) if written else None
            digests = Digests(db)
            done = write_restatement(db, f"p{number}", before, digests, **options)
            if keeps_digests:
                digests.content("marts", "county_coefficient")  # as the export does
            rows = db.execute(
                "select publish_id, row_key, column_name, old_value, new_value, kind, source_file"
                " from marts.restatement order by all"
            ).fetchall()
        written.append(path)
        return done, rows

    return version


def key(county, stage):
    return f"school_year=2023;county_code={county};stage={stage};standard_id=2017;indicator_id=L4"


CORRECTED = {**COEFFICIENT, (2023, "640221", "primary", "L4"): (6.2, 0.51, "not_met")}
CORRECTION = {**FILES, ("2023/autumn/a.xlsx", "a2"): SECOND}
SPEAKS_NOW = {**SPEAKS, ("s1", "640221"): "a2"}
MOVED = [
    ("p2", key("640221", "primary"), column, old, new, "changed", "2023/autumn/a.xlsx")
    for column, old, new in (
        ("cv", "0.38", "0.51"),
        ("mean", "6.11", "6.2"),
        ("verdict", "met", "not_met"),
    )
]


def test_the_first_publication_restates_nothing(world):
    done, rows = world()
    assert rows == [] and done.compared_with is None


def test_exactly_what_moved_is_listed_with_its_file(world):
    world()
    done, rows = world(CORRECTED, CORRECTION, SPEAKS_NOW)
    assert rows == MOVED
    assert done.counts == {"changed": 3}
    assert "640221 2023: 3 figures" in done.text and "because of 2023/autumn/a.xlsx" in done.text
    assert any("met → not_met" in line for line in done.lines)
    heading, sentence, *_ = (message.text("zh") for message in done.messages)
    assert heading == "结论改变（1 个）："
    assert sentence == (
        "name 2 640221 2023 小学 L4 生均教学及辅助用房面积 差异系数 0.38 → 0.51，达标 → 不达标，"
        "因 2023/autumn/a.xlsx"
    )


def test_names_and_the_last_bits_of_a_sum_are_no_restatement(world):
    world()
    noisy = {row: (mean * (1 + 3e-16), cv * (1 + 2e-13), v) for row, (mean, cv, v) in
             COEFFICIENT.items()}  # fmt: skip
    done, rows = world(noisy)
    assert rows == [] and "No published figure moved" in done.note


@pytest.mark.parametrize("county", ["{0}", "it's {county}", "}", "%s"])
def test_a_county_is_named_whatever_its_code_is_made_of(world, county):
    key = (2023, county, "primary", "L4")
    world({**COEFFICIENT, key: (6.0, 0.3, "met")})
    done, _ = world({**COEFFICIENT, key: (6.0, 0.4, "met")})
    assert done.counts == {"changed": 1}


def test_a_new_county_is_news_but_a_row_that_joins_or_leaves_one_is_a_restatement(world):
    world()
    changed = dict(COEFFICIENT)
    del changed[2023, "640221", "junior", "L4"]
    changed[2023, "640104", "primary", "L4"] = (1.0, 0.1, "met")
    changed[2023, "640181", "primary", "L5"] = (9.0, 0.2, "met")
    changed[2024, "640181", "primary", "L4"] = (9.0, 0.2, "met")
    _, rows = world(changed)
    assert {(row[1].split("=")[2][:6], row[5]) for row in rows} == {
        ("640221", "removed"),
        ("640181", "added"),
    }
    assert all(row[4] is None if row[5] == "removed" else row[3] is None for row in rows)


def test_the_restatements_of_earlier_publications_are_kept(world):
    world()
    world(CORRECTED, CORRECTION, SPEAKS_NOW)
    _, rows = world(COEFFICIENT, CORRECTION, SPEAKS_NOW)
    assert rows[:3] == MOVED
    back = [(row[0], row[3], row[4], row[6]) for row in rows[3:]]
    assert back == [
        ("p3", "0.51", "0.38", None),  # no file arrived since: a rule or a review did this
        ("p3", "6.2", "6.11", None),
        ("p3", "not_met", "met", None),
    ]


def test_a_look_back_restates_nothing_and_keeps_the_history(world):
    world()
    world(CORRECTED, CORRECTION, SPEAKS_NOW)
    done, rows = world(is_look_back=True)
    assert rows == MOVED and done.compared_with is None


def test_a_damaged_version_before_is_no_reason_not_to_publish(world, tmp_path):
    world()
    (tmp_path / "v1.duckdb").write_bytes(b"damaged")
    done, rows = world(CORRECTED)
    assert rows == [] and "could not be opened" in done.note


def test_table_and_columns_carry_comments(world, tmp_path):
    world()
    with duckdb.connect(str(tmp_path / "v1.duckdb")) as db:
        comments = db.execute(
            "select column_name, comment from duckdb_columns() where table_name = 'restatement'"
        ).fetchall()
    assert len(comments) > 5 and all(comment for _, comment in comments)
