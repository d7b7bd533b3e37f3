"""One school's workbook in the forms used to 2020 as sections."""

from __future__ import annotations

import pytest

from dagster_project.census.reading import Place

SHA = "0" * 64
NOWHERE = Place(None, None)


@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
def test_the_vintage_to_2020(tmp_path, book, old_school, suffix):
    reading = book.read(tmp_path, old_school, Place(2019, "autumn"), suffix)
    found = book.stages(reading)
    primary, junior = found["primary"], found["junior"]
    assert (reading.school_year, reading.profile) == (2019, "form_2013")
    assert (primary["school_id"], primary["school_name"]) == ("0264000456", "样例初级中学")
    assert (primary["school_type_code"], primary["sponsor_code"]) == ("312", "999")
    assert (primary["urban_rural_code"], primary["county_name"]) == ("220", "平罗县")
    labels = ("school_type_label", "sponsor_label", "urban_rural_label")
    assert tuple(primary[name] for name in labels) == ("九年一贯制学校", "民办", "村庄")
    assert (primary["pupils"], junior["pupils"]) == (119, 90)
    assert (primary["pupils_girls"], primary["pupils_grade_1"]) == (60, 21)
    assert (primary["teachers_postgraduate"], junior["teachers_postgraduate"]) == (1, 3)
    assert (primary["teachers_arts"], primary["teachers_pe"]) == (3, 2)
    assert (primary["backbone_teachers"], junior["backbone_teachers"]) == (3, 2)
    assert (primary["flow_opening"], primary["flow_transfers_in"]) == (120, 5)
    assert primary["flow_completed__status"] == "not_applicable"
    assert (primary["teaching_area_m2"], primary["indoor_sports_area_m2"]) == (1800, 500)
    assert primary["special_room_area_m2"] == 100 + 70 + 50
    assert primary["new_area_m2"] == 10
    assert primary["sports_ground_area_m2"] == 4000
    assert primary["multimedia_rooms"] == 10 + 4
    assert (primary["books"], primary["equipment_value_yuan"]) == (5000, 1234500)
    assert primary["teachers_doctor__status"] == "not_collected"
