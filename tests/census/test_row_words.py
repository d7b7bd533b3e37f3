"""What labels of rows say in many languages and spellings; rows that are sums without a label."""

from __future__ import annotations

import re

import numpy as np
import pytest

from dagster_project.census.opening.number_marks import COMMA, POINT, Evidence, recognise
from dagster_project.census.row_words import PHRASE, WHOLE, is_note, total_label
from dagster_project.census.sums import SumWatch

SUMS = """合计|合 计|总　计|共计|合计：|小计:|本页小计:|计|計|總計|全县|全 市|平罗县合计|合计（人）
【合计】|Total|TOTALS|Sub-total|Gesamt|Insgesamt:|합계|합 계|총계|소계|県計|総計|Итого:|Всего
Σύνολο|Toplam|Razem|Összesen|Yhteensä|Summa|Somme|รวม|المجموع|Tổng cộng|合\u200b计|_合计_"""
SCHOOLS = """第一小学|计算机职业学校|全州县第一小学|Totality School|Totnes|Gesamtschule Köln|总校
小计镇中心小学|合计村教学点|0640221|1||주안초등학교"""


@pytest.mark.parametrize("label", re.split("[|\n]", SUMS))
def test_a_label_of_a_sum_is_known_in_any_spelling(label):
    assert total_label(label) == WHOLE


@pytest.mark.parametrize(
    "label",
    [
        "Total general",
        "TOTAL GERAL:",
        "State total",
        "Grand Total",
        "Total des écoles",
        "Sub total A",
    ],
)
def test_a_phrase_may_be_the_name_of_a_school_as_well(label):
    assert total_label(label) == PHRASE


@pytest.mark.parametrize("label", [*re.split("[|\n]", SCHOOLS), None, 12.0])
def test_the_name_of_a_school_is_none(label):
    assert total_label(label) == ""


def test_notes_are_told_from_names():
    notes = [
        "注：见附表",
        "说明",
        "填表人：甲",
        "制表日期 2023",
        "第 1 页 共 3 页",
        "Source: ministry",
    ]
    notes += ["Note 1", "* hidden", "※", "备注", "資料來源：教育部", "Quelle: Amt", "주: 2023"]
    names = [
        "注南小学",
        "Notting Hill School",
        "Sourceville",
        "Standish",
        "主",
        "주안초등학교",
        "-",
        "",
    ]
    assert [n for n in notes if not is_note(n)] == []
    assert [n for n in names if is_note(n)] == []


# ------------------------------------------------------------------------------------ arithmetic


def schools(count: int, columns: int, seed: int) -> np.ndarray:
    """Figures of made-up schools: pupils, girls, classes, teachers, books."""
    luck = np.random.default_rng(seed)
    pupils = luck.lognormal(6, 1, count).astype(int) + 5
    girls = (pupils * luck.normal(0.48, 0.03, count)).astype(int)
    teachers = (pupils / luck.normal(15, 2, count)).astype(int) + 1
    books = (pupils * luck.normal(20, 5, count)).astype(int)
    return np.stack([pupils, girls, pupils // 40 + 1, teachers, books], 1)[:, :columns].astype(
        float
    )


def sums(table: np.ndarray, batch: int = 10_000) -> list[tuple[int, int, int]]:
    """Rows (from 1) that are sums, with the first and last row of their blocks."""
    watch, found = SumWatch(), []
    for start in range(0, len(table), batch):
        part = table[start : start + batch]
        numbers = range(start + 1, start + len(part) + 1)
        found += watch.add(numbers, part, is_last=start + batch >= len(table))
    return sorted((s.at, s.first, s.last) for s in found)


@pytest.mark.parametrize("batch", [7, 10_000])
@pytest.mark.parametrize("columns", [3, 5])
def test_a_row_of_sums_is_found_above_or_below_its_block(columns, batch):
    blocks = [schools(20, columns, seed) for seed in range(5)]
    after = np.vstack([row for b in blocks for row in (b, b.sum(0))])
    before = np.vstack([row for b in blocks for row in (b.sum(0), b)])
    expected = [(21 * n + 21, 21 * n + 1, 21 * n + 20) for n in range(5)]
    assert sums(after, batch) == expected
    assert sums(before, batch) == [(21 * n + 1, 21 * n + 2, 21 * n + 21) for n in range(5)]
    everything = np.vstack([after, np.vstack(blocks).sum(0)])
    assert sums(everything, batch) == [*expected, (106, 1, 104)]


def test_one_figure_is_enough_for_the_sum_of_all(tmp_path):
    table = schools(12, 1, 3)
    assert sums(np.vstack([table, table.sum(0)])) == [(13, 1, 12)]
    assert sums(np.vstack([table.sum(0), table])) == [(1, 2, 13)]


def test_unknown_figures_say_nothing_and_a_column_that_differs_does():
    table = schools(20, 5, 1)
    total = table.sum(0)
    table[3, 1] = np.nan
    assert [at for at, _, _ in sums(np.vstack([table, total]))] == [21]
    total[2:] += 1
    assert sums(np.vstack([table, total])) == []


@pytest.mark.parametrize("columns", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [4, 60, 3000])
def test_schools_are_not_taken_for_sums(columns, count):
    found = [sums(schools(count, columns, seed)) for seed in range(30 if count < 3000 else 5)]
    assert [f for f in found if f] == []


def test_small_figures_agree_by_chance():
    """Teaching points of a handful of pupils: 3 + 2 = 5 proves nothing."""
    points = np.random.default_rng(1).integers(1, 9, (400, 3)).astype(float)
    assert sums(points) == []


# ------------------------------------------------------------------------------------ marks


@pytest.mark.parametrize(
    ("tokens", "marks"),
    [
        (["12.301,5", "1.201"], COMMA),
        (["0,75", "1.201"], COMMA),
        (["1.201.300"], COMMA),
        (["12,5", "1,201"], COMMA),
        (["1,201", "12.5"], POINT),
        (["1,201,300"], POINT),
        (["1,201", "980"], POINT),
        (["1.201", "980"], None),  # a whole number has no decimals: which of both is asked
        (["12,5", "12.5", "1.201"], None),
        ([1.5, 1201.0], POINT),
    ],
)
def test_a_column_says_its_marks_or_is_asked(tokens, marks):
    evidence = Evidence.of(tokens)
    assert recognise([evidence], evidence, is_count=True) == marks


def test_other_columns_of_the_file_say_what_one_cannot():
    pupils, books = Evidence.of(["1.201", "1.202"]), Evidence.of(["12.301,5"])
    assert recognise([pupils, books], pupils, is_count=True) == COMMA
    prices = Evidence.of(["12.75"])
    assert recognise([pupils, books, prices], pupils, is_count=True) is None
