"""Workbooks that are refused, each with a sentence that names the place."""

from __future__ import annotations

import pytest

from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected

SHA = "0" * 64
NOWHERE = Place(None, None)


def refused(tmp_path, book, sheets, place=NOWHERE) -> FileRejected:
    with pytest.raises(FileRejected) as caught:
        book.read(tmp_path, sheets, place)
    assert caught.value.reason.endswith(".")
    assert caught.value.advice.endswith(".")
    return caught.value


def test_mixed_vintages_are_refused(tmp_path, book, nine_year, old_school):
    error = refused(tmp_path, book, {**nine_year, "基础基312": old_school["基础基312"]})
    assert "mixes two vintages" in error.reason


def test_an_unknown_vintage_is_refused(tmp_path, book, nine_year):
    error = refused(tmp_path, book, {"中职基111": nine_year["教基1001"], "中职基312": [["甲"]]})
    assert error.sheet == "中职基111"


def test_a_workbook_without_identity_is_refused(tmp_path, book, nine_year):
    del nine_year["教基1001"]
    assert "教基1001" in refused(tmp_path, book, nine_year, Place(2023, "autumn")).reason


@pytest.mark.parametrize("school_id", [None, "12", "平罗一小平罗一小"])
def test_an_unusable_school_id_is_refused(tmp_path, book, nine_year, school_id):
    nine_year["教基1001"] = book.identity(**{"学校(机构)标识码": school_id})
    error = refused(tmp_path, book, nine_year)
    assert error.sheet == "教基1001"
    assert error.cell == (None if school_id is None else "C5")


@pytest.mark.parametrize("code", ["990221000000", "64022", "*", None])
def test_an_unknown_county_is_refused(tmp_path, book, nine_year, code):
    nine_year["教基1001"] = book.identity(**{"属地管理教育行政部门代码": code})
    error = refused(tmp_path, book, nine_year)
    assert error.sheet == "教基1001"
    assert "county" in error.reason


def test_an_unknown_school_type_is_refused(tmp_path, book, nine_year):
    nine_year["教基1001"] = book.identity(**{"学校(机构)办学类型代码": "777"})
    error = refused(tmp_path, book, nine_year)
    assert "777" in error.reason
    assert error.cell == "C16"


def test_the_folder_must_agree_with_the_title(tmp_path, book, nine_year):
    assert "2023" in refused(tmp_path, book, nine_year, Place(2022, "autumn")).reason


def test_titles_must_agree_with_each_other(tmp_path, book, nine_year):
    nine_year["封面"] = [["（2022／2023 学年初）"]]
    error = refused(tmp_path, book, nine_year)
    assert "2022 in sheet 封面" in error.reason


def test_a_workbook_that_names_no_year_needs_its_folder(tmp_path, book, nine_year):
    nine_year["教基1001"].title = "学校(机构)基本信息"
    assert "raw/<school_year>/<term>/" in refused(tmp_path, book, nine_year).advice
    assert book.read(tmp_path, nine_year, Place(2024, "autumn")).school_year == 2024


def test_old_forms_in_a_new_year_are_refused(tmp_path, book, old_school):
    old_school["基础基111"][2][1] = ""
    assert "2023" in refused(tmp_path, book, old_school, Place(2023, "autumn")).reason


def test_a_form_that_stands_twice_is_refused(tmp_path, book, nine_year):
    nine_year["教基3112小学"] = book.primary()
    assert "twice" in refused(tmp_path, book, nine_year).reason


def test_a_form_without_numbered_columns_is_refused(tmp_path, book, nine_year):
    nine_year["教基3115 "] = [["初中分类型学生数"], ["总计", "300"]]
    error = refused(tmp_path, book, nine_year)
    assert (error.sheet, "甲 乙 1 2 3" in error.reason) == ("教基3115 ", True)
