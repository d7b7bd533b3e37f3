"""The form map, its comparison with a file, and county names."""

from __future__ import annotations

import csv
from importlib import resources

import pytest

from dagster_project.census.drift import compare
from dagster_project.census.reading import Place
from dagster_project.census.schema import fields, section_schema, status_column
from dagster_project.census.workbook import read as workbook
from dagster_project.census.workbook.form_map import entries
from dagster_project.census.workbook.identity import county_of
from dagster_project.seeds import seed_rows

SHA = "0" * 64
NOWHERE = Place(None, None)
# Figures of the wide table that are not looked for in workbooks; from these they are unknown.
IN_THE_WIDE_TABLE_ONLY = {
    "pupils_disabled", "classes_inclusive", "teachers_hired", "teachers_moved_in",
    "teachers_moved_out", "teachers_trained_national", "teachers_trained_provincial",
    "teachers_trained_city", "teachers_trained_county", "teachers_trained_school",
    "dormitory_area_m2", "canteen_area_m2", "staff_housing_area_m2",
}  # fmt: skip


def test_every_field_of_the_dictionary_is_mapped():
    mapped = {f for family in ("教基", "基础基") for _, f in entries(family, _year(family))}
    # A numerator as such stands in sheets of counties; the forms have its parts.
    wholes = {t["field_id"] for t in seed_rows("indicator_term") if t["is_whole"] == "true"}
    assert not wholes & mapped
    assert not IN_THE_WIDE_TABLE_ONLY & mapped
    assert _fields_of_map("flat") >= IN_THE_WIDE_TABLE_ONLY
    assert set(fields()) == mapped | wholes | IN_THE_WIDE_TABLE_ONLY


def _fields_of_map(name: str) -> set[str]:
    text = resources.files("dagster_project.census").joinpath(f"maps/{name}.csv").read_text("utf-8")
    return {row["target"] for row in csv.DictReader(text.splitlines())}


def _year(family):
    return 2023 if family == "教基" else 2019


def test_the_map_names_known_fields_forms_and_scopes():
    text = resources.files("dagster_project.census").joinpath("maps/forms.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        field = fields()[row["field_id"]]
        assert row["form"] in workbook.known_forms()
        assert (row["stage"] == "") == (field.scope == "school"), row
        assert (row["unit_factor"] == "10000") == (field.unit == "yuan"), row
        assert row["row_label"] or row["row_code"]
        assert row["column_label"] or row["column_no"]
        assert status_column(field.field_id) in section_schema().names


def test_labels_are_compared_both_ways():
    drift = compare({"在校生数": "pupils", "招生数": "entrants"}, ["在校学生数", "招生数", "备注"])
    assert [(d.kind, d.label, d.field_id) for d in drift] == [
        ("missing", "在校生数", "pupils"),
        ("new", "在校学生数", None),
        ("new", "备注", None),
    ]
    assert drift[0].found == "在校学生数"
    assert compare({"a": None}, ["a", "b"], known=["b"]) == ()


@pytest.mark.parametrize(
    ("office", "county"),
    [
        ("样例省样例市样例县教育局", "样例县"),
        ("宁夏回族自治区石嘴山市平罗县教育体育局", "平罗县"),
        ("北京市海淀区教育委员会", "海淀区"),
        ("江苏省苏州市昆山市教育局", "昆山市"),
        ("山东省济南市市中区教育和体育局", "市中区"),
        ("宿城区教育局", "宿城区"),
        ("教育局", None),
    ],
)
def test_the_county_is_read_from_its_education_office(office, county):
    assert county_of(office) == county
