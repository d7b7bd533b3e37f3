"""Reviews as people write them, and what they make of flags."""

from __future__ import annotations

import openpyxl
import pytest

from dagster_project.followup.reviews import Review, Reviews, read_folder
from dagster_project.followup.verdicts import apply

HEADER = "疑点编号,审核结论,情况说明,审核人,日期"


def review(flag_id="F1", decision="confirmed", explanation="合并", on="", **more) -> Review:
    return Review(flag_id, decision, explanation, "张三", on, "r.csv", None, "B2", **more)


def flag(flag_id="F1", severity="soft", status="open") -> dict:
    return {"flag_id": flag_id, "severity": severity, "status": status, "note": None}


@pytest.mark.parametrize(
    ("severity", "decision", "explanation", "status"),
    [
        ("soft", "confirmed", "合并", "confirmed"),
        ("soft", "confirmed", "", "open"),
        ("soft", "waived", "", "waived"),
        ("hard", "confirmed", "学籍如此", "confirmed"),
        ("hard", "waived", "", "open"),
        ("hard", "waived", "省里同意", "waived"),
        ("hard", "pending", "将更正", "open"),
    ],
)
def test_what_a_decision_makes_of_a_flag(severity, decision, explanation, status):
    entry = review(decision=decision, explanation=explanation)
    (after,), _ = apply([flag(severity=severity)], Reviews((entry,)))
    assert after["status"] == status


def test_the_latest_review_counts_by_date_then_by_place():
    entries = (
        review(decision="waived", on="2024-05-01"),
        review(decision="confirmed", on="2024-03-01"),
    )
    (after,), rows = apply([flag()], Reviews(entries))
    assert after["status"] == "waived"
    assert [row["outcome"] for row in rows] == ["applied", "overruled"]


def test_a_corrected_flag_is_not_reopened_by_its_review():
    (after,), rows = apply([flag(status="corrected")], Reviews((review(),)))
    assert (after["status"], rows[0]["outcome"]) == ("corrected", "lapsed")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_in_any_encoding(tmp_path, encoding):
    (tmp_path / "r.csv").write_bytes(
        f"{HEADER}\nF1,属实,合并三校,张三,2024年3月1日\n".encode(encoding)
    )
    (entry,) = read_folder(tmp_path)
    assert (entry.decision, entry.explanation, entry.reviewed_on) == (
        "confirmed", "合并三校", "2024-03-01",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "cell", "words"),
    [
        ("F1,也许,不清楚,,", "B2", "not known"),
        (",属实,合并,,", "A2", "no flag id"),
        ("F1,属实,合并,,三月", "E2", "not a date"),
    ],
)
def test_a_bad_line_is_named_by_its_cell(tmp_path, line, cell, words):
    (tmp_path / "r.csv").write_text(f"{HEADER}\n{line}\n", "utf-8")
    (entry,) = read_folder(tmp_path)
    assert entry.cell == cell and words in entry.problem


def test_a_table_without_flag_ids_is_one_problem(tmp_path):
    (tmp_path / "r.csv").write_text("学校,说明\n城关一小,合并\n", "utf-8")
    (tmp_path / "bad.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    assert [bool(entry.problem) for entry in read_folder(tmp_path)] == [True, True]


def test_a_sheet_with_a_title_above_and_lines_left_empty(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["2023 学年疑点"])
    book.active.append(["学校", "审核结论", "情况说明", "疑点编号"])
    book.active.append(["城关一小", None, None, "F1"])
    book.active.append(["城关二小", None, "本年合并", "F2"])
    book.create_sheet("小学").append(["学校", "在校生"])
    book.save(tmp_path / "list.xlsx")
    (entry,) = read_folder(tmp_path)
    assert (entry.flag_id, entry.decision, entry.cell) == ("F2", "confirmed", "C4")
