"""Schools with several rows: added up, or spread into fields by a grade, a sex or a track."""

from __future__ import annotations

import pyarrow as pa
import pytest

from dagster_project.census import schema
from dagster_project.census.opening.source import open_source
from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected
from dagster_project.census.table.profile_check import parse_profile
from dagster_project.census.table.profile_model import BrokenProfile
from dagster_project.census.table.read import read

LONG = """
profile: long
recognise: {columns: [school, grade, n]}
school_year: {constant: 2023}
term: autumn
stage: {column: grade, values: {"1": primary, "2": primary, "7": junior, "Total": null}}
standards: [general]
several_rows: {by: [grade, sex]}
school_id: school
county_code: county
fields:
  pupils: n
  pupils_girls: {columns: n, where: {sex: f}}
  pupils_grade_1: {columns: n, where: {grade: "1"}}
  girls_grade_1: {columns: n, where: {grade: ["7", "VII"], sex: F}}
  classes: {columns: c, where: {sex: m}}
values: {undefined: ["x"], none: ["."]}
"""
HEADER = "school,county,grade,sex,n,c"
A = ["A,1,1,f,10,.", "A,1,1,m,12,1", "A,1,2,f,8,.", "A,1,2,m,9,1", "A,1,7,F,20,.", "A,1,7,M,25,2"]
B = ["B,1,1,f,5,.", "B,1,1,m,x,1", "B,1,2,m,6,1"]


def reading(tmp_path, *rows, text=LONG, header=HEADER, name="t.csv"):
    path = tmp_path / name
    path.write_text("\n".join([header, *rows, ""]), "utf-8")
    profile = parse_profile(text.encode(), "t.yml", is_user=True)
    assert not isinstance(profile, BrokenProfile), profile.sentence
    found = read(open_source(path), profile, "ab" * 32, Place(None, None))
    table = pa.Table.from_batches(found.sections, schema.section_schema()).to_pylist()
    return found, {(r["school_id"], r["stage"]): r for r in table}


def figures(row, *names):
    return tuple(row[name] for name in names)


ALL = ("pupils", "pupils_girls", "pupils_grade_1", "girls_grade_1", "classes")


@pytest.mark.parametrize("order", [[*A, *B], [*B[:1], *A[::-1], *B[1:]]])
def test_rows_are_spread_into_fields_and_added_up_whatever_their_order(tmp_path, order):
    found, rows = reading(tmp_path, *order)
    assert figures(rows["A", "primary"], *ALL) == (39, 18, 22, None, 2)
    assert figures(rows["A", "junior"], *ALL) == (45, 20, None, 20, 2)
    # A suppressed part makes a sum unknown, and no other one.
    assert figures(rows["B", "primary"], *ALL) == (None, 5, None, None, 2)
    assert rows["B", "primary"]["pupils__status"] == "undefined"
    assert rows["A", "primary"]["girls_grade_1__status"] == "blank"
    assert not found.set_aside
    labels = {o["label"] for o in found.origins.to_pylist() if o["field_id"] == "girls_grade_1"}
    assert labels == {"n (grade = 7/vii, sex = f)"}


@pytest.mark.parametrize(
    ("row", "code", "schools"),
    [
        ("A,1,1,f,10,.", "stands in the file again", {"A", "B"}),
        ("A,1,1,f,11,.", "neither is used", {"B"}),
        ("A,2,2,x,11,.", "something else", {"B"}),
        ("A,1,1,Total,22,.", "sum of other rows", {"A", "B"}),
        ("A,1,Total,f,38,.", "skipped", {"A", "B"}),
    ],
)
def test_a_row_too_many_is_told(tmp_path, row, code, schools):
    found, rows = reading(tmp_path, *A[:4], *B, row)
    assert {school for school, _ in rows} == schools
    (left,) = (entry for entry in found.set_aside if entry.reason != "no_figures")
    assert code in left.sentence and left.source_row == 9
    if "A" in schools:
        assert figures(rows["A", "primary"], *ALL) == (39, 18, 22, None, 2)


def test_a_word_for_all_others_is_found_by_arithmetic(tmp_path):
    schools = [
        [f"S{n},1,1,f,{40 + n},.", f"S{n},1,1,m,{50 + n},1", f"S{n},1,1,MF,{90 + 2 * n},."]
        for n in range(9)
    ]
    rows = [row for school in schools for row in school]
    with pytest.raises(FileRejected, match="sex = mf are the sums of the others"):
        reading(tmp_path, *rows)
    named = LONG.replace("pupils: n", "pupils: {columns: n, where: {sex: mf}}")
    named = named.replace('{grade: "1"}', '{grade: "1", sex: MF}')
    _, found = reading(tmp_path, *rows, text=named)
    assert sum(row["pupils"] for row in found.values()) == sum(90 + 2 * n for n in range(9))
    skipped = f"{LONG}skip_rows: {{column: sex, values: [mf]}}\n"
    _, found = reading(tmp_path, *rows, text=skipped)
    assert sum(row["pupils"] for row in found.values()) == sum(90 + 2 * n for n in range(9))


def test_rows_are_only_added_up_where_the_profile_says_so(tmp_path):
    text = LONG.replace("several_rows: {by: [grade, sex]}\n", "several_rows: sum\n")
    text = "\n".join(line for line in text.splitlines() if "where" not in line)
    _, rows = reading(tmp_path, *A, text=text)
    assert {key: row["pupils"] for key, row in rows.items()} == {
        ("A", "primary"): 39,
        ("A", "junior"): 45,
    }
    _, rows = reading(tmp_path, A[0], A[0], text=text)  # two classes of ten
    assert rows["A", "primary"]["pupils"] == 20


def test_a_word_that_no_row_has_is_said(tmp_path):
    found, _ = reading(tmp_path, *A, text=LONG.replace("{sex: f}", "{sex: female}"))
    said = [a for a in found.set_aside if "sex = female" in a.sentence]
    assert [(a.reason, "pupils_girls" in a.sentence) for a in said] == [("no_figures", True)] * 1


def test_fractions_are_added_as_decimals(tmp_path):
    _, rows = reading(tmp_path, "A,1,1,f,0.1,.", "A,1,1,m,0.2,.", "A,1,2,m,0.7,.")
    assert rows["A", "primary"]["pupils"] == 1.0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (LONG.replace("several_rows: {by: [grade, sex]}\n", ""), "'several_rows.by' does not name"),
        (LONG.replace("[grade, sex]", "[grade]"), "by 'sex'"),
        (LONG.replace("{by: [grade, sex]}", "{by: []}"), "must be 'sum', or 'by'"),
    ],
)
def test_rows_that_a_figure_means_are_those_that_are_told_apart(text, problem):
    broken = parse_profile(text.encode(), "t.yml", is_user=True)
    assert isinstance(broken, BrokenProfile)
    assert problem in broken.sentence and "line " in broken.sentence
