"""The files of a sample: shapes, official cells, and what the census readers make of them."""

from __future__ import annotations

import re

import pytest
from python_calamine import CalamineWorkbook

from dagster_project.census.flat import read as flat
from dagster_project.census.opening.source import Workbook, open_source
from dagster_project.census.reading import Place
from dagster_project.census.schema import fields, status_column
from dagster_project.census.workbook import read as workbook
from dagster_project.sample import SHAPES, nation, pingluo, write_nation, write_pingluo
from dagster_project.sample import workbook as sample_workbook

NINE_YEAR = "灵沙九年制学校"


def cell(path, form, address):
    """The text at ``address`` of the sheet of ``form`` (sheet names may carry a suffix)."""
    book = CalamineWorkbook.from_path(path)
    (name,) = [n for n in book.sheet_names if re.fullmatch(rf"{form}(_.*)?", n)]
    letters, row = re.fullmatch(r"([A-Z]+)(\d+)", address).groups()
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return rows[int(row) - 1][column - 1]


def as_text(value):
    return "" if value == 0 else str(int(value))


@pytest.fixture(scope="module")
def nine_year():
    records = pingluo.county().records()
    return next(r for r in records if r.attributes["school_name"] == NINE_YEAR)


@pytest.fixture(scope="module")
def county_files(tmp_path_factory):
    return {
        shape: write_pingluo(tmp_path_factory.mktemp(shape), shape)
        for shape in ("flat", "workbook")
    }


@pytest.fixture(scope="module")
def old_file(tmp_path_factory, nine_year):
    nine_year.school_year = 2020
    path = sample_workbook.write(tmp_path_factory.mktemp("old"), nine_year)
    nine_year.school_year = 2023
    return path


@pytest.fixture(scope="module")
def new_file(county_files):
    return next(p for p in county_files["workbook"] if p.name.startswith(NINE_YEAR))


# DOMAIN.md §5: form, cell seen, stage, what stands there
CELLS_2021 = [
    ("教基3112", "I6", "primary", "pupils"),
    ("教基3115", "E6", "junior", "pupils"),
    ("教基4155", "C6", "primary", "teachers"),
    ("教基4155", "C9", "primary", "teachers_doctor"),
    ("教基4155", "C10", "primary", "teachers_master"),
    ("教基4155", "C11", "primary", "teachers_bachelor"),
    ("教基4155", "C12", "primary", "teachers_associate"),
    ("教基4155", "L6", "primary", "teachers_pe"),
    ("教基4155", "N6", "primary", "x_arts_joint"),
    ("教基4155", "O6", "primary", "teachers_music"),
    ("教基4155", "P6", "primary", "teachers_fine_art"),
    ("教基4156", "U6", "junior", "teachers_pe"),
    ("教基4156", "V6", "junior", "teachers_music"),
    ("教基4156", "W6", "junior", "teachers_fine_art"),
    ("教基4156", "X6", "junior", "x_arts_joint"),
    ("教基1102", "D12", "primary", "backbone_teachers"),
    ("教基1102", "D13", "junior", "backbone_teachers"),
    ("教基2106", "C5", "primary", "classes"),
    ("教基2106", "C6", "primary", "classes_le25"),
    ("教基2106", "C7", "primary", "classes_26_30"),
    ("教基2107", "C5", "junior", "classes"),
    ("教基2107", "C8", "junior", "classes_31_35"),
]
CELLS_2020 = [
    ("基础基312", "H7", "primary", "pupils"),
    ("基础基313", "G7", "junior", "pupils"),
    ("基础基423", "D8", "primary", "teachers"),
    ("基础基423", "D12", "primary", "teachers_bachelor"),
    ("基础基423", "D13", "primary", "teachers_associate"),
    ("基础基423", "M8", "primary", "teachers_pe"),
    ("基础基423", "N8", "primary", "teachers_music"),
    ("基础基423", "P8", "primary", "teachers_fine_art"),
    ("基础基423", "Q8", "primary", "x_arts_joint"),
    ("基础基424", "D13", "junior", "teachers_bachelor"),
    ("基础基424", "D14", "junior", "teachers_associate"),
    ("基础基424", "V8", "junior", "teachers_pe"),
    ("基础基424", "Y8", "junior", "x_arts_joint"),
    ("基础基112", "D30", "primary", "backbone_teachers"),
    ("基础基112", "D31", "junior", "backbone_teachers"),
    ("基础基212", "E6", "primary", "classes"),
    ("基础基212", "E8", "primary", "classes_le25"),
    ("基础基213", "E7", "junior", "classes"),
    ("基础基213", "E11", "junior", "classes_31_35"),
]


@pytest.mark.parametrize(("form", "address", "stage", "name"), CELLS_2021)
def test_figures_stand_where_they_were_seen_from_2021_on(
    new_file, nine_year, form, address, stage, name
):
    assert cell(new_file, form, address) == as_text(nine_year.stages[stage][name])


@pytest.mark.parametrize(("form", "address", "stage", "name"), CELLS_2020)
def test_figures_stand_where_they_were_seen_to_2020(
    old_file, nine_year, form, address, stage, name
):
    assert cell(old_file, form, address) == as_text(nine_year.stages[stage][name])


def test_whole_school_figures_stand_where_they_were_seen(new_file, old_file, nine_year):
    whole = nine_year.shared
    both = [
        (("教基5170", "F10"), ("基础基512", "E10"), whole["teaching_area_m2"]),
        (("教基5170", "F17"), ("基础基512", "E16"), whole["indoor_sports_area_m2"]),
        (("教基5176", "D7"), ("基础基522", "F9"), whole["sports_ground_area_m2"]),
        (("教基5176", "D12"), ("基础基531", "D8"), whole["books"]),
        (("教基5176", "D19"), ("基础基522", "O9"), whole["equipment_value_yuan"] / 10000),
    ]
    for new, old, value in both:
        assert float(cell(new_file, *new)) == float(cell(old_file, *old)) == value
    assert int(cell(new_file, "教基5176", "D17")) == whole["multimedia_rooms"]
    rooms = [int(cell(old_file, "基础基522", a)) for a in ("L9", "N9")]
    assert sum(rooms) == whole["multimedia_rooms"]
    assert cell(new_file, "教基1001", "C3") == nine_year.attributes["school_id"]
    assert cell(new_file, "教基1001", "C4") == NINE_YEAR
    assert int(cell(old_file, "基础基412", "D7")) == whole["staff"]


def test_workbooks_look_like_the_real_ones(county_files, old_file):
    files = county_files["workbook"]
    assert len(files) == 28
    assert {p.parent.name for p in files} == {"autumn"}
    primary = next(p for p in files if p.name == "城关一小(小学).xlsx")
    for path in (primary, old_file):
        book = CalamineWorkbook.from_path(path)
        assert len(book.sheet_names) >= 20
        for name in book.sheet_names:
            for row in book.get_sheet_by_name(name).to_python():
                assert all(isinstance(token, str) for token in row), name  # all cells are text
    assert cell(primary, "教基3115", "E6") == "*"  # no junior section
    assert cell(primary, "封面", "C5") == "样例（合成数据）"
    grid = CalamineWorkbook.from_path(old_file).get_sheet_by_name("基础基312").to_python()
    assert grid[0][:3] == ["A", "B", "C"]
    assert [row[0] for row in grid[1:4]] == ["1", "2", "3"]


def test_form_4155_covers_both_stages_from_2024_on(tmp_path, nine_year):
    nine_year.school_year = 2024
    path = sample_workbook.write(tmp_path, nine_year)
    nine_year.school_year = 2023
    book = CalamineWorkbook.from_path(path)
    assert "教基4156" not in book.sheet_names
    rows = book.get_sheet_by_name("教基4155").to_python()
    junior = next(r for r in rows if r[0] == "初中")
    assert junior[1] == "10"
    assert int(junior[2]) == nine_year.stages["junior"]["teachers"]
    assert int(junior[19]) == nine_year.stages["junior"]["teachers_arts"]


def read_back(path, school_year):
    """What the census readers make of a file: its sections and what they found odd."""
    source, place = open_source(path), Place(school_year, "autumn")
    is_workbook = isinstance(source, Workbook) and workbook.recognises(source)
    reading = (workbook if is_workbook else flat).read(source, "0" * 64, place)
    rows = [row for batch in reading.sections for row in batch.to_pylist()]
    return rows, reading.drift


NOTHING_IN_FILE = "not_collected"


def differences(files, batch):
    """Figures that differ from the batch, and figures the files have no place for."""
    wanted = {}
    for stage, table in batch.stages.items():
        for k, i in enumerate(table.index):
            own = {name: column[k] for name, column in table.figures.items()}
            whole = {name: column[i] for name, column in batch.shared.items()}
            wanted[str(batch.schools["school_id"][i]), stage] = own | whole
    wrong, absent = [], set()
    for path in files:
        rows, drift = read_back(path, batch.school_year)
        wrong += [(path.name, d) for d in drift]
        for row in rows:
            figures = wanted.pop((row["school_id"], row["stage"]))
            for name in fields().keys() & figures.keys():
                if row[status_column(name)] == NOTHING_IN_FILE:
                    absent.add(name)
                elif (row[name] or 0) != pytest.approx(float(figures[name]), abs=1e-9):
                    wrong.append((row["school_name"], row["stage"], name, row[name], figures[name]))
    assert not wanted, "sections that no file holds"
    return wrong, absent


def test_flat_files_read_back_whole(county_files):
    assert [p.suffix for p in county_files["flat"]] == [".xlsx", ".xlsx"]
    assert sum(p.stat().st_size for p in county_files["flat"]) < 200_000
    assert differences(county_files["flat"], pingluo.county()) == ([], set())


def test_workbooks_read_back_whole_but_for_the_flows(county_files):
    wrong, absent = differences(county_files["workbook"], pingluo.county())
    assert wrong == []
    assert all(name.startswith("flow_") for name in absent)  # no flow form from 2021 on


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_nation_csv_reads_back_whole(tmp_path, encoding):
    arguments = {"counties": 2, "schools": 20, "years": 2, "seed": 3}
    files = write_nation(tmp_path, **arguments, file_type="csv", encoding=encoding)
    assert len(files) == 6  # two years of primary, junior and senior
    points = (tmp_path / "mappings" / "teaching_points.csv").read_text("utf-8").splitlines()
    assert points[0] == "school_id,parent_school_id,from_year,to_year,note"
    assert all(line.endswith(",2023,,样例（合成数据）") for line in points[1:])
    plan = nation.plan(**arguments, first_year=2023)
    ((_, chunks),) = nation.files(plan, "nation")
    for year in (2023, 2024):
        of_year = [f for f in files if f.parent.parent.name == str(year)]
        made = [b for c in chunks for b in nation.batches(plan, c) if b.school_year == year]
        every = [row for f in of_year for row in read_back(f, year)[0]]
        assert len(every) == sum(len(t) for b in made for t in b.stages.values())
        pupils = sum(row["pupils"] for row in every)
        assert pupils == sum(t.figures["pupils"].sum() for b in made for t in b.stages.values())


def test_nation_files_are_the_same_bytes_each_time(tmp_path):
    arguments = {"counties": 3, "schools": 6, "years": 1, "seed": 11, "split": "province"}
    first, again = (
        write_nation(tmp_path / d, **arguments, file_type="xlsx") for d in ("one", "two")
    )
    assert len({p.name.split("_")[1] for p in first}) == 3  # a pair of files per province
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in again]


def test_nation_workbooks_read_back_whole(tmp_path):
    arguments = {"counties": 1, "schools": 12, "years": 1, "seed": 2, "first_year": 2020}
    files = write_nation(tmp_path, **arguments, shape="workbook")
    plan = nation.plan(**arguments)
    ((_, (chunk,)),) = nation.files(plan, "nation")
    (batch,) = nation.batches(plan, chunk)
    assert len(files) == 12
    batch.stages["senior"].figures = {}  # of the senior stage only pupils are read
    del batch.shared["classroom_area_m2"]  # the room taxonomy changed in 2021
    wrong, _ = differences(files, batch)
    assert wrong == []


def test_unknown_choices_are_refused(tmp_path):
    with pytest.raises(ValueError, match="flat, workbook"):
        write_pingluo(tmp_path, "table")
    for wrong in ({"file_type": "xls"}, {"encoding": "big5"}, {"split": "city"}):
        with pytest.raises(ValueError, match="choose one of"):
            write_nation(
                tmp_path, counties=1, schools=2, years=1, seed=1, **{"file_type": "csv"} | wrong
            )
    assert SHAPES == ("flat", "workbook")
