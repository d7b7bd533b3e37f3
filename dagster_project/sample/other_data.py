"""Other data and building projects of the five counties, as their documents print them.

What a document prints blank or masked is made up, as are the parts that printed sums are made of.
The lines stand in ``data/other_data.csv``; what follows from the sample's own schools (all
classrooms, all boarding schools, every teacher) is counted from them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dagster_project.sample import returns
from dagster_project.sample.county import share_out
from dagster_project.sample.model import Batch
from dagster_project.sample.returns import Row

_LINES = Path(__file__).parent / "data" / "other_data.csv"
_WAN, _YI = 10_000, 100_000_000
_COLUMNS = ("item", "level", "stage", "from_year", "to_year", "value", "unit")


def lines(batch: Batch, school_year: int | None = None, own: Sequence[Row] = ()) -> list[Row]:
    """The lines of the batch's (only) county in the return of a year; ``own`` ones come last."""
    key = _key(batch, school_year)
    found = [
        {**key, "school_id": None, **{name: _value(row[name]) for name in _COLUMNS}}
        for row in _all_lines()
        if (row["county_code"], int(row["school_year"])) == (key["county_code"], key["school_year"])
    ]
    blank = dict.fromkeys(_COLUMNS)
    return found + [{**key, "school_id": None, **blank, **line} for line in own]


def count_line(item: str, value: int, unit: str) -> Row:
    """A line that is counted from the sample's schools."""
    return {"item": item, "value": value, "unit": unit}


def _key(batch: Batch, school_year: int | None) -> Row:
    key = returns.county_key(batch)
    return key | {"school_year": school_year or key["school_year"]}


def _all_lines() -> list[dict[str, str]]:
    with _LINES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _value(text: str) -> object:
    try:
        number = float(text)
    except ValueError:
        return text or None
    return int(number) if number.is_integer() else number


def projects(
    batch: Batch,
    shares: Mapping[str, int],
    *,
    years: Sequence[int],
    schools: Sequence[str | None],
    kind: str = "extend",
    name: str = "改扩建工程",
    school_year: int | None = None,
) -> list[Row]:
    """One project for each of ``schools``, ready in the ``years`` in turn.

    ``shares`` are totals of columns (money in yuan, areas, classes, seats), divided over them.
    """
    weights = np.arange(len(schools)) % 5 + 3
    parts = {column: share_out(total, weights) for column, total in shares.items()}
    found = []
    for number, school_id in enumerate(schools):
        ready = years[number % len(years)]
        row = {
            **_key(batch, school_year),
            "name": f"{name}{number + 1}",
            "school_id": school_id,
            "kind": kind,
            "state": "ready",
            "start": f"{ready - 1}-03",
            "ready": f"{ready}-08",
        }
        row |= {column: int(part[number]) for column, part in parts.items()}
        found.append(row)
    return found


def zhoucun(batch: Batch) -> returns.Rows:
    """Nine schools built or extended for 6.34 亿元, one project under way, one planned to 2023."""
    rooms = int(batch.shared["classrooms"].sum())
    ids = [str(school) for school in batch.schools["school_id"]]
    shares = {"money_yuan": 634 * 1_000_000, "area_m2": 118_000, "classes": 186, "seats": 8650}
    built = projects(batch, shares, years=range(2017, 2022), schools=ids[:9])
    later = [
        ("大学城实验小学", "new", "2019-10", "2022", 5156 * _WAN),
        ("周村一中改扩建一期", "extend", "2021-03", "2023", 11 * _YI // 10),
    ]
    for name, kind, start, ready, money in later:  # schools that the sample does not have
        row = {"name": name, "school_id": None, "kind": kind, "state": "building"}
        built.append(
            {**_key(batch, None), **row, "start": start, "ready": ready, "money_yuan": money}
        )
    screens = count_line("配备交互式大屏的教室", rooms, "间")
    return {"measure": lines(batch, own=[screens]), "project": built}


def pioneer(batch: Batch) -> returns.Rows:
    """Five years: 385 projects for 9.18 亿元, 16.32 万 m² built and 13.61 万 m² repaired."""
    moved = 492 * 1_000_000  # the second middle school, moved into town in 2022
    rest = 918 * 1_000_000 - moved
    years = range(2018, 2023)
    one = {
        **_key(batch, None),
        "name": "县第二中学搬迁入城",
        "school_id": None,
        "kind": "new",
        "state": "ready",
        "start": "2021-04",
        "ready": "2022-08",
        "money_yuan": moved,
        "area_m2": 43_200,
    }
    several: list[str | None] = [None] * 184
    new = {"money_yuan": rest * 2 // 3, "area_m2": 120_000}
    repaired = {"money_yuan": rest - rest * 2 // 3, "area_m2": 136_100}
    found = [one]
    found += projects(batch, new, years=years, schools=several, kind="new", name="校舍新建")
    several = [None] * 200
    found += projects(batch, repaired, years=years, schools=several, kind="repair", name="校舍维修")
    own = [count_line("建有学生浴室的寄宿制学校", _boarding_schools(batch), "所")]
    return {"measure": lines(batch, own=own), "project": found}


def _boarding_schools(batch: Batch) -> int:
    with_boarders: set[int] = set()
    for stage in returns.COMPULSORY:
        table = batch.stages[stage]
        with_boarders |= set(table.index[table.figures["pupils_boarding"] > 0].tolist())
    return len(with_boarders)


def city(batches: Sequence[Batch]) -> returns.Rows:
    """66 schools of a city built or extended for 52 亿元; the seats (60,000) are made up."""
    counts = share_out(66, np.array([len(batch) for batch in batches]))
    money = share_out(52 * _YI, counts)
    seats = share_out(60_000, counts)
    rows: returns.Rows = {"measure": [], "project": []}
    for batch, count, cost, places in zip(batches, counts, money, seats, strict=True):
        rows["measure"] += lines(batch)
        ids: list[str | None] = [str(school) for school in batch.schools["school_id"]]
        schools = (ids * 2)[:count]
        shares = {"money_yuan": int(cost), "seats": int(places)}
        rows["project"] += projects(batch, shares, years=range(2017, 2022), schools=schools)
    return rows


def sucheng(batch: Batch) -> returns.Rows:
    """Every teacher takes part in a research project."""
    teachers = sum(int(batch.stages[s].figures["teachers"].sum()) for s in returns.COMPULSORY)
    own = [count_line("主持或参与课题研究的教师", teachers, "人")]
    return {"measure": lines(batch, own=own)}
