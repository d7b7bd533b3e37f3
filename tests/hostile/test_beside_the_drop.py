"""Reviews, mappings and profiles are files of others too: read under limits, refused alone."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest

from dagster_project.census.rejection import FileRejected
from dagster_project.census.table.code_table import CodeTableInvalid
from dagster_project.census.table.profile import load_profiles, read_beside, user_profiles
from dagster_project.followup.reviews import read_folder
from dagster_project.lake.readers import Limits, each_aside, is_small_text
from dagster_project.lake.reference import write_reference
from dagster_project.lake.store import Lake
from tests.hostile.misbehaving import behave
from tests.hostile.mutations import ZIP_DAMAGE, Random

LINES = "flag_id,decision,explanation\nF1,属实,合并\n"
LIMITS = Limits(seconds=4, memory=700_000_000)


def workbook(rows) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


REVIEW = workbook([["疑点编号", "审核结论", "情况说明"], ["F2", "属实", "合并"]])


def with_a_bit_flipped_in_the_table() -> bytes:
    place = REVIEW.index(b"PK\x01\x02")
    return REVIEW[:place] + b"PK\x01\x03" + REVIEW[place + 4 :]


def bomb() -> bytes:
    """A workbook that says it is small and unpacks to 120 MB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<x/>")
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(30):
                part.write(b" " * (1 << 22))
    return buffer.getvalue()


def test_a_damaged_review_is_one_problem_and_the_others_count(tmp_path):
    (tmp_path / "good.csv").write_text(LINES, "utf-8")
    (tmp_path / "good.xlsx").write_bytes(REVIEW)
    bad = {
        "table.xlsx": with_a_bit_flipped_in_the_table(),
        "cut.xlsx": REVIEW[: len(REVIEW) // 2],
        "bomb.xlsx": bomb(),
        "binary.csv": bytes(range(256)) * 10,
        "empty.xlsx": b"",
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
    found = list(read_folder(tmp_path, LIMITS))
    assert {entry.flag_id for entry in found if not entry.problem} == {"F1", "F2"}
    problems = {entry.file: entry.problem for entry in found if entry.problem}
    assert problems.keys() == bad.keys()
    assert all(len(problem.split()) > 4 for problem in problems.values()), problems
    assert [e.file for e in found] == sorted(e.file for e in found)


def test_no_damage_to_a_review_stops_a_load(tmp_path):
    """Some make the library ask for so much memory that its process is aborted."""
    for damage in ZIP_DAMAGE:
        for number in range(4):
            luck = Random(f"{damage.__name__}{number}")
            (tmp_path / f"{damage.__name__}{number}.xlsx").write_bytes(damage(REVIEW, luck))
    found = list(read_folder(tmp_path, LIMITS))
    assert len({entry.file for entry in found}) == 4 * len(set(ZIP_DAMAGE))
    assert sum(bool(entry.problem) for entry in found) > len(found) / 3


def test_what_takes_too_long_beside_a_drop_is_ended(tmp_path):
    large, small = tmp_path / "large.csv", tmp_path / "small.csv"
    large.write_text("x" * 1_000_001)
    small.write_text("x")
    assert is_small_text(small) and not is_small_text(large)
    began = time.monotonic()
    found = each_aside(
        behave, {"sleep": large, "a": small, "raise": small, "refuse": small}, LIMITS
    )
    assert time.monotonic() - began < 60 and list(found) == ["sleep", "a", "raise", "refuse"]
    assert found.pop("a") == "a"
    assert all(isinstance(result, FileRejected) for result in found.values())
    assert "more than 4 seconds" in found["sleep"].reason and "odd" in found["raise"].reason


def test_a_mapping_that_is_no_small_text_is_looked_at_apart(tmp_path):
    mappings = tmp_path / "raw" / "mappings"
    mappings.mkdir(parents=True)
    head = "old_code,new_code,from_year,note\n"
    note = "说明" * 20
    many = "".join(f"{110000 + n},{220000 + n},2023,{note}\n" for n in range(9_000))
    (mappings / "county_codes.csv").write_text(head + many, "utf-8")
    lake = Lake(tmp_path / "lake")
    write_reference(lake, tmp_path / "raw", Limits(60, 1 << 30))
    assert len(_rows(lake)) == 9_000
    (mappings / "county_codes.csv").write_bytes(bomb())
    (refused,) = write_reference(lake, tmp_path / "raw", LIMITS)
    assert refused.path == "mappings/county_codes.csv" and "as it was read last" in refused.reason
    assert len(_rows(lake)) == 9_000  # no figure moves because a file was damaged


def _rows(lake: Lake) -> list[dict]:
    import pyarrow.parquet as pq

    return pq.read_table(lake.root / "mapping" / "county_code.parquet").to_pylist()


def test_of_a_profile_as_much_is_read_as_a_profile_can_be(tmp_path):
    folder = tmp_path / "profiles"
    folder.mkdir()
    with (folder / "huge.yml").open("wb") as file:
        file.truncate(1 << 40)  # a file of a terabyte, without any content
    began = time.monotonic()
    (broken,) = load_profiles(tmp_path).broken
    ((name, content),) = user_profiles(tmp_path)
    assert "larger than 200 kB" in broken.sentence and (name, len(content)) == ("huge.yml", 200_001)
    assert time.monotonic() - began < 10


def test_of_a_code_table_all_is_read_or_nothing(tmp_path):
    """A part of it would lose codes in silence."""
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(CodeTableInvalid, match="larger than 10 MB"):
        read_beside(tmp_path, "huge.csv")


@pytest.mark.parametrize("path", ["no/such.csv"])
def test_what_cannot_be_opened_is_left_to_whoever_reads_it(path):
    assert is_small_text(Path(path))
