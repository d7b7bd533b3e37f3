"""``junheng check``: the same verdicts as a load, without one."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dagster_project import sample
from dagster_project.census.read import read_at
from dagster_project.census.reading import Place
from dagster_project.census.table.profile import load_profiles
from dagster_project.check.check import check
from dagster_project.check.inputs import Input, inputs, place_of_folders
from dagster_project.check.outcome import Checked, FileOutcome
from dagster_project.check.reading import Result, read_all
from dagster_project.check.scratch import Scratch
from dagster_project.cli.app import app
from dagster_project.lake.readers import LimitReached, Limits, ReadingFailed
from dagster_project.lake.store import Lake
from tests.hostile.misbehaving import behave
from tests.load.flawed import write_flawed

AUTUMN = Place(2023, "autumn")
COUNTY = """学校代码,学校名称,区县代码,在校生,班数,专任教师,高于规定学历教师数,备用列
1164000001,一小,640221,400,10,30,25,x
1164000002,二小,640221,300,8,24,{above},y
"""
PROFILE = """
profile: our_county
recognise: {columns: [学校代码, 在校生, 班数]}
stage: primary
standards: ["2017", general]
school_id: 学校代码
school_name: 学校名称
county_code: 区县代码
fields:
  pupils: 在校生
  classes: 班数
  teachers: 专任教师
  teachers_above_degree: 高于规定学历教师数
"""


def checked(*paths: Path, raw: Path | None = None, known: Lake | None = None) -> Checked:
    return check(inputs(paths), load_profiles(raw), AUTUMN, raw=raw, known=known)


def county(folder: Path, above: object = 20) -> Path:
    (folder / "profiles").mkdir(parents=True)
    (folder / "profiles" / "our.yml").write_text(PROFILE, "utf-8")
    path = folder / "2023" / "autumn" / "our.csv"
    path.parent.mkdir(parents=True)
    path.write_text(COUNTY.format(above=above), "utf-8")
    return path


@pytest.fixture(scope="module")
def workbook(tmp_path_factory) -> Path:
    """A school's own workbook, as it lies on somebody's desk."""
    drop = tmp_path_factory.mktemp("drop")
    sample.write_pingluo(drop, "workbook")
    return sorted(drop.rglob("*.xlsx"))[0]


@pytest.fixture(scope="module")
def sheet(tmp_path_factory) -> Checked:
    """A county's own sheet with a profile, checked."""
    folder = tmp_path_factory.mktemp("sheet")
    return checked(county(folder), raw=folder)


def test_flags_are_those_of_a_load(documents):
    """Many counties, years and returns at once: every flag, none besides."""
    raw = documents.settings.raw
    columns = "rule_id, school_year, term, county_code, school_id, stage, source_file, cell"
    loaded = documents.query(f"select {columns} from quality.flag where status = 'open'")
    outcome = checked(raw, raw=raw)
    found = [tuple(flag[name] for name in columns.split(", ")) for flag in outcome.flags]
    assert sorted(map(str, found)) == sorted(map(str, loaded))
    assert loaded and outcome.exit_code == 3


def test_a_flawed_county_alone_is_flagged_as_beside_others(documents, tmp_path):
    """What is left out where no earlier year is known could not have been flagged."""
    write_flawed(tmp_path)
    name = next(tmp_path.rglob("*.xlsx")).name
    loaded = documents.query(
        "select rule_id, school_id, cell from quality.flag where source_file like ?", f"%{name}"
    )
    outcome = checked(tmp_path, raw=tmp_path)
    found = [(f["rule_id"], f["school_id"], f["cell"]) for f in outcome.flags if f["source_file"]]
    assert sorted(map(str, found)) == sorted(map(str, loaded))


def test_a_clean_workbook_is_clean(workbook):
    outcome = checked(workbook)
    (file,) = outcome.files
    assert (outcome.exit_code, file.shape, file.school_year, file.term) == (
        0, "workbook", 2023, "autumn",
    )  # fmt: skip
    assert {"pupils", "classes"} <= {name for used in file.used for name in used.fields}
    assert all(item.computed == item.sections == 1 for item in outcome.indicators)


def test_what_was_not_used_is_said(sheet):
    (file,) = sheet.files
    assert [drift.label for drift in file.ignored] == ["备用列"]
    assert sheet.exit_code == 3
    assert {used.label: used.fields for used in file.used}["在校生"] == ("pupils",)


@pytest.mark.parametrize(
    ("indicator", "computed", "lacking"),
    [
        ("L1", 2, set()),  # the numerator as such will do
        ("L2", 0, {"backbone_teachers"}),
        ("L3", 0, {"teachers_pe", "teachers_arts"}),
        ("L7", 0, {"multimedia_rooms"}),
        ("C1", 2, set()),
    ],
)
def test_an_indicator_names_the_figures_it_lacks(sheet, indicator, computed, lacking):
    item = next(i for i in sheet.indicators if i.indicator_id == indicator)
    assert (item.computed, {lack.field_id for lack in item.lacks}) == (computed, lacking)
    assert item.applies


def test_a_standard_that_the_source_does_not_name_does_not_apply(sheet):
    assert {i.standard_id for i in sheet.indicators if not i.applies} == {"2012"}


def test_an_impossible_total_is_flagged_at_its_cell(tmp_path):
    outcome = checked(county(tmp_path, above=99), raw=tmp_path)
    flag = next(f for f in outcome.flags if f["rule_id"].startswith("numerator.exceeds_teachers"))
    assert (flag["severity"], flag["cell"]) == ("hard", "G3, F3")
    assert "99" in flag["message"] and flag["remedy"]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "\0\0"])
def test_what_nobody_can_read_ends_with_1(tmp_path, text):
    path = tmp_path / "odd.csv"
    path.write_text(text, "utf-8")
    outcome = checked(path)
    assert outcome.exit_code == 1 and outcome.files[0].refusal is not None


def test_one_bad_file_beside_a_good_one_ends_with_3(workbook, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    outcome = checked(path, workbook)
    assert outcome.exit_code == 3 and len(outcome.totals) == 1


def test_a_profile_that_cannot_be_used_is_refused_as_in_a_load(tmp_path):
    path = county(tmp_path)
    (tmp_path / "profiles" / "broken.yml").write_text("profile: x\n", "utf-8")
    outcome = checked(path, raw=tmp_path)
    assert [file.name for file in outcome.files if file.refusal] == ["profiles/broken.yml"]
    assert outcome.exit_code == 3 and outcome.totals


def test_the_school_year_may_be_nowhere(tmp_path):
    raw = tmp_path / "raw"
    path = county(raw)
    bare = path.rename(tmp_path / "desk.csv")
    (file,) = checked(bare, raw=raw).files
    assert (file.school_year, file.term, file.assumed) == (2023, "autumn", True)
    assert not checked(county(tmp_path / "other"), raw=raw).files[0].assumed


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/d/raw/2022/spring/x/f.csv", Place(2022, "spring")),
        ("/d/2019/raw/2022/autumn/f.csv", Place(2022, "autumn")),
        ("/d/2022/f.csv", Place(None, None)),
        ("/d/autumn/f.csv", Place(None, None)),
    ],
)
def test_a_file_lies_in_the_innermost_year_and_term(path, place):
    assert place_of_folders(Path(path)) == place


def test_figures_are_compared_with_what_a_warehouse_knew(tmp_path):
    """The year before, as a lake has it: totals stand beside, and rules that look back speak."""
    sample.write_pingluo(tmp_path / "drop", "flat", school_years=(2022, 2023))
    before, here = (
        next(p for p in (tmp_path / "drop" / year).rglob("*.xlsx") if "小学" in p.name)
        for year in ("2022", "2023")
    )
    warehouse = Scratch(tmp_path / "warehouse")
    (file,) = inputs([before])
    reading = read_at(before, file.place, load_profiles(None), file.sha256)
    warehouse.deliver(warehouse.lake.write(reading, file.sha256), file.name, file.sha256)
    warehouse.settle()
    alone, beside = checked(here), checked(here, known=warehouse.lake)
    assert beside.compared_with == (2022,) and not alone.compared_with
    (primary,) = beside.totals
    assert primary.before["pupils"] and primary.schools_before == primary.schools
    assert not alone.totals[0].before


def misread(whole: str, file: Input) -> Result:
    """A reader to whom every file but one does something: sleep, fill, abort, raise."""
    if file.name != whole:
        behave(Path(file.name).stem)
    return FileOutcome(file.name, file.sha256), None


def test_what_a_file_does_to_its_reader_is_said_of_that_file(tmp_path):
    """A folder is read under the limits of a load; the others are checked all the same."""
    for name in ("sleep", "fill", "raise", "whole"):
        (tmp_path / f"{name}.csv").write_text(name, "utf-8")
    limits = Limits(seconds=3, memory=600_000_000)
    found = {
        outcome.name: outcome.refusal
        for outcome, _ in read_all(inputs([tmp_path]), partial(misread, "whole.csv"), limits)
    }
    assert found.pop("whole.csv") is None
    assert [type(refusal) for _, refusal in sorted(found.items())] == [
        LimitReached,
        ReadingFailed,
        LimitReached,
    ]


def test_a_check_starts_neither_dagster_nor_dbt_nor_great_expectations(workbook, tmp_path):
    code = (
        "import sys\nfrom dagster_project.cli import main\n"
        f"sys.argv = ['junheng', 'check', {str(workbook)!r}, '--format', 'json']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0, end.code\n"
        "heavy = {'dagster', 'dbt', 'great_expectations', 'openpyxl'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    # As a file: DuckDB takes code from the command line for a person, and shows bars.
    script, desk = tmp_path / "check.py", tmp_path / "desk"
    script.write_text(code, "utf-8")
    desk.mkdir()
    done = subprocess.run(
        [sys.executable, str(script)], cwd=desk, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["exit_code"] == 0
    assert not list(desk.iterdir()), "a check leaves nothing behind"


def test_every_format_tells_the_same(tmp_path):
    path = county(tmp_path, above=99)
    runs = {
        form: CliRunner().invoke(
            app, ["check", str(path), "--format", form, "--raw", str(tmp_path)]
        )
        for form in ("json", "csv")
    }
    assert {run.exit_code for run in runs.values()} == {3}
    told = json.loads(runs["json"].stdout)
    lines = runs["csv"].stdout.splitlines()
    assert len([line for line in lines if ",flag,"[1:] in line]) == len(told["flags"]) > 0
    assert any("备用列" in line for line in lines)


def test_correction_lists_are_written_on_demand(tmp_path):
    path = county(tmp_path / "raw", above=99)
    run = CliRunner().invoke(app, ["check", str(path), "--list", str(tmp_path / "lists")])
    assert run.exit_code == 3
    names = [p.name for p in (tmp_path / "lists" / "2023").rglob("*.xlsx")]
    assert any("更正清单" in name for name in names) and any("二小" in name for name in names)
