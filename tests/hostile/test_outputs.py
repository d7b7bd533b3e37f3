"""What comes from a file never becomes a formula, a link or a style in what we write."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import openpyxl
import pytest

from dagster_project.followup.corrections import make_file_name, write_corrections
from dagster_project.lake.scan import digest
from dagster_project.machine.atomic_folder import tidy
from dagster_project.returns.writer import Heading, write_template
from dagster_project.spreadsheets.formula_injection import csv_cell, looks_like_a_formula

EVIL = (
    '=HYPERLINK("http://x","y")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1+1",
    "[/red]", "\x1b[2J", "a\nb", "x" * 3000,
)  # fmt: skip


def formulas(path) -> list[str]:
    """Parts of a workbook that hold a formula or a hyperlink."""
    with zipfile.ZipFile(path) as book:
        return [n for n in book.namelist() if re.search(rb"<f[ >]|<hyperlink", book.read(n))]


def flag(number: int, text: str, source) -> dict:
    return {
        "flag_id": f"f{number}", "rule_id": "r", "title": text, "severity": "hard",
        "status": "open", "school_year": 2023, "term": "autumn", "county_code": "640221",
        "county_name": "=1+1", "school_id": f"{number:010}", "school_name": text,
        "stage": "primary", "fields": text, "observed": text, "expected": text, "message": text,
        "remedy": text, "owner": "school", "source_file": source.name, "sha256": digest(source),
        "shape": "flat", "sheet": None, "cell": f"B{number + 2}", "note": None,
    }  # fmt: skip


def test_correction_lists_hold_text_only(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    source = raw / "=a.csv"
    with source.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerow(["学校", "名称"])
        csv.writer(file).writerows([str(n), text] for n, text in enumerate(EVIL))
    flags = [flag(number, text, source) for number, text in enumerate(EVIL)]
    write_corrections(flags, tmp_path / "corrections", raw)
    written = list((tmp_path / "corrections").rglob("*.xlsx"))
    assert len(written) == 1 + len(EVIL)
    assert {path.name: formulas(path) for path in written if formulas(path)} == {}
    copied = [openpyxl.load_workbook(p) for p in written if p.name.startswith("=HYPERLINK")]
    (book,) = copied
    cells = [cell for cell in book.worksheets[-1]["B"] if cell.value == EVIL[0]]
    assert cells and all(cell.data_type == "s" and cell.quotePrefix for cell in cells)


def test_two_schools_whose_names_look_alike_keep_a_list_each(tmp_path):
    source = tmp_path / "a.csv"
    source.write_text("x")
    flags = [{**flag(n, "校" * 200, source), "school_id": "1" * 200 + str(n)} for n in range(3)]
    write_corrections(flags, tmp_path / "corrections", tmp_path)
    assert len(list((tmp_path / "corrections").rglob("*.xlsx"))) == 4


@pytest.mark.parametrize("text", [*EVIL, "校" * 300, "../../etc", "a/b\\c:d", "\U00020000" * 100])
def test_a_file_name_stays_one_name(text):
    name = make_file_name(text, "0640221001")
    assert 0 < len(f"{name}（已填写 abcdef）.xlsx".encode()) <= 255
    assert not set(name) & set('/\\:*?"<>|\n\t\x1b') and name not in (".", "..")


def test_templates_hold_text_only(tmp_path):
    heading = Heading(county_code="640221", county_name="=cmd|' /C calc'!A0", school_year=2023)
    schools = [{"school_id": "0640221001", "school_name": text, "stage": "primary"}
               for text in EVIL]  # fmt: skip
    for kind in ("school_return", "roster"):
        path = write_template(tmp_path / f"{kind}.xlsx", kind, heading, schools)
        assert formulas(path) == []


def test_a_plan_holds_text_only(tmp_path):
    from dataclasses import replace

    from dagster_project.planning.plan import make_plan
    from dagster_project.planning.plan_file import write_plan
    from dagster_project.planning.prices import read_prices
    from tests.planning.made_county import drawn

    plan = make_plan(drawn(size=12, nine_year=2, seed=3, deviation=0.5, level=0.9), read_prices())
    assert plan.changes
    plan = replace(plan, changes=tuple(replace(c, to_name=EVIL[0]) for c in plan.changes))
    for ending in (".xlsx", ".csv"):
        write_plan(plan, tmp_path / f"plan{ending}")
    assert formulas(tmp_path / "plan.xlsx") == []
    with (tmp_path / "plan.csv").open(encoding="utf-8-sig") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert f"'{EVIL[0]}" in cells and EVIL[0] not in cells


@pytest.mark.parametrize("text", EVIL[:6])
def test_a_csv_cell_that_looks_like_a_formula_gets_an_apostrophe(text):
    assert looks_like_a_formula(text) and csv_cell(text) == f"'{text}"
    assert csv_cell(-5) == "-5" and csv_cell(None) == ""


@pytest.mark.parametrize("text", ["[/red]", "[bold", "[link=file:///x]", "\x1b]0;x\x07", "\u202e"])
def test_a_name_neither_styles_nor_steers_the_screen(text):
    from dagster_project.cli.console import _Console

    screen = _Console(file=io.StringIO(), force_terminal=True, width=200, highlight=False)
    screen.print(f"[red]refused[/] 2023/{text}.xlsx: [bold]why[/]")
    shown = screen.file.getvalue()
    assert "refused" in shown and "why" in shown and "\x1b[31m" in shown
    assert "\x1b]" not in shown and "\u202e" not in shown
    if text.isprintable():
        assert text in shown


def test_what_a_killed_process_set_aside_is_put_right(tmp_path):
    mark = "0123456789abcdef" * 2
    (tmp_path / "2023").mkdir()
    for name in (f".2023.{mark}", f".2023.{mark}.old", f".2022.{mark}.old", f".2022.{mark}"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "list.xlsx").write_text(name)
    (tmp_path / "2023" / f".index.{mark}").write_text("half")
    (tmp_path / "2023" / ".written.json").write_text("{}")
    tidy(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2022", "2023"]
    assert (tmp_path / "2022" / "list.xlsx").read_text() == f".2022.{mark}.old"
    assert [p.name for p in (tmp_path / "2023").iterdir()] == [".written.json"]
