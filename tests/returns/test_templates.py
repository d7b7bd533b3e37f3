"""What ``junheng template`` writes: files that explain and check themselves."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import openpyxl
import pytest

from dagster_project.census.returns.layout import layouts
from dagster_project.census.schema import items
from dagster_project.returns import writer
from dagster_project.seeds import seed_rows

KINDS = ("school_return", "county_return", "roster", "movement")


def written(tmp_path, profile, schools=()):
    heading = writer.Heading("640221", "平罗县", 2023, "autumn")
    path = writer.write_template(tmp_path / "template.xlsx", profile, heading, schools)
    return openpyxl.load_workbook(path)


def rules(sheet) -> dict[str, object]:
    """Data validations by the first cell they hold for."""
    return {
        str(found.sqref).split(":")[0]: found for found in sheet.data_validations.dataValidation
    }


@pytest.mark.parametrize("profile", KINDS)
def test_every_template_has_frozen_headings_an_example_and_a_hidden_marker(tmp_path, profile):
    book = written(tmp_path, profile)
    for sheet in (book[layout.name] for layout in layouts()[profile].sheets):
        assert sheet["A1"].value == "junheng" and sheet.row_dimensions[1].hidden
        assert sheet.freeze_panes
        assert sheet.print_title_rows
        assert any(str(row[0].value).startswith("示例") for row in sheet.iter_rows())


def test_the_school_template_asks_for_every_item_of_schools_and_sections(tmp_path):
    asked = {cell.value for row in written(tmp_path, "school_return")["学校填报表"] for cell in row}
    assert {i.item_id for i in items().values() if i.level in ("school", "section")} <= asked


def test_the_county_template_has_a_line_for_every_item_of_the_county(tmp_path):
    sheet = written(tmp_path, "county_return")["县级填报表"]
    listed = [row[5].value for row in sheet.iter_rows(min_row=9)]
    assert listed == [i.item_id for i in items().values() if i.level == "county"]


def test_other_data_is_offered_chapter_by_chapter_with_level_and_unit(tmp_path):
    sheet = written(tmp_path, "county_return")["其他数据"]
    lines = [tuple(cell.value for cell in row[:6]) for row in sheet.iter_rows(min_row=8)]
    assert ("教师队伍", "班主任津贴", None, "小学", None, "元/月") in lines
    assert [line[2] for line in lines if line[1] == "特色学校"] == [
        "国家级",
        "省级",
        "市级",
        "县级",
    ]
    asked = [row for row in seed_rows("measure_item") if row["asked"] in ("county", "both")]
    assert {row["name_zh"] for row in asked} == {line[1] for line in lines}


def test_a_countys_own_item_is_offered_to_it_and_to_its_schools(tmp_path):
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "measure_items.csv").write_text(
        "item_id,name_zh,unit,county_code\nschool_buses,校车,辆,6402\n", "utf-8"
    )
    for code, is_offered in (("640221", True), ("370306", False)):
        for profile, name, column in (
            ("county_return", "其他数据", 1),
            ("school_return", "项目清单", 1),
        ):
            path = tmp_path / f"{profile}_{code}.xlsx"
            heading = writer.Heading(code, None, 2023, "autumn")
            writer.write_template(path, profile, heading, raw=tmp_path)
            sheet = openpyxl.load_workbook(path)[name]
            assert ("校车" in {row[column].value for row in sheet.iter_rows()}) == is_offered


def test_words_come_from_lists_and_numbers_have_rules_with_messages(tmp_path):
    roster = rules(written(tmp_path, "roster")["班级名册"])
    assert roster["C10"].formula1 == '"小学,初中"'
    pupils = roster["F10"]
    assert (pupils.type, pupils.operator, pupils.formula1) == ("whole", "greaterThanOrEqual", "0")
    assert pupils.prompt and "整数" in pupils.error
    movement = rules(written(tmp_path, "movement")["学生异动"])
    assert movement["E10"].formula1 == '"招生,转入,转出,复学,休学,辍学,死亡,毕业,结业,仍在校"'


def test_a_percent_cell_does_not_take_a_fraction(tmp_path):
    sheet = written(tmp_path, "county_return")["县级填报表"]
    row = next(r for r in sheet.iter_rows() if r[5].value == "satisfaction_rate")
    assert row[2].value == "%"
    formula = rules(sheet)[row[3].coordinate].formula1
    assert f"{row[3].coordinate}>1" in formula and "<=100" in formula


def test_the_labels_of_a_sheet_do_not_repeat(tmp_path):
    for layout in layouts().values():
        for sheet in layout.sheets:
            labels = [column.label for column in sheet.columns]
            assert len(labels) == len(set(labels)), sheet.name


def test_ids_stay_text_so_that_leading_zeros_survive(tmp_path):
    schools = [{"school_id": "0640221001", "school_name": "城关一小", "stage": "primary"}]
    cell = written(tmp_path, "roster", schools)["班级名册"]["A10"]
    assert (cell.value, cell.data_type, cell.number_format) == ("0640221001", "s", "@")


@pytest.fixture
def warehouse(tmp_path):
    """A published warehouse with two years of one county and another county."""
    folder = tmp_path / "warehouse"
    folder.mkdir()
    with duckdb.connect(str(folder / "junheng.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute(
            """
            create table marts.dim_section as
            select * from (values
                (2022, 'autumn', '0640221007', '旧校', 'primary', '640221', '平罗县'),
                (2023, 'autumn', '0640221002', '九年制', 'junior', '640221', '平罗县'),
                (2023, 'autumn', '0640221002', '九年制', 'primary', '640221', '平罗县'),
                (2023, 'autumn', '0640221002', '九年制', 'senior', '640221', '平罗县'),
                (2023, 'autumn', '0110101001', '别处', 'primary', '110101', '东城区')
            ) t(school_year, term, school_id, school_name, stage, county_code, county_name)
            """
        )
    return folder


def run(*arguments):
    program = "from dagster_project.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "template", *map(str, arguments)],
        capture_output=True,
        text=True,
    )


def test_the_command_prefills_the_published_schools_of_the_county(tmp_path, warehouse):
    out = tmp_path / "out"
    done = run(out, "--county", "640221", "--school-year", 2023, "--warehouse", warehouse)
    assert done.returncode == 0, done.stderr
    assert len(list(out.glob("*.xlsx"))) == 4
    sheet = openpyxl.load_workbook(out / "班级名册_640221_2023.xlsx")["班级名册"]
    assert [[c.value for c in row[:3]] for row in sheet.iter_rows(min_row=10)] == [
        ["0640221002", "九年制", "小学"],
        ["0640221002", "九年制", "初中"],
    ]
    assert [sheet["B3"].value, sheet["D3"].value, sheet["B4"].value] == ["640221", "平罗县", 2023]


def test_a_return_that_may_have_been_filled_in_is_never_overwritten(tmp_path):
    out = tmp_path / "out"
    assert run(out, "--kind", "roster").returncode == 0
    before = (out / "班级名册.xlsx").read_bytes()
    again = run(out, "--kind", "all")
    assert again.returncode == 1
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {"班级名册.xlsx": before}


def test_a_wrong_county_code_is_wrong_usage(tmp_path):
    assert run(tmp_path, "--county", "64022").returncode == 2
