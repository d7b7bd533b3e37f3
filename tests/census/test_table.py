"""Plain tables through profiles: the real open census, and every way a table can be wrong."""

from __future__ import annotations

import csv

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import xlsxwriter

from dagster_project.census import schema
from dagster_project.census.profile import load_profiles, matching
from dagster_project.census.profile_check import parse_profile
from dagster_project.census.profile_model import BrokenProfile, Profiles
from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected
from dagster_project.census.source import open_source
from dagster_project.census.table import read

PROFILE = """
profile: town
recognise: {columns: [编码, 名称]}
school_year: {column: 学年}
term: autumn
stage: {column: 学段, values: {小学: primary, 初中: junior, 幼儿园: null}}
standards: ["2017", "2012", general]
school_id: {column: 编码, width: 6}
school_name: 名称
county_code: {column: 县, same_as: {"19": "06"}}
attributes:
  urban_rural_code: {column: 城乡, values: {城: "111", 乡: "220"}, otherwise: null}
  is_counted: 计校数
fields:
  pupils: [男生, 女生]
  pupils_girls: 女生
  equipment_value_yuan: {columns: [设备值], factor: 10000}
  books: [{columns: [图书], to: 2020}, {columns: [纸质图书, 电子图书], from: 2021}]
values: {blank: ["…"], not_applicable: ["无"]}
ignored: ["备注*"]
"""
HEADER = "学年,编码,名称,学段,县,城乡,计校数,男生,女生,设备值,纸质图书,电子图书,备注1"
ROW = "2023,000123,一小,小学,19,城,是,10,12,8182.97,100,20,"
SOMEWHERE = Place(None, None)


def profile(text: str = PROFILE):
    found = parse_profile(text.encode(), "town.yml", is_user=True)
    assert not isinstance(found, BrokenProfile), found.sentence
    return found


def reading(tmp_path, *rows: str, header: str = HEADER, text: str = PROFILE, place=SOMEWHERE):
    path = tmp_path / "town.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    found = read(open_source(path), profile(text), "ab" * 32, place)
    return found, pa.Table.from_batches(found.sections, schema.section_schema()).to_pylist()


def published_pupils(shared) -> dict[tuple[int, str], int]:
    path = shared / "census/tw_moe_basec/published_county_pupils_103_110.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(int(r["學年度"]) + 1911, r["縣市別"]): int(r["國小[人]"]) for r in rows}


def test_the_real_open_census_gives_the_published_pupils_of_every_county(shared):
    profiles = load_profiles(None)
    assert profiles.broken == ()
    found: dict[tuple[int, str], float] = {}
    vintages, schools = {}, 0
    for path in sorted((shared / "census/tw_moe_basec").glob("*_basec.csv")):
        source = open_source(path)
        result = read(source, matching(source, profiles), "ab" * 32, SOMEWHERE)
        table = pa.Table.from_batches(result.sections)
        assert result.drift == ()
        assert table["county_code"].null_count == 0
        assert len(set(table["school_id"].to_pylist())) == table.num_rows
        assert set(table["pupils__status"].to_pylist()) <= {"reported", "zero"}
        assert set(table["books__status"].to_pylist()) == {"not_collected"}
        assert table["books"].null_count == table.num_rows
        vintages[result.school_year] = result.vintage
        schools += table.num_rows
        sums = table.group_by(["county_code", "county_name"]).aggregate([("pupils", "sum")])
        assert sums.num_rows == 22  # counties with two codes are one
        for row in sums.to_pylist():
            found[result.school_year, row["county_name"]] = row["pupils_sum"]
    published = published_pupils(shared)
    assert len(published) == 154
    assert {key: found[key] for key in published} == published
    assert vintages == {**dict.fromkeys(range(2014, 2020), "28"), 2020: "29", 2021: "30"}
    assert schools == 21316


def test_the_open_census_keeps_origins_and_public_or_private(shared):
    source = open_source(shared / "census/tw_moe_basec/110_basec.csv")
    result = read(source, matching(source, load_profiles(None)), "ab" * 32, SOMEWHERE)
    table = pa.Table.from_batches(result.sections)
    first = table.slice(0, 1).to_pylist()[0]
    assert (first["school_id"], first["source_row"], first["sponsor_code"]) == ("011301", 2, "999")
    assert (first["stage"], first["standards"], first["term"]) == ("primary", "general", "autumn")
    assert pc.count_distinct(table["sponsor_code"]).as_py() == 3
    teachers = [o for o in result.origins.to_pylist() if o["field_id"] == "teachers"]
    assert [(o["column_letter"], o["label"]) for o in teachers] == [
        ("AA", "男專任教師"),
        ("AB", "女專任教師"),
    ]
    assert first["teachers"] == 24.0


def test_a_profile_says_everything(tmp_path):
    found, rows = reading(tmp_path, ROW, "2023,124,二小,初中,06,镇,否,无,…,*,-1,20,", "")
    first, second = rows
    assert (found.school_year, found.term, found.vintage, found.drift) == (2023, "autumn", "13", ())
    assert first["standards"] == "2017,2012,general"
    assert (first["school_id"], first["county_code"], first["stage"]) == ("000123", "06", "primary")
    assert (first["urban_rural_code"], first["is_counted"]) == ("111", True)
    assert (first["pupils"], first["pupils_girls"]) == (22.0, 12.0)
    assert first["equipment_value_yuan"] == 81829700.0
    assert first["books"] == 120.0
    assert (second["school_id"], second["is_counted"]) == ("000124", False)
    assert second["urban_rural_code"] is None
    statuses = {f: second[f"{f}__status"] for f in ("pupils", "pupils_girls", "books", "computers")}
    assert statuses == {
        "pupils": "blank",
        "pupils_girls": "blank",
        "books": "undefined",
        "computers": "not_collected",
    }
    assert second["equipment_value_yuan__status"] == "not_applicable"
    origins = {(o["stage"], o["field_id"], o["column_letter"]) for o in found.origins.to_pylist()}
    assert ("primary", "pupils", "H") in origins
    assert ("junior", "pupils", "I") in origins
    assert found.origins.schema == schema.origin_schema()


def test_totals_notes_and_other_stages_are_not_sections(tmp_path):
    _, rows = reading(
        tmp_path,
        ROW,
        "2023,,合计,,,,,10,12,,,,",
        "2023,总计,,,,,,10,12,,,,",
        "平罗县合计,,,,,,,10,12,,,,",
        "2023,000200,幼儿园,幼儿园,06,城,是,5,5,,,,",
        "2023,000201,停办小学,小学,06,城,是,,,,,,",
        "注：数据截至9月1日",
    )
    assert [r["school_id"] for r in rows] == ["000123"]


@pytest.mark.parametrize(
    ("rows", "reason", "cell"),
    [
        ([ROW, ROW], "000123 stands twice in the file, in rows 2 and 3", "B3"),
        ([ROW, "2023,,三小,小学,06,城,是,1,1,,,,"], "no school id", "B3"),
        ([ROW, "2023,9,三小"], "Row 3 has 3 cells, the header has 13", "row 3"),
        ([ROW, ROW.replace("000123", "7") + ",8"], "14 cells", "row 3"),
        ([ROW.replace("小学", "大学")], "'大学' under 学段 is not known", "D2"),
        ([ROW.replace(",19,", ",平罗县,")], "is no county code", "E2"),
        ([ROW.replace("000123", "6.4E+9")], "rewritten as a number", "B2"),
        ([ROW.replace("是", "也许")], "neither yes nor no", "G2"),
        ([ROW, "2022,9,三小,小学,06,城,是,1,1,,,,"], "school year 2022", "A3"),
        (["去年" + ROW], "school year is unreadable", "A2"),
        ([], "a header and no rows", "A1"),
    ],
)
def test_a_row_that_cannot_be_kept_refuses_the_file(tmp_path, rows, reason, cell):
    with pytest.raises(FileRejected) as caught:
        reading(tmp_path, *rows)
    assert reason in caught.value.reason
    assert caught.value.cell == cell
    assert caught.value.advice


def test_missing_key_columns_are_named_together_with_those_found(tmp_path):
    with pytest.raises(FileRejected) as caught:
        reading(tmp_path, ROW, header=HEADER.replace("县", "区").replace("男生", "男"))
    assert "missing: 县, 男生; found: 学年, 编码" in caught.value.reason


def test_drift_is_reported_in_both_directions(tmp_path):
    header = HEADER.replace("电子图书", "电子书").replace("城乡", "城乡类型")
    found, rows = reading(tmp_path, ROW, header=header)
    assert {(d.kind, d.label, d.field_id) for d in found.drift} == {
        ("missing", "电子图书", "books"),
        ("missing", "城乡", "urban_rural_code"),
        ("new", "电子书", None),
        ("new", "城乡类型", None),
    }
    assert next(d.found for d in found.drift if d.label == "电子图书") == "电子书, 纸质图书"
    assert rows[0]["books"] is None  # half a sum would be a wrong figure
    assert rows[0]["books__status"] == "not_collected"


def test_a_column_twice_is_refused(tmp_path):
    with pytest.raises(FileRejected, match="'男生' stands twice, in H and I"):
        reading(tmp_path, ROW, header=HEADER.replace("女生", "男生"))


@pytest.mark.parametrize(
    ("place", "text", "reason"),
    [
        (Place(2022, "autumn"), PROFILE, "Cell A2 says school year 2023, but the file lies in"),
        (Place(2023, "spring"), PROFILE, "says term autumn, but the file lies in"),
        (SOMEWHERE, PROFILE.replace("{column: 学年}", "{}"), "which school year"),
        (SOMEWHERE, PROFILE.replace("term: autumn", ""), "which term"),
    ],
)
def test_year_and_term_must_be_known_and_agree(tmp_path, place, text, reason):
    with pytest.raises(FileRejected, match=reason):
        reading(tmp_path, ROW, place=place, text=text)


def test_the_folder_speaks_where_the_file_is_silent(tmp_path):
    text = PROFILE.replace("{column: 学年}", "{}").replace("term: autumn", "")
    text = text.replace("ignored: [", "ignored: [学年, ")
    found, rows = reading(tmp_path, ROW, place=Place(2024, "spring"), text=text)
    assert (found.school_year, found.term, rows[0]["school_year"]) == (2024, "spring", 2024)


def test_file_name_and_column_must_agree(tmp_path):
    text = PROFILE.replace("{column: 学年}", "{column: 学年, file_name: '(town)'}")
    assert reading(tmp_path, ROW, text=text)[0].school_year == 2023  # no figures in the group
    path = tmp_path / "2021_town.csv"
    path.write_text(f"{HEADER}\n{ROW}\n", encoding="utf-8")
    text = PROFILE.replace("{column: 学年}", r"{column: 学年, file_name: '(\d{4})_town'}")
    with pytest.raises(FileRejected, match=r"2021_town\.csv says school year 2021, but Cell A2"):
        read(open_source(path), profile(text), "ab" * 32, SOMEWHERE)


def test_an_unknown_vintage_names_the_known_ones(tmp_path):
    text = PROFILE + 'vintages: {"old": {has: [图书]}, "new": {has: [纸质图书], lacks: [设备值]}}'
    with pytest.raises(FileRejected, match=r"no vintage .*old has 图书; new has 纸质图书"):
        reading(tmp_path, ROW, text=text)


def test_a_workbook_with_two_header_rows_and_numbers_as_ids(tmp_path):
    text = PROFILE.replace("[男生, 女生]", '["学生数>男", "学生数>女"]').replace(
        "pupils_girls: 女生", 'pupils_girls: "学生数>女"'
    )
    path = tmp_path / "town.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("表")
    upper, lower = HEADER.split(","), [""] * 13
    upper[7], upper[8], lower[7], lower[8] = "学生数", "", "男", "女"
    sheet.write_row(1, 0, upper)
    sheet.write_row(2, 0, lower)
    sheet.write_row(3, 0, [2023, 123, "一小", "小学", 19, "城", 1, 10, 12, 0.5, 3, 4])
    book.close()
    found = profile(text + "header_rows: [2, 3]\n")
    result = read(open_source(path), found, "ab" * 32, SOMEWHERE)
    row = pa.Table.from_batches(result.sections).to_pylist()[0]
    assert result.drift == ()
    assert (row["school_id"], row["county_code"], row["pupils"]) == ("000123", "06", 22.0)
    assert (row["sheet"], row["source_row"], row["equipment_value_yuan"]) == ("表", 4, 5000.0)


BROKEN = """
profile: broken
recognise: {columns: [编码], color: red}
stage: nursery
standards: [2017]
school_id: {column: 编码, known: [01]}
county_code: {column: 县, same_as: {19: "06"}}
pupil: x
fields:
  teacher: 教师
  classes: {columns: [班数], vintages: [new], factor: many}
"""


def test_everything_wrong_with_a_profile_is_said_at_once():
    found = parse_profile(BROKEN.encode(), "profiles/broken.yml", is_user=True)
    assert isinstance(found, BrokenProfile)
    for part in (
        "Unknown key 'color' in recognise",
        "'stage' cannot be 'nursery'; possible: primary, junior, senior",
        "'standards' must hold texts, found 2017; put it in quotes",
        "'school_id.known' must hold texts",
        "has the key 19 without quotes",
        "Unknown key 'pupil' in the profile",
        "Unknown key 'teacher' in fields; did you mean 'teachers'?",
        "'fields' must say where 'pupils' stands",
        "names the vintage 'new', which is not defined",
        "'fields.classes.factor' must be a number",
    ):
        assert part in found.sentence
    assert found.sentence.startswith("The profile profiles/broken.yml cannot be used:")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [", "no valid yaml"),
        ("- a", "must be a map"),
        ("", "must be a map"),
        ("profile: a\nprofile: b", "'profile' stands twice"),
        (PROFILE.replace("fields:", "fields: 3\nx:"), "'fields' must"),
        (PROFILE.replace("学年}", "学年, file_name: '(a'}"), "no valid pattern"),
        (PROFILE.replace("{column: 编码, width: 6}", "{constant: x}"), "come from a column"),
        (PROFILE.replace("values: {小学", "words: {小学"), "Unknown key 'words'"),
    ],
)
def test_a_profile_that_is_no_profile_is_described(text, problem):
    found = parse_profile(text.encode(), "p.yml", is_user=True)
    assert isinstance(found, BrokenProfile)
    assert problem in found.sentence


def test_users_profiles_come_first_and_a_broken_one_stops_nothing(tmp_path):
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "town.yml").write_text(PROFILE, encoding="utf-8")
    (folder / "town_again.yml").write_text(PROFILE, encoding="utf-8")
    (folder / "broken.yml").write_text(BROKEN, encoding="utf-8")
    found = load_profiles(tmp_path)
    assert isinstance(found, Profiles)
    assert [p.profile_id for p in found.profiles] == ["town", "tw_moe_basec"]
    assert [b.path for b in found.broken] == ["profiles/broken.yml", "profiles/town_again.yml"]
    assert "same id" in found.broken[1].sentence
