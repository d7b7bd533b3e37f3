"""Other data and projects of a return: value and unit as written, what is doubtful told by cell."""

from __future__ import annotations

import pytest

from tests.returns.test_reading import doubt, doubts, rows


def line(item="校车", value=6, unit="辆", **more) -> dict:
    return {"item": item, "value": value, "unit": unit, **more}


@pytest.mark.parametrize(
    ("value", "unit", "is_read_as"),
    [
        (1.08, "亿元", (108_000_000, "yuan")),
        (68.6, "万元", (686_000, "yuan")),
        (17.58, "万人次", (175_800, "person_time")),
        (11.8, "万平方米", (118_000, "m2")),
        (99.62, "%", (0.9962, "1")),
        ("98.5%", None, (0.985, "1")),
        (0.95, "小数", (0.95, "1")),
        (24, "所", (24, "count")),
        (6, "人", (6, "person")),
        (500, "元/班/月", (500, "yuan_month")),
        (True, "是/否", (1, "yes_no")),
        ("否", None, (0, "yes_no")),
        (0, "个", (0, "count")),
    ],
)
def test_a_figure_is_converted_by_the_unit_beside_it(desk, value, unit, is_read_as):
    reading = desk.read(desk.county(measures=[line(value=value, unit=unit)]))
    assert not doubts(reading)
    ((number, name),) = rows(reading.parts["measure"], "value", "unit")
    assert number == pytest.approx(is_read_as[0]) and name == is_read_as[1]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (line(unit=None), "没有单位"),
        (line(value=1, unit=None), "没有单位"),  # 1 is a number, not 是
        (line(unit="袋"), "不是可用的单位"),
        (line(value=6.5, unit="人"), "不是整数"),
        (line(value=-3), "负数"),
        (line(value="约 6"), "不是数"),
        (line(value=120, unit="%"), "超过 100%"),
        (line(value="多", unit="是/否"), "既不是"),
        (line(to_year=2024), "晚于填报的学年"),
        (line(from_year=2023, to_year=2020), "前后颠倒"),
        (line(value=None, evidence="名单"), "未填"),
    ],
)
def test_what_cannot_be_understood_is_set_aside_with_its_cell(desk, entry, says):
    reading = desk.read(desk.county(measures=[entry, line("校医", 3, "人")]))
    (found,) = doubts(reading)
    assert says in found.sentence_zh and found.sheet == "其他数据" and found.cell
    assert rows(reading.parts["measure"], "item") == [("校医",)]


def test_a_line_keeps_its_item_as_written_its_period_and_its_cell(desk):
    entry = line("获奖 教师", 6, "人", level="provincial", from_year=2019, evidence="名单")
    reading = desk.read(desk.county(measures=[entry]))
    names = ("item", "item_key", "level", "from_year", "to_year", "evidence", "sheet", "school_id")
    assert rows(reading.parts["measure"], *names) == [
        ("获奖 教师", "获奖教师", "provincial", 2019, 2023, "名单", "其他数据", None)
    ]


def test_of_two_lines_that_differ_neither_is_used(desk):
    reading = desk.read(desk.county(measures=[line(), line(value=7), line("校医", 3, "人")]))
    assert len(doubts(reading)) == 2
    assert rows(reading.parts["measure"], "item") == [("校医",)]
    levels = [line(level=level) for level in ("national", "provincial")]
    assert not doubts(desk.read(desk.county(measures=levels)))


def test_schools_report_under_their_id(desk):
    path = desk.school(measures=[{"school_id": "0640221001", **line()}])
    reading = desk.read(path)
    assert rows(reading.parts["measure"], "school_id", "value") == [("0640221001", 6)]


PROJECT = {
    "name": "二中教学楼",
    "kind": "new",
    "state": "ready",
    "start": "2019-10",
    "ready": "2022",
    "money_yuan": 51_560_000,
    "money_county_yuan": 30_000_000,
    "area_m2": 12600,
    "classes": 24,
    "seats": 1080,
}


def test_a_project_comes_back_as_it_was_written(desk):
    reading = desk.read(desk.county(projects=[PROJECT]))
    assert rows(reading.parts["project"], *PROJECT) == [tuple(PROJECT.values())]
    assert rows(reading.parts["project"], "school_id", "sheet") == [(None, "建设项目")]


@pytest.mark.parametrize("written", ["2019年9月", "2019/9", "2019.09", "2019-09-01"])
def test_a_month_may_be_written_in_several_ways(desk, written):
    reading = desk.read(desk.county(projects=[PROJECT | {"start": written}]))
    assert rows(reading.parts["project"], "start") == [("2019-09",)]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"start": "2019-13"}, "不是年月"),
        ({"start": "2023-01", "ready": "2022"}, "前后颠倒"),
        ({"money_county_yuan": 60_000_000}, "多于总投资"),
        ({"name": None}, "未填"),
    ],
)
def test_a_project_that_cannot_be_is_set_aside(desk, wrong, says):
    assert says in doubt(desk, desk.county(projects=[PROJECT | wrong])).sentence_zh
