"""One file below raw/: its place, its shape, and the reader that gets it."""

from __future__ import annotations

import pickle
import shutil

import pytest
import xlsxwriter

from dagster_project.census.place import place_of
from dagster_project.census.read import read, reading_fingerprint
from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected
from dagster_project.census.table.profile import load_profiles


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("2023/autumn/a.csv", Place(2023, "autumn")),
        ("2023/spring/平罗县/小学/a.xlsx", Place(2023, "spring")),
        ("2023/a.csv", Place(2023, None)),
        ("a.csv", Place(None, None)),
        ("returns/autumn/a.csv", Place(None, None)),
        ("2023.csv", Place(None, None)),
    ],
)
def test_what_a_path_says(path, place):
    assert place_of(path) == place


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("2023/summer/a.csv", "found 'summer', expected autumn or spring"),
        ("2023/平罗县/a.csv", "names no term"),
        ("0203/autumn/a.csv", "no school year"),
        ("2200/autumn/a.csv", "no school year"),
    ],
)
def test_a_path_that_names_no_year_or_term_is_refused(path, reason):
    with pytest.raises(FileRejected, match=reason):
        place_of(path)


def drop(tmp_path, shared, place, name="110_basec.csv"):
    path = tmp_path / place / name
    path.parent.mkdir(parents=True)
    shutil.copyfile(shared / "census/tw_moe_basec/110_basec.csv", path)
    return path


def test_a_table_is_read_from_its_place(tmp_path, shared):
    path = drop(tmp_path, shared, "2021/autumn/moe")
    found = read(path, tmp_path, load_profiles(tmp_path))
    assert (found.shape, found.profile, found.vintage) == ("table", "tw_moe_basec", "30")
    first = next(iter(found.sections))
    assert first.num_rows == 2668
    assert len(first["sha256"][0].as_py()) == 64


def test_the_wrong_year_folder_is_refused(tmp_path, shared):
    path = drop(tmp_path, shared, "2020/autumn")
    with pytest.raises(FileRejected, match=r"says school year 2021, but .* raw/2020/"):
        read(path, tmp_path, load_profiles(tmp_path))


def test_a_lost_column_is_named_instead_of_the_file_being_unknown(tmp_path, shared):
    path = drop(tmp_path, shared, "2021/autumn")
    text = path.read_text("utf-8-sig").replace("學校代碼", "代碼", 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileRejected, match="missing: 學校代碼; found: 學年度, 縣市代碼"):
        read(path, tmp_path, load_profiles(tmp_path))


def test_unknown_content_says_what_is_known_and_what_was_found(tmp_path):
    folder = tmp_path / "2023" / "autumn"
    folder.mkdir(parents=True)
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "mine.yml").write_text("profile: mine", encoding="utf-8")
    text = folder / "a.csv"
    text.write_text("甲乙,丙丁\n1,2\n", encoding="utf-8")
    book = folder / "b.xlsx"
    with xlsxwriter.Workbook(book) as workbook:
        workbook.add_worksheet("食堂").write_row(2, 0, ["菜名", "价格"])
    profiles = load_profiles(tmp_path)
    for path, found in (
        (text, "甲乙, 丙丁"),
        (book, "the sheets 食堂 whose first row begins with"),
    ):
        with pytest.raises(FileRejected) as caught:
            read(path, tmp_path, profiles)
        assert "no known shape" in caught.value.reason
        assert found in caught.value.reason
        assert "tw_moe_basec" in caught.value.reason
        assert "profiles/mine.yml" in caught.value.advice


def test_rejections_and_profiles_cross_process_borders(tmp_path):
    profiles = load_profiles(tmp_path)
    assert pickle.loads(pickle.dumps(profiles)) == profiles
    error = FileRejected("Reason.", advice="Advice.", sheet="s", cell="A1")
    assert pickle.loads(pickle.dumps(error)).sentence == "Reason. Advice."


def test_the_fingerprint_changes_with_a_users_profile_only(tmp_path):
    bare = reading_fingerprint()
    assert reading_fingerprint(tmp_path) == bare
    (tmp_path / "2023").mkdir()
    (tmp_path / "2023" / "a.csv").write_text("1")
    assert reading_fingerprint(tmp_path) == bare
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "mine.yml").write_text("profile: mine")
    assert reading_fingerprint(tmp_path) != bare
