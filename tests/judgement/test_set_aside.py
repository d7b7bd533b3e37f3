"""What a reader did not use: from the reading through lake and selection to a flag."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.census.reading import Reading
from dagster_project.census.schema import origin_schema, part_schema, section_schema
from dagster_project.census.set_aside import MOST_OF_A_TOKEN, SetAside, quoted
from dagster_project.judgement.judge import Limits, judge
from dagster_project.lake.selection import select
from dagster_project.lake.store import ACCEPTED, Delivery, Lake
from tests.judgement.conftest import section_table

SCHOOL, OTHER = "2164000001", "2164000002"
RULE = "file.doubtful_entry"


class Deliveries:
    """Accepted files, each later than the one before."""

    def __init__(self, root) -> None:
        self.root, self.lake, self.log = root, Lake(root / "lake"), []
        self.files = 0

    def add(self, path: str, *, sections=(), roster=None, set_aside=()) -> str:
        self.files += 1
        sha256 = hashlib.sha256(f"{path}{self.files}".encode()).hexdigest()
        rows = [{"sha256": sha256, "school_id": school} for school in sections]
        parts = {}
        if roster is not None:
            own = {"sha256": sha256, "school_year": 2023, "term": "autumn", "stage": "primary",
                   "county_code": "640221"}  # fmt: skip
            rows = [{**own, "school_id": s, "grade": 1, "class_name": "1", "pupils": 40.0}
                    for s in roster]  # fmt: skip
            parts = {"roster": pa.Table.from_pylist(rows, part_schema("roster"))}
        table = section_table(rows) if not parts else section_schema().empty_table()
        reading = Reading(
            "returns" if parts else "flat", "test", "1", 2023, "autumn", table.to_batches(),
            origin_schema().empty_table(), parts=parts, set_aside=set_aside,
        )  # fmt: skip
        stored = self.lake.write(reading, sha256)
        self.log.append(
            Delivery(
                "load", path, sha256, datetime(2024, 1, 1) + timedelta(hours=self.files),
                ACCEPTED, "test", 2023, "autumn", stored.shape, "test", "1", stored.rows,
            )
        )  # fmt: skip
        return sha256

    def select(self) -> list[dict]:
        self.lake.append(self.log)
        self.log.clear()
        select(self.lake, self.root / "selection")
        return pq.read_table(self.root / "selection" / "set_aside.parquet").to_pylist()

    def flags(self) -> list[dict]:
        self.select()
        limits = Limits(self.root / "work")
        judge(self.lake, self.root / "selection", self.root / "out", limits=limits)
        rows = pq.read_table(self.root / "out" / "flag.parquet").to_pylist()
        return [row for row in rows if row["rule_id"] == RULE]


@pytest.fixture
def deliveries(tmp_path):
    return Deliveries(tmp_path)


def doubt(school=SCHOOL, part="section", **more) -> SetAside:
    return SetAside(
        "doubtful", "Nothing adds up.", "数据自相矛盾。", part=part, sheet="表", cell="D7",
        source_row=7, token="12a", county_code="640221", school_id=school, **more,
    )  # fmt: skip


def standing(rows: list[dict]) -> list[bool]:
    return [row["is_standing"] for row in rows]


def test_a_doubtful_entry_is_a_hard_flag_at_its_cell(deliveries):
    sha256 = deliveries.add("2023/autumn/a.csv", sections=[OTHER], set_aside=[doubt()])
    (flag,) = deliveries.flags()
    place = (flag["source_file"], flag["sheet"], flag["cell"], flag["sha256"])
    assert place == ("2023/autumn/a.csv", "表", "D7", sha256)
    assert (flag["severity"], flag["status"], flag["school_id"]) == ("hard", "open", SCHOOL)
    assert flag["taints"] == "all" and "数据自相矛盾" in flag["message"]


def test_what_is_only_left_out_is_counted_and_not_flagged(deliveries):
    total = SetAside("total", "A sum of the rows above it.", cell="row 9", rows=3)
    deliveries.add("2023/autumn/a.csv", sections=[SCHOOL], set_aside=[total])
    assert deliveries.flags() == []
    assert standing(deliveries.select()) == [True]


def test_a_year_with_nothing_but_doubt_is_judged(deliveries):
    deliveries.add("2023/autumn/r.csv", roster=[], set_aside=[doubt(part="roster")])
    (flag,) = deliveries.flags()
    assert flag["taints"] == "G5"


def test_entries_of_the_same_words_at_two_cells_are_one_flag_with_both(deliveries):
    """A flag knows what is said and by whom, not the row it stands in, which may move."""
    one = doubt()
    two = SetAside(**{**one.__dict__, "cell": "D9", "source_row": 9})
    deliveries.add("2023/autumn/a.csv", sections=[OTHER], set_aside=[one, two])
    (flag,) = deliveries.flags()
    assert flag["cell"] == "D7; D9"


@pytest.mark.parametrize(
    ("first", "later", "is_standing"),
    [
        # The corrected file under another name speaks for the school now.
        (doubt(), {"sections": [SCHOOL]}, False),
        (doubt(stage="primary"), {"sections": [SCHOOL]}, False),
        # It speaks for other schools, or another stage, or says something else about the school.
        (doubt(), {"sections": ["2164000003"]}, True),
        (doubt(stage="junior"), {"sections": [SCHOOL]}, True),
        (doubt(), {"roster": [SCHOOL]}, True),
        # Nothing of the file counts any more, whatever stood in it.
        (doubt(school=None), {"sections": [OTHER]}, False),
        (doubt(school=None), {"sections": [SCHOOL]}, True),
    ],
)
def test_a_later_file_that_speaks_for_the_same_ends_it(deliveries, first, later, is_standing):
    deliveries.add("2023/autumn/a.csv", sections=[OTHER], set_aside=[first])
    deliveries.add("2023/autumn/b.csv", **later)
    assert standing(deliveries.select()) == [is_standing]


def test_an_earlier_file_does_not_settle_a_later_doubt(deliveries):
    """The school falls back on its older figures: all the more must the doubt be seen."""
    deliveries.add("2023/autumn/a.csv", sections=[SCHOOL])
    deliveries.add("2023/autumn/b.csv", sections=[OTHER], set_aside=[doubt()])
    assert standing(deliveries.select()) == [True]


def test_the_corrected_file_on_the_same_path_ends_it(deliveries):
    deliveries.add("2023/autumn/a.csv", sections=[OTHER], set_aside=[doubt(school=None)])
    assert len(deliveries.flags()) == 1
    deliveries.add("2023/autumn/a.csv", sections=[OTHER, SCHOOL])
    assert standing(deliveries.select()) == [False]
    assert [flag for flag in deliveries.flags() if flag["status"] == "open"] == []


def test_another_reading_of_the_file_forgets_what_the_first_one_left_out(deliveries):
    sha256 = deliveries.add("2023/autumn/a.csv", sections=[OTHER], set_aside=[doubt()])
    again = Reading(
        "flat", "test", "2", 2023, "autumn", section_table([{"sha256": sha256}]).to_batches(),
        origin_schema().empty_table(),
    )  # fmt: skip
    deliveries.lake.write(again, sha256)
    assert deliveries.select() == []


def test_an_answer_taints_its_own_item_only():
    assert doubt(part="answer", field_id="exchange_moved").taints == "G11"
    assert doubt(part="answer", field_id="education_budget_yuan").taints is None
    assert "G11" in doubt(part="answer").taints.split(",")
    assert SetAside("header", "Again.", part="roster").taints is None


def test_nothing_personal_and_nothing_endless_is_quoted():
    assert quoted("张三", "教职工", "姓名") is None
    assert quoted("12a", "在校生数") == "12a"
    assert quoted(" ", "在校生数") is None
    assert len(quoted("9" * 500, "在校生数")) == MOST_OF_A_TOKEN


@pytest.mark.parametrize("wrong", [{"reason": "because"}, {"part": "lunch"}])
def test_reasons_and_parts_are_those_of_the_dictionary(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong.values()))):
        SetAside(**{"reason": "note", "sentence": "…", **wrong})
