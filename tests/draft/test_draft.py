"""Drafts are measured against profiles and maps that were made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dagster_project import sample
from dagster_project.census.addresses import column_letter
from dagster_project.census.flat import read as flat
from dagster_project.census.opening.source import open_source
from dagster_project.census.reading import Place
from dagster_project.census.table.profile import load_profiles
from dagster_project.census.table.profile_check import parse_profile
from dagster_project.census.table.profile_model import Profile, header_key
from dagster_project.cli.app import app
from dagster_project.draft.labels import key_of, meaning
from dagster_project.draft.profile import DOUBT, Draft, draft
from dagster_project.draft.table import header_rows

ENOUGH = 0.9


def drafted(path: Path, text: str, encoding: str = "utf-8") -> Draft:
    path.write_text(text, encoding)
    return draft(path)


def profile_of(made: Draft) -> Profile:
    profile = parse_profile(made.text.encode(), "draft", is_user=True)
    assert isinstance(profile, Profile), profile.problems
    return profile


def columns_of(made: Draft, stage: str | None = None) -> dict[str, list[str]]:
    return {
        field_id: [made.table.labels[at] for at in guess.columns]
        for field_id, guess in made.fields[stage].items()
    }


@pytest.mark.parametrize("year", [103, 106, 110])
def test_the_open_census_is_drafted_as_it_was_mapped_by_hand(shared, year):
    path = shared / "census" / "tw_moe_basec" / f"{year}_basec.csv"
    made = profile_of(draft(path))
    by_hand = next(p for p in load_profiles(None).profiles if p.profile_id == "tw_moe_basec")
    wanted = {f: set(choices[0].columns) for f, choices in by_hand.fields.items()}
    found = {f: set(choices[0].columns) for f, choices in made.fields.items()}
    right = sum(found.get(field_id) == columns for field_id, columns in wanted.items())
    assert right >= ENOUGH * len(wanted)
    assert not found.keys() - wanted.keys(), "nothing that nobody mapped"
    for key in ("school_id", "school_name", "county_code", "county_name"):
        assert getattr(made, key).columns == getattr(by_hand, key).columns
    assert made.stage == by_hand.stage and made.school_year.add == by_hand.school_year.add


@pytest.mark.parametrize("stage", ["小学", "初中"])
def test_the_wide_table_is_drafted_as_its_column_map_reads_it(tmp_path, stage):
    sample.write_pingluo(tmp_path, "flat")
    path = next(p for p in tmp_path.rglob("*.xlsx") if stage in p.name)
    wanted: dict[str, set[str]] = {}
    for row in flat.read(open_source(path), "", Place(2023, "autumn")).origins.to_pylist():
        wanted.setdefault(row["field_id"], set()).add(row["column_letter"])
    made = draft(path)
    found = {f: {column_letter(at) for at in g.columns} for f, g in made.fields[None].items()}
    right = sum(found.get(field_id) == columns for field_id, columns in wanted.items())
    assert right >= ENOUGH * len(wanted)
    assert len(found.keys() - wanted.keys()) <= (1 - ENOUGH) * len(wanted)
    profile = profile_of(made)
    assert profile.school_id.columns == ("机构编码",)
    assert profile.county_code.columns == ("所在地区编码",)
    assert set(profile.attributes) >= {"school_type_code", "urban_rural_code", "is_counted"}


@pytest.mark.parametrize(
    ("label", "concepts"),
    [
        ("1年級男學生數", {"grade 1", "pupils", "male"}),
        ("Girls, grade 1", {"grade 1", "pupils", "female"}),
        ("Number of pupils", {"pupils"}),
        ("上學年女畢業生", {"graduates", "female"}),
        ("七年级女生", {"grade 7", "pupils", "female"}),
        ("其中：县级以上骨干教师数", {"backbone"}),
        ("在校生数_残疾人", {"pupils", "“残疾”"}),
    ],
)
def test_a_label_means_its_concepts_and_keeps_what_is_not_understood(label, concepts):
    assert meaning(label).concepts == concepts


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("學校代碼", "school_id"),
        ("School ID", "school_id"),
        ("学校名称", "school_name"),
        ("区县代码", "county_code"),
        ("學年度", "school_year"),
        ("学校占地面积", None),
    ],
)
def test_keys_are_known_in_both_languages(label, key):
    assert key_of(label) == key


def test_a_label_that_says_more_is_not_taken_for_one_that_says_less(tmp_path):
    made = drafted(
        tmp_path / "小学.csv",
        "学校代码,区县代码,在校生数,残疾在校生数,走读在校生数,外聘教师数\n"
        "1164000001,640221,300,2,90,3\n1164000002,640221,200,1,60,1\n",
    )
    assert columns_of(made) == {"pupils": ["在校生数"], "pupils_disabled": ["残疾在校生数"]}
    assert {line.split("  #")[0] for line in made.unused} == {"走读在校生数", "外聘教师数"}


def test_parts_are_added_where_all_are_there_and_never_else(tmp_path):
    header = "school id,district code,{}\n"
    rows = "A00001,640221,10,11,12,13,14,15\nA00002,640221,20,21,22,23,24,25\n"
    grades = [f"Grade {n} pupils" for n in range(1, 7)]
    whole = drafted(tmp_path / "primary.csv", header.format(",".join(grades)) + rows)
    assert columns_of(whole)["pupils"] == [grade.replace(" ", "") for grade in grades]
    part = drafted(
        tmp_path / "primary2.csv",
        header.format(",".join(grades[:3])) + "A00001,640221,1,2,3\nA00002,640221,4,5,6\n",
    )
    assert "pupils" not in columns_of(part) and "pupils_grade_3" in columns_of(part)


def test_values_remind_of_a_field_where_the_label_says_nothing(tmp_path):
    rows = "".join(f"A0000{n},640221,{30 * n},{30 * n},{n},{2 * n}\n" for n in range(1, 7))
    made = drafted(
        tmp_path / "primary.csv", "school id,district code,pupils,Zażółć,Gęślą,Jaźń\n" + rows
    )
    said = dict(line.split("  # ?? ") for line in made.unused)
    assert said["Zażółć"] == "the same figures as pupils"
    assert said["Gęślą"].startswith("perhaps classes")
    assert said["Jaźń"].startswith("perhaps teachers")


@pytest.mark.parametrize(
    ("header", "figure", "factor"),
    [
        ("教学仪器设备值(万元)", "82.5", 10_000),
        ("教学仪器设备值(元)", "825000", 1),
        ("教学仪器设备值", "82.5", 10_000),
        ("教学仪器设备值", "825000", 1),
    ],
)
def test_money_is_in_the_unit_of_its_header_or_what_is_usual(tmp_path, header, figure, factor):
    made = drafted(
        tmp_path / "小学.csv",
        f"学校代码,区县代码,在校生数,{header}\n1164000001,640221,400,{figure}\n"
        f"1164000002,640221,420,{figure}\n",
    )
    guess = made.fields[None]["equipment_value_yuan"]
    assert guess.factor == factor
    assert bool(guess.doubts) == ("(" not in header)
    assert "2017" in profile_of(made).standards


def test_a_part_that_exceeds_its_whole_is_doubted(tmp_path):
    rows = "".join(f"11640000{n},640221,{300 + n},{500 + n}\n" for n in range(10, 20))
    made = drafted(tmp_path / "小学.csv", "学校代码,区县代码,在校生数,女生数\n" + rows)
    assert any("exceeds pupils" in doubt for doubt in made.fields[None]["pupils_girls"].doubts)


def test_decimal_commas_encoding_and_separator_are_found(tmp_path):
    made = drafted(
        tmp_path / "primary.csv",
        "Schulnummer;district code;Schüler;teachers\n"
        "A00001;640221;1.234;61,5\nA00002;640221;310;15,5\n",
        "latin-1",
    )
    profile = profile_of(made)
    assert profile.marks and profile.marks.decimal == ","
    assert columns_of(made)["pupils"] == ["Schüler"]


def test_a_row_of_two_stages_becomes_two_sections(tmp_path):
    made = drafted(
        tmp_path / "all.csv",
        "学校代码,区县代码,小学在校生数,初中在校生数,小学班数,初中班数\n"
        "1164000001,640221,300,100,8,3\n1164000002,640221,200,90,6,2\n",
    )
    profile = profile_of(made)
    assert set(profile.stage_fields) == {"primary", "junior"}
    assert columns_of(made, "junior")["classes"] == ["初中班数"]


def test_counties_are_known_by_name_where_there_is_no_code(tmp_path):
    made = drafted(
        tmp_path / "小学.csv",
        "学校代码,区县,在校生数,班数\n1164000001,平罗县,300,8\n1164000002,平罗县,200,6\n",
    )
    assert profile_of(made).county_code.values == {"平罗县": "640221"}


def test_what_cannot_be_found_is_to_be_filled_in(tmp_path):
    made = drafted(tmp_path / "小学.csv", "学校代码,在校生数,班数\n1164000001,300,8\n")
    assert not made.is_complete
    line = next(line for line in made.text.splitlines() if line.startswith("county_code"))
    assert DOUBT in line and "000000" in line


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([["a", "b", "c"], ["x", "1", "2"]], (1,)),
        ([["Title"], [], ["a", "b", "c"], ["x", "1", "2"]], (3,)),
        ([["a", "b", "", ""], ["", "x", "y", "z"], ["s", "1", "2", "3"]], (1, 2)),
        ([["a", "g", "h", "k"], ["", "x", "y", "z"], ["s", "1", "2", "3"]], (1, 2)),
        ([["甲", "乙", "丙", "丁"], ["1", "2", "3", "4"], ["s", "7", "2", "3"]], (1,)),
        ([["a", "b"], ["c", "d"]], ()),
    ],
)
def test_the_header_stands_above_the_first_row_of_figures(rows, header):
    assert header_rows(rows) == header


def test_a_group_ends_where_the_one_above_it_ends(tmp_path):
    """备注 stands beside 在校生数 and its groups: none of them reaches over it."""
    text = "学校,在校生数,,备注\n,#随迁子女,,\n,计,外省,\n一小,10,2,3\n"
    made = drafted(tmp_path / "小学.csv", text)
    assert made.table.labels == (
        "学校", "在校生数>#随迁子女>计", "在校生数>#随迁子女>外省", "备注",
    )  # fmt: skip


@pytest.mark.parametrize("name", [header_key("在校生数"), "pupils"])
def test_the_command_writes_a_profile_that_reads_the_file(tmp_path, name):
    path = tmp_path / "小学.csv"
    path.write_text(
        f"学校代码,区县代码,{name},班数,专任教师数\n1164000001,640221,300,8,20\n"
        "1164000002,640221,200,6,15\n",
        "utf-8",
    )
    target = tmp_path / "raw" / "profiles" / "our.yml"
    run = CliRunner().invoke(app, ["profile", str(path), "-o", str(target)])
    assert run.exit_code == 0, run.output
    assert "300" in run.output and "teachers_pe" not in run.output
    assert "L1" not in target.read_text("utf-8"), "no standard of indicators is asked for"
    explained = CliRunner().invoke(app, ["profile", "--check", str(target), str(path)])
    assert explained.exit_code in (0, 3) and f"{name}" in explained.output
    path.write_text("A,B\n1,2\n", "utf-8")
    assert CliRunner().invoke(app, ["profile", "--check", str(target), str(path)]).exit_code == 1


def test_a_broken_profile_is_explained_whole(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("A,B\n1,2\n", "utf-8")
    broken = tmp_path / "broken.yml"
    broken.write_text("profile: x\nfeilds: {}\nstage: nowhere\n", "utf-8")
    run = CliRunner().invoke(app, ["profile", "--check", str(broken), str(path)])
    assert run.exit_code == 1
    assert "feilds" in run.output and "nowhere" in run.output and "recognise" in run.output
