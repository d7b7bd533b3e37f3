"""Plain tables through profiles: the real open census, and every way a table can be wrong."""

from __future__ import annotations

import csv

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import xlsxwriter

from dagster_project.census import doubts, schema
from dagster_project.census.opening.source import open_source
from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected
from dagster_project.census.table.profile import load_profiles, matching
from dagster_project.census.table.profile_check import parse_profile
from dagster_project.census.table.profile_model import BrokenProfile, Profiles
from dagster_project.census.table.read import read

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
    assert first["county_is_named"]  # the profile lists the codes of its counties
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
    assert (first["urban_rural_label"], first["county_is_named"]) == (None, False)
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


def test_totals_notes_and_other_stages_are_set_aside_and_a_school_without_figures_stays(tmp_path):
    found, rows = reading(
        tmp_path,
        ROW,
        "2023,,合计,,,,,10,12,,,,",
        "2023,总　计：,,,,,,10,12,,,,",
        "平罗县合计,,,,,,,10,12,,,,",
        "2023,000200,幼儿园,幼儿园,,城,是,5,5,,,,",
        "2023,000201,停办小学,小学,06,城,是,,,,,,",
        HEADER,
        ",".join(map(str, range(1, 14))),
        "注：数据截至9月1日",
        "填表人：张三,,,,审核人：李四,,,,,,,,",
    )
    assert [(r["school_id"], r["pupils__status"]) for r in rows] == [
        ("000123", "reported"),
        ("000201", "blank"),
    ]
    assert [(a.reason, a.source_row, a.rows) for a in found.set_aside] == [
        ("total", 3, 1),
        ("total", 4, 1),
        ("total", 5, 1),
        ("skipped", 6, 1),
        ("header", 8, 1),
        ("header", 9, 1),
        ("note", 10, 1),
        ("note", 11, 1),
    ]
    assert not any("张三" in f"{a.token}{a.sentence}{a.sentence_zh}" for a in found.set_aside)


OTHERS = [ROW.replace("000123", str(n)).replace(",10,12,", f",{n},12,") for n in range(101, 104)]
TWICE = ROW.replace(",10,12,", ",11,12,")


@pytest.mark.parametrize(
    ("rows", "reason", "cells"),
    [
        ([ROW, ROW], "000123 stands in the file again, in B3 after B2", ["B3"]),
        ([ROW, TWICE], "000123 stands twice in the file, in B2 and in B3", ["B3", "B2"]),
        ([ROW, "2023,,三小,小学,06,城,是,1,1,,,,"], "no school id", ["B3"]),
        ([ROW.replace("小学", "大学")], "'大学' under 学段, row 2, is not known", ["D2"]),
        ([ROW.replace(",19,", ",平罗县,")], "is no county code", ["E2"]),
        ([ROW.replace("000123", "6.4E+9")], "rewritten as a number", ["B2"]),
        ([ROW.replace("000123", '"6,4E+9"')], "rewritten as a number", ["B2"]),
        ([ROW.replace("000123", "6E9")], "rewritten as a number", ["B2"]),
        ([ROW.replace("000123", "123²")], "holds a note", ["B2"]),
        ([ROW, "2022,9,三小,小学,06,城,是,1,1,,,,"], "says 2022, but the file is of", ["A3"]),
    ],
)
def test_a_doubtful_row_costs_itself_and_not_the_file(tmp_path, monkeypatch, rows, reason, cells):
    found, kept = reading(tmp_path, *rows, *OTHERS)
    assert {r["school_id"] for r in kept} >= {"000101", "000102", "000103"}
    assert [a.cell for a in found.set_aside] == cells
    assert {a.reason for a in found.set_aside} == {"doubtful"}
    assert reason in found.set_aside[0].sentence
    assert all(a.sentence_zh for a in found.set_aside)
    left = {(a.source_row) for a in found.set_aside}
    assert {r["source_row"] for r in kept} == set(range(2, 2 + len(rows) + 3)) - left
    monkeypatch.setattr(doubts, "doubtful_costs_the_file", lambda: True)
    with pytest.raises(FileRejected) as caught:
        reading(tmp_path, *rows, *OTHERS)
    assert reason in caught.value.reason
    assert caught.value.cell == cells[0]
    assert caught.value.advice


def test_a_doubtful_attribute_costs_itself_and_not_the_school(tmp_path):
    found, (row,) = reading(tmp_path, ROW.replace("是", "也许"))
    assert (row["school_id"], row["is_counted"], row["pupils"]) == ("000123", None, 22.0)
    assert [(a.cell, a.school_id) for a in found.set_aside] == [("G2", "000123")]
    assert "neither yes nor no" in found.set_aside[0].sentence


def test_a_file_that_is_mostly_doubtful_is_refused(tmp_path):
    wrong = [row.replace(",19,", ",?,") for row in OTHERS]
    with pytest.raises(
        FileRejected, match=r"is no county code.* 3 of 4 rows are doubtful"
    ) as caught:
        reading(tmp_path, ROW, *wrong)
    assert caught.value.cell == "E3"


@pytest.mark.parametrize(
    ("rows", "reason", "cell"),
    [
        ([ROW, "2023,9,三小"], "Row 3 has 3 cells, the header has 13", "row 3"),
        ([ROW, ROW.replace("000123", "7") + ",8"], "14 cells", "row 3"),
        (["去年" + ROW], "school year is unreadable", "A2"),
        ([], "a header and no rows", "A1"),
        ([HEADER, "2023,,合计,,,,,10,12,,,,"], "no school below it", "A1"),
    ],
)
def test_a_row_that_makes_the_others_doubtful_refuses_the_file(tmp_path, rows, reason, cell):
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
    with pytest.raises(FileRejected, match=r"2021_town\.csv' says school year 2021, but cell A2"):
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


# ------------------------------------------------------------ what tables of others are like

PLAIN = """
profile: plain
recognise: {columns: [id, pupils]}
school_year: {constant: 2023}
term: autumn
stage: primary
standards: [general]
school_id: id
school_name: name
county_code: {constant: "640221"}
fields:
  pupils: pupils
  pupils_girls: girls
  classes: classes
"""
PLAIN_HEADER = "id,name,pupils,girls,classes"


def plain_rows(count: int) -> list[list[object]]:
    return [[f"{n:03}", f"School {n}", 100 + 7 * n, 50 + 3 * n, 3 + n % 5] for n in range(count)]


def as_lines(rows: list[list[object]]) -> list[str]:
    return [",".join(map(str, row)) for row in rows]


def with_sums(rows: list[list[object]], *keys: object) -> list[object]:
    return [*keys, *(sum(row[c] for row in rows) for c in range(2, 5))]


@pytest.mark.parametrize("at", ["top", "bottom"])
@pytest.mark.parametrize("keys", [("640221", "Pingluo"), ("999", "平罗县"), ("X1", "All of them")])
def test_a_sum_under_a_name_of_its_own_is_no_school(tmp_path, keys, at):
    rows = plain_rows(12)
    total = with_sums(rows, *keys)
    rows = [total, *rows] if at == "top" else [*rows, total]
    found, kept = reading(tmp_path, *as_lines(rows), header=PLAIN_HEADER, text=PLAIN)
    assert len(kept) == 12
    assert keys[0] not in {row["school_id"] for row in kept}
    (left,) = found.set_aside
    assert (left.reason, left.source_row) == ("doubtful", 2 if at == "top" else 14)
    assert "added up" in left.sentence
    assert left.school_id == keys[0]


def test_a_school_called_total_stays_one(tmp_path):
    rows = [*plain_rows(5), ["077", "Total Learning Academy", 300, 140, 8]]
    found, kept = reading(tmp_path, *as_lines(rows), header=PLAIN_HEADER, text=PLAIN)
    assert "077" in {row["school_id"] for row in kept}
    assert found.set_aside == []
    rows[-1][0] = ""
    found, kept = reading(tmp_path, *as_lines(rows), header=PLAIN_HEADER, text=PLAIN)
    assert [a.reason for a in found.set_aside] == ["total"]


def book(path, sheets: dict[str, list[list[object]]], hidden=(), hidden_rows=()):
    """A workbook with these sheets; ``hidden_rows`` are of the first (from 0)."""
    with xlsxwriter.Workbook(path) as made:
        made.add_format()
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name)
            for number, row in enumerate([PLAIN_HEADER.split(","), *rows]):
                sheet.write_row(number, 0, row)
            if name not in hidden:
                sheet.activate()
        for name in hidden:
            made.get_worksheet_by_name(name).hide()
        first = made.worksheets()[0]
        for number in hidden_rows:
            first.set_row(number, None, None, {"hidden": True})
    return path


def read_book(path, text=PLAIN):
    found = read(open_source(path), profile(text), "ab" * 32, SOMEWHERE)
    return found, pa.Table.from_batches(found.sections, schema.section_schema()).to_pylist()


def test_every_sheet_that_people_see_is_read_and_hidden_ones_are_named(tmp_path):
    rows = plain_rows(9)
    path = tmp_path / "t.xlsx"
    old = [[*row[:2], 1, 1, 1] for row in rows]
    book(path, {"old": old, "a": rows[:4], "b": rows[4:]}, hidden=["old"])
    found, kept = read_book(path)
    assert sum(row["pupils"] for row in kept) == sum(row[2] for row in rows)
    assert {row["sheet"] for row in kept} == {"a", "b"}
    assert ("hidden", "old") in {(a.reason, a.sheet) for a in found.set_aside}
    assert {o["sheet"] for o in found.origins.to_pylist()} == {"a", "b"}
    found, kept = read_book(path, PLAIN + "sheet: b\n")
    assert {row["sheet"] for row in kept} == {"b"}
    assert {a.sheet for a in found.set_aside if a.reason == "doubtful"} == {"old", "a"}


def test_a_school_in_two_sheets_is_in_none(tmp_path):
    rows = plain_rows(4)
    changed = [[*rows[0][:2], 7, 7, 7]]
    found, kept = read_book(book(tmp_path / "t.xlsx", {"a": rows, "b": changed}))
    assert len(kept) == 4
    (left,) = found.set_aside
    assert "000 stands in the file again, in b!A2 after a!A2" in left.sentence


def test_a_hidden_row_does_not_count_and_is_named(tmp_path):
    found, kept = read_book(book(tmp_path / "t.xlsx", {"a": plain_rows(5)}, hidden_rows=[2]))
    assert {row["source_row"] for row in kept} == {2, 4, 5, 6}
    (left,) = found.set_aside
    assert (left.reason, left.source_row, left.school_id) == ("doubtful", 3, "001")


def test_formulas_without_values_are_unknown_and_the_sentence_says_how_to_save(tmp_path):
    rows = plain_rows(3)
    rows[1][2] = "=SUM(D3:E3)"
    path = tmp_path / "t.xlsx"
    import openpyxl

    made = openpyxl.Workbook()
    for row in [PLAIN_HEADER.split(","), *rows]:
        made.active.append(row)
    made.save(path)
    found, kept = read_book(path, PLAIN.replace("pupils: pupils", "pupils: [pupils, classes]"))
    assert [row["pupils__status"] for row in kept] == ["reported", "unreadable", "reported"]
    (left,) = found.set_aside
    assert left.cell == "C3"
    assert "save it" in left.sentence
    assert "保存" in left.sentence_zh


@pytest.mark.parametrize(
    ("marks", "token", "value"),
    [
        ("decimal: ','", "1.201", 1201),
        ("decimal: ','", "12,5", 12.5),
        ("thousands: '.'", "1.201.300,25", 1201300.25),
        ("thousands: ' '\ndecimal: ','", "1 201,5", 1201.5),
        ("thousands: \"'\"\ndecimal: '.'", "1'201.5", 1201.5),
        ("decimal: ','", "12.5", None),
        ("decimal: ','", "1.20", None),
        ("decimal: '.'", "1,201", 1201),
    ],
)
def test_a_profile_says_the_marks_of_numbers(tmp_path, marks, token, value):
    rows = [row.replace(",", "|") for row in as_lines(plain_rows(3))] + [f"9|X|{token}|5|1"]
    text = f"{PLAIN}{marks}\n"
    _, kept = reading(tmp_path, *rows, header=PLAIN_HEADER.replace(",", "|"), text=text)
    assert kept[-1]["pupils"] == value


@pytest.mark.parametrize(("other", "pupils"), [("2\u00a0040", 1232), ("204", None)])
def test_a_space_parts_thousands_where_the_table_shows_it(tmp_path, other, pupils):
    """In any column; one alone may be two numbers in one cell."""
    first = ROW.replace(",10,12,", ",1\u00a0220,12,")
    second = ROW.replace("000123", "000124").replace(",100,20,", f",{other},20,")
    _, rows = reading(tmp_path, first, second)
    assert [row["pupils"] for row in rows] == [pupils, 22]


def test_marks_that_nothing_tells_are_asked_for(tmp_path):
    rows = [f"{n:03}|X|1.20{n}|5|1" for n in range(5)]
    header = PLAIN_HEADER.replace(",", "|")
    found, kept = reading(tmp_path, *rows, header=header, text=PLAIN)
    assert {row["pupils__status"] for row in kept} == {"unreadable"}
    (left,) = found.set_aside
    assert (left.cell, left.reason) == ("C2", "doubtful")
    assert "decimal" in left.sentence


KEYS = """
profile: keys
recognise: {columns: [LA, ESTAB, NOR]}
school_year: {constant: 2023}
term: autumn
standards: [general]
school_id: {joined: [LA, ESTAB], between: "/"}
county_code: {column: CODE, width: 7, cut: 6}
stages:
  primary: {pupils: [K, G1]}
  junior: {pupils: [G7, G8], pupils_girls: F7}
fields:
  books: BOOKS
values: {none: [""]}
skip_rows:
  - {column: LA, values: [NAT, REG]}
  - {column: ESTAB, match: "^9"}
keep_rows: {column: OPEN, values: ["1"]}
ignored: [NOR]
"""


def test_keys_of_two_columns_several_stages_and_rows_to_skip(tmp_path):
    found, rows = reading(
        tmp_path,
        "201,3000,0330330,10,,7,,3,900,1,x",
        "201,3001,330455,,,8,9,4,500,1,x",
        "202,3000,3304557,1,2,,,,100,1,x",
        "202,3002,3304557,,,,,,,1,x",
        "202,9002,3304557,5,5,5,5,5,5,1,x",
        "202,3003,3304557,5,5,5,5,5,5,0,x",
        "NAT,,,11,2,15,9,7,1500,1,x",
        header="LA,ESTAB,CODE,K,G1,G7,G8,F7,BOOKS,OPEN,NOR",
        text=KEYS,
    )
    assert [(r["school_id"], r["stage"], r["county_code"], r["pupils"]) for r in rows] == [
        ("201/3000", "primary", "033033", 10),
        ("202/3000", "primary", "330455", 3),
        ("202/3002", "primary", "330455", None),  # stays, though it reports nothing
        ("201/3000", "junior", "033033", 7),
        ("201/3001", "junior", "033045", 17),
    ]
    assert {r["books"] for r in rows if r["school_id"] == "201/3000"} == {900}
    assert [(a.reason, a.source_row) for a in found.set_aside] == [
        ("skipped", 6),
        ("skipped", 7),
        ("skipped", 8),
    ]


RULED = """
profile: ruled
recognise: {columns: [ID, NOR]}
school_year: {constant: 2023}
term: autumn
stage: primary
standards: [general]
school_id: ID
county_code: CODE
fields: {pupils: NOR}
"""
RULES = (
    "skip_rows: {column: KIND, values: [nursery]}",
    'skip_rows: {column: KIND, match: "^nurs"}',
    "keep_rows: {column: KIND, values: [school, hall]}",
)
RULED_ROWS = [f"A{n},640221,school,{90 + n}" for n in range(1, 6)]


@pytest.mark.parametrize("rule", RULES)
def test_a_row_that_lost_the_word_by_which_it_would_be_skipped_is_no_school(tmp_path, rule):
    found, rows = reading(
        tmp_path,
        *RULED_ROWS,
        "A8,640221,nursery,9",
        "A9,640221,,7",
        header="ID,CODE,KIND,NOR",
        text=RULED + rule,
    )
    assert [row["school_id"] for row in rows] == ["A1", "A2", "A3", "A4", "A5"]
    assert [a.source_row for a in found.set_aside] == [7, 8]
    reason = "skipped" if rule.startswith("keep") else "doubtful"  # which becomes a hard flag
    assert found.set_aside[-1].reason == reason


@pytest.mark.parametrize("rule", RULES)
def test_a_table_that_lost_the_column_of_a_row_rule_is_refused(tmp_path, rule):
    rows = [line.replace(",school", ",") for line in RULED_ROWS]
    with pytest.raises(FileRejected, match="KIND"):
        reading(tmp_path, *rows, header="ID,CODE,,NOR", text=RULED + rule)
    vintages = "\nvintages: {old: {lacks: [KIND]}, new: {has: [KIND]}}"
    _, rows = reading(tmp_path, *rows, header="ID,CODE,,NOR", text=RULED + rule + vintages)
    assert len(rows) == 5  # the profile says that this vintage does without


def test_a_blank_says_something_where_the_profile_or_other_rows_say_so(tmp_path):
    rows = [*RULED_ROWS, "A9,640221,,7"]
    _, found = reading(
        tmp_path,
        *rows,
        header="ID,CODE,KIND,NOR",
        text=RULED + 'skip_rows: {column: KIND, values: [nursery, ""]}',
    )
    assert len(found) == 5
    rows = ["A1,640221,,1", "A2,640221,,2", "A3,640221,closed,3", "A4,640221,,4"]
    _, found = reading(
        tmp_path,
        *rows,
        header="ID,CODE,KIND,NOR",
        text=RULED + "skip_rows: {column: KIND, values: [closed]}",
    )
    assert [row["school_id"] for row in found] == ["A1", "A2", "A4"]


IDS = "\n".join(PROFILE.splitlines()).replace("{column: 编码, width: 6}", "编码")
SPOILT = [
    (["000121", "000122", "000123", "000124", "125"], "of another length"),
    (["000121", "000122", "000123", "000124", "0001250"], "of another length"),
    (["000121", "000122", "000123", "000124", "000 125"], "of another length"),
    (["RX000121", "RX000122", "RX000123", "RX000124", "RX000125.0"], "of another length"),
    (["000121", "000122", "000123", "000124", "000-125"], "of another length"),
    (["000121", "000122", "000123", "000124", "'000125"], "holds a note"),
    (["000121", "000122", "000123", "000124", "三小"], "of another length"),
    (["AB0121", "AB0122", "AB0123", "AB0124", "AB0 125"], "of another length"),
    (["AB0121", "AB0122", "AB0123", "AB0124", "AB0-125"], "of another length"),
    (["RX64000121", "RX64000122", "RX64000123", "RX64000124", "7"], "of another length"),
    (["RX64000121", "RX64000122", "'RX64000123"], "holds a note"),
    (["000121", "000122", "-"], "no school id"),
    (["000123", "000124", "000125", "O00126"], "look like digits"),
    (["000123", "000124", "000125", "00012l"], "look like digits"),
    (["000123", "000124", "000125", '"126,0"'], "rewritten"),
]
AS_THEY_ARE = [
    ["7", "12", "123", "1234"],  # numbers of different length, none filled up with zeros
    ["A0123", "B0124", "O0125", "l0126"],  # letters are their own
    ["A0-123", "B0-124", "C0-125", "D0-1267"],  # and so are marks that most have
    ["000123", "00124", "0125", "126"],  # no common length
]


def ids_of(tmp_path, ids):
    rows = [ROW.replace("000123", i).replace(",10,12,", f",{n}1,1{n},") for n, i in enumerate(ids)]
    return reading(tmp_path, *rows, text=IDS)


@pytest.mark.parametrize(("ids", "word"), SPOILT)
def test_an_id_unlike_the_others_is_no_other_school(tmp_path, ids, word):
    found, rows = ids_of(tmp_path, ids)
    assert [row["school_id"] for row in rows] == ids[:-1]
    assert [word in entry.sentence for entry in found.set_aside] == [True]


@pytest.mark.parametrize("ids", AS_THEY_ARE)
def test_ids_of_any_shape_are_read_as_they_are(tmp_path, ids):
    assert [row["school_id"] for row in ids_of(tmp_path, ids)[1]] == ids


YEARS = {
    "2023": {}, "20232024": {}, "2023-24": {}, "2023/2024": {}, "Fall 2023": {}, "2023学年": {},
    "SY 2023-2024": {}, "112學年度": {"add": 1911}, "Autumn 24": {"add": 1999},
}  # fmt: skip


@pytest.mark.parametrize("said", YEARS)
def test_the_school_year_is_told_from_what_people_write(tmp_path, said):
    add = YEARS[said].get("add")
    rule = f"{{column: 学年, add: {add}}}" if add else "{column: 学年}"
    text = PROFILE.replace("school_year: {column: 学年}", f"school_year: {rule}")
    found, rows = reading(tmp_path, ROW.replace("2023,", f"{said},", 1), text=text)
    assert found.school_year == 2023 and [row["pupils"] for row in rows] == [22]


def test_a_row_of_another_year_is_said_whatever_it_writes(tmp_path):
    other = ROW.replace("2023,", "Fall 2024,", 1).replace("000123", "000124")
    found, rows = reading(tmp_path, ROW, other)
    assert len(rows) == 1 and [e.cell for e in found.set_aside] == ["A3"]


UNITS = PROFILE + "units: [人, 万元, 册]\n"


@pytest.mark.parametrize(
    ("boys", "girls", "pupils"),
    [("45人", "12人", 57), ("45 人", "12", 57), ("45", "12名", None), ("45人人", "12", None),
     ("4 5人", "12", None), ("人", "12", None), ("1,045人", "12", 1057)],
)  # fmt: skip
def test_a_unit_behind_a_number_is_none_of_it(tmp_path, boys, girls, pupils):
    cells = f',"{boys}","{girls}",'
    _, rows = reading(tmp_path, ROW.replace(",10,12,", cells), text=UNITS)
    assert rows[0]["pupils"] == pupils


@pytest.mark.parametrize("unit", ["万", "%", "千", "k", "3"])
def test_a_unit_that_multiplies_is_refused(unit):
    broken = parse_profile(f"{PROFILE}units: ['{unit}']\n".encode(), "t.yml", is_user=True)
    assert isinstance(broken, BrokenProfile) and "factor" in broken.sentence


MINUS = PROFILE.replace(
    "pupils_girls: 女生", "pupils_girls: {columns: [男生, 女生], minus: [其中男]}"
)


@pytest.mark.parametrize(
    ("part", "girls"), [("10", 12), ("0", 22), ("22", 0), ("", None), ("*", None), ("x", None)]
)
def test_a_figure_may_be_a_total_less_a_part(tmp_path, part, girls):
    """A part that nobody knows makes the rest unknown; where it stands is known like all else."""
    found, rows = reading(tmp_path, f"{ROW},{part}", header=f"{HEADER},其中男", text=MINUS)
    assert rows[0]["pupils_girls"] == girls and rows[0]["pupils"] == 22
    origins = found.origins.filter(pc.equal(found.origins["field_id"], "pupils_girls"))
    assert set(origins["label"].to_pylist()) == {"男生", "女生", "其中男"}


def test_a_total_whose_part_is_lost_is_no_figure(tmp_path):
    found, rows = reading(tmp_path, ROW, text=MINUS)
    assert rows[0]["pupils_girls"] is None
    assert [(d.kind, d.label) for d in found.drift] == [("missing", "其中男")]
