"""The column map of the flat export: what is found, what drifts, units, sums."""

import pytest

from dagster_project.census.flat.column_map import column_map, match_columns, units
from dagster_project.census.flat.headers import Column
from dagster_project.census.reading import Place
from dagster_project.census.schema import fields

AUTUMN = Place(2023, "autumn")
TITLE = "2023/2024学年初小学学校宽表"
EQUIPMENT = "固定资产总值>教学仪器设备资产值(万元)"
COURSES = "专任教师>#按授课课程分>"


@pytest.mark.parametrize(
    ("place", "columns", "expected"),
    [
        (AUTUMN, {"艺术>计": "9", "艺术>音乐": "4", "艺术>美术": "5"}, 9),
        (AUTUMN, {"艺术": "1", "音乐": "4", "美术": "5"}, 10),
        (AUTUMN, {"艺术": "9", "#音乐": "4", "#美术": "5"}, 9),
        (AUTUMN, {"艺术>计": "9"}, 9),
        (AUTUMN, {"音乐": "4", "美术": "5"}, 9),
        (AUTUMN, {"艺术>音乐": "4", "艺术>美术": "5"}, 9),
        (Place(2024, "autumn"), {"艺术": "9", "音乐": "4", "美术": "5"}, 9),
        (Place(2021, "autumn"), {"音乐": "4", "艺术": "", "美术": "*"}, 4),
    ],
)
def test_arts_are_counted_by_the_parent_or_the_children_never_both(
    wide, tmp_path, place, columns, expected
):
    row = {}
    for path, value in wide.SCHOOL.items():
        row[path] = value
        if path == COURSES + "体育与健康":
            row |= {COURSES + key: value for key, value in columns.items()}
    path = wide.write_csv(tmp_path / "小学.csv", wide.csv_rows([row], "小学"))
    _, rows = wide.load(path, place)
    assert wide.figure(rows[0], "teachers_arts") == (expected, "reported")


@pytest.mark.parametrize(
    ("title", "header", "expected"),
    [
        (TITLE, EQUIPMENT, 20000),
        (TITLE, "固定资产总值>教学仪器设备资产值(元)", 2),
        (TITLE, "固定资产总值>教学仪器设备资产值（单位：元）", 2),
        (TITLE, "固定资产总值>教学仪器设备资产值", 20000),
        (TITLE, "固定资产总值(元)>教学仪器设备资产值", 2),
        (TITLE + "（单位：人、元）", "固定资产总值>教学仪器设备资产值", 2),
        (TITLE + " 单位：元", EQUIPMENT, 20000),
    ],
)
def test_the_unit_in_the_header_is_honoured(wide, tmp_path, title, header, expected):
    row = {
        (header if k == EQUIPMENT else k): ("2" if k == EQUIPMENT else v)
        for k, v in wide.SCHOOL.items()
    }
    _, rows = wide.load(wide.write_csv(tmp_path / "小学.csv", wide.csv_rows([row], title)))
    assert rows[0]["equipment_value_yuan"] == expected


def test_a_column_in_a_unit_of_another_kind_is_another_column(wide, tmp_path):
    row = {k.replace("(万元)", "(台)"): v for k, v in wide.SCHOOL.items()}
    reading, rows = wide.load(wide.write_csv(tmp_path / "小学.csv", wide.csv_rows([row])))
    assert wide.figure(rows[0], "equipment_value_yuan") == (None, "not_collected")
    missing = {d.field_id: d for d in reading.drift if d.kind == "missing"}
    assert "教学仪器设备资产值(台)" in missing["equipment_value_yuan"].found


def test_drift_names_what_is_missing_and_what_is_new(wide, tmp_path):
    row = {}
    for path, value in wide.SCHOOL.items():
        row[path.replace("#按学历分>本科", "#按学历分>大学本科")] = value
        if path == "在校生数>六年级":
            row["在校生数>港澳台侨"] = "1"
    reading, rows = wide.load(wide.write_csv(tmp_path / "小学.csv", wide.csv_rows([row])))
    missing = {d.field_id: d for d in reading.drift if d.kind == "missing"}
    assert missing["teachers_bachelor"].label == "专任教师>#按学历分>本科"
    assert "大学本科" in missing["teachers_bachelor"].found
    new = {d.label for d in reading.drift if d.kind == "new"}
    assert new == {"在校生数>港澳台侨", "专任教师>#按学历分>大学本科"}
    assert wide.figure(rows[0], "teachers_bachelor") == (None, "not_collected")


def test_a_part_of_the_pupils_never_stands_in_for_all():
    columns = [Column(0, ("#寄宿生", "在校生数")), Column(1, ("在校生数", "#随迁子女", "#女"))]
    matching = match_columns(columns, "primary", 2023)
    assert "pupils" not in matching.targets
    assert "pupils_girls" not in matching.targets


def test_a_form_code_above_the_path_does_not_matter():
    columns = [
        Column(0, ("教基3112", "在校生数", "总计")),
        Column(1, ("教基3112", "在校生数", "#女")),
    ]
    matching = match_columns(columns, "primary", 2023)
    assert matching.targets["pupils"][0].column.index == 0
    assert matching.targets["pupils_girls"][0].column.index == 1


def test_of_a_senior_file_only_the_pupils_are_expected():
    columns = [Column(0, ("专任教师", "合计"))]
    missing = match_columns(columns, "senior", 2023).drift
    assert [d.field_id for d in missing] == ["pupils"]


def test_undivided_postgraduates_stand_in_for_doctors_and_masters():
    columns = [Column(0, ("专任教师", "#按学历分", "研究生"))]
    missing = {d.field_id for d in match_columns(columns, "junior", 2016).drift}
    assert not missing & {"teachers_doctor", "teachers_master", "teachers_postgraduate"}
    assert "teachers_bachelor" in missing


def test_known_columns_are_no_drift_with_or_without_their_form_code():
    paths = ["校长", "联系电话", "毕业生数>#寄宿生", "教基3112>毕业生数>#寄宿生", "统计一级"]
    columns = [Column(index, tuple(path.split(">"))) for index, path in enumerate(paths)]
    matching = match_columns(columns, "junior", 2023)
    assert not [d for d in matching.drift if d.kind == "new"]
    assert not matching.targets


def test_the_map_speaks_of_fields_and_units_that_exist():
    attributes = {
        "school_id", "school_name", "school_type_code", "school_type", "sponsor_code", "sponsor",
        "urban_rural_code", "urban_rural", "is_counted", "was_closed", "is_new", "county_code",
        "county_name", "school_year",
    }  # fmt: skip
    targets = {row.target for row in column_map()}
    assert targets - set(fields()) == attributes
    # the form prints girls twice, in a row and in a column; the wide table has one of them
    assert set(fields()) - targets == {"pupils_girls_column"}
    assert {kind for kind, _ in units().values()} <= {f.kind for f in fields().values()}


@pytest.mark.parametrize("stage", ["primary", "junior", "senior"])
def test_the_usual_paths_of_the_map_are_all_found_without_drift(stage):
    rows = [row for row in column_map() if row.stage in ("", stage) and row.choice == 1]
    paths = dict.fromkeys(row.paths[0] for row in rows)
    columns = [Column(index, path) for index, path in enumerate(paths)]
    matching = match_columns(columns, stage, 2023)
    assert not matching.drift
    assert not matching.ambiguous
    for row in rows:
        sources = matching.targets[row.target]
        assert len(sources) == 1
        assert sources[0].column.path in {r.paths[0] for r in rows if r.target == row.target}
