"""LibreOffice recalculates the annex workbook from nothing and comes to the mart's figures."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.reports.annex_reading import (
    FIRST_SCHOOL,
    LAYOUT,
    STAGES,
    annex_of,
    foot_rows,
    groups,
    opened,
    told,
    told_together,
)

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
COUNTIES = {"sample": ("640221", 2023), "flawed": ("110121", 2023)}
WRONG = "-77"
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""

pytestmark = pytest.mark.skipif(
    OFFICE is None,
    reason="LibreOffice (soffice) is not installed: apt-get install libreoffice-calc",
)


def with_wrong_results(content: bytes, path: Path, change=lambda name, xml: xml) -> None:
    """The workbook with every result of a formula spoilt: what is right again was calculated."""
    whole = path.with_suffix(".whole")
    whole.write_bytes(content)
    spoilt = 0
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as to:
        for name in source.namelist():
            data = source.read(name)
            if name.startswith("xl/worksheets/sheet"):
                xml = change(name, data.decode())
                xml, found = re.subn(r"(</f>)<v>[^<]*</v>", rf"\1<v>{WRONG}</v>", xml)
                spoilt += found
                data = xml.replace(' t="str"', "").encode()
            to.writestr(name, data)
    assert spoilt > 500


@pytest.fixture(scope="module")
def recalculated(published, tmp_path_factory):
    """The workbooks and what LibreOffice makes of them, all in one run of it."""
    folder = tmp_path_factory.mktemp("annex")
    profile = folder / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE, "utf-8")
    written = {name: annex_of(published, *county) for name, county in COUNTIES.items()}
    for name, annex in written.items():
        with_wrong_results(annex.content, folder / f"{name}.xlsx")
    with_wrong_results(written["flawed"].content, folder / "changed.xlsx", raise_a_threshold)
    subprocess.run(
        [
            OFFICE,
            "--headless",
            f"-env:UserInstallation={profile.parent.as_uri()}",
            "--convert-to",
            "xlsx",
            "--outdir",
            folder / "out",
            *sorted(folder.glob("*.xlsx")),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    out = {path.stem: opened(path, values=True) for path in (folder / "out").glob("*.xlsx")}
    return {name: (annex, out[name]) for name, annex in written.items()}, out["changed"]


def raise_a_threshold(name: str, xml: str) -> str:
    """The parameter 达标值 of L5 in the first table ten times as high."""
    return re.sub(r"(?<!</f>)<v>7.5</v>", "<v>75</v>", xml) if name.endswith("sheet2.xml") else xml


@pytest.fixture(params=COUNTIES)
def pair(request, recalculated):
    return recalculated[0][request.param]


def test_every_formula_gives_the_result_that_is_written_beside_it(pair):
    annex, out = pair
    formulas = 0
    for sheet in annex.formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type != "f":
                    continue
                formulas += 1
                written = annex.values[sheet.title][cell.coordinate].value
                result = out[sheet.title][cell.coordinate].value
                if isinstance(written, str) or written is None:
                    assert (result or None) == (written or None), (sheet.title, cell.coordinate)
                else:
                    close = math.isclose(result, written, rel_tol=1e-9, abs_tol=1e-12)
                    assert close, (sheet.title, cell.coordinate, result, written)
    assert formulas > 500


def test_coefficients_means_values_and_verdicts_are_the_marts(pair):
    annex, out = pair
    verdicts = LAYOUT["verdicts"]
    seen = 0
    for mart in annex.mart("marts.county_coefficient", "and standard_id = '2017'"):
        sheet = out[LAYOUT["indicator_sheet"]["name"].format(stage=STAGES[mart["stage"]])]
        rows, column = foot_rows(sheet), groups(sheet)[mart["indicator_id"]]
        for name, key in (("mean", "mean"), ("std_dev", "std_dev"), ("cv", "cv")):
            shown = sheet.cell(rows[name], column + 2).value
            assert shown == pytest.approx(mart[key], rel=1e-9), (mart["indicator_id"], name)
        assert sheet.cell(rows["cv"], column + 4).value == verdicts[told(mart)]
        figures = annex.mart(
            "marts.school_indicator",
            f"and stage = '{mart['stage']}' and indicator_id = '{mart['indicator_id']}'",
            "school_id",
        )
        for line, figure in enumerate(figures, start=FIRST_SCHOOL):
            shown = sheet.cell(line, column + 2).value
            if figure["value"] is None:
                assert shown.startswith("—")
            else:
                assert shown == pytest.approx(figure["value"], rel=1e-9)
            assert sheet.cell(line, column + 4).value == verdicts[figure["verdict"]]
            seen += 1
    assert seen > 50


def test_composites_of_both_standards_are_the_marts(pair):
    annex, out = pair
    columns = [entry["key"] for entry in LAYOUT["coefficient_sheet"]["columns"]]
    stages = {word: stage for stage, word in STAGES.items()}
    listed = {}
    for row in out[LAYOUT["coefficient_sheet"]["name"]].iter_rows(min_row=5, values_only=True):
        line = dict(zip(columns, row, strict=False))
        if line["standard_id"] and line["indicator_id"] is None:
            listed[stages[line["stage"]], line["standard_id"]] = line
    composites = annex.mart("marts.county_composite")
    assert len(composites) == len(listed) > 0
    for mart in composites:
        line = listed[mart["stage"], mart["standard_id"]]
        if mart["composite_cv"] is None:
            assert line["cv"].startswith("—")
        else:
            assert line["cv"] == pytest.approx(mart["composite_cv"], rel=1e-9)
        told_verdict = told_together(mart, annex.mart("marts.county_coefficient"))
        assert line["verdict"] == LAYOUT["verdicts"][told_verdict]


def test_a_changed_threshold_changes_verdicts_everywhere(recalculated):
    """The parameters below the table are what its verdicts are made of."""
    sheet = recalculated[1]["小学指标"]
    column, rows = groups(sheet)["L5"], foot_rows(sheet)
    assert sheet.cell(rows["threshold"], column + 3).value == 75
    schools = range(FIRST_SCHOOL, rows["total"])
    assert {sheet.cell(line, column + 3).value for line in schools} == {75}
    below = [
        line for line in schools if sheet.cell(line, column + 4).value != LAYOUT["verdicts"]["met"]
    ]
    assert len(below) == len(schools)
    listed = recalculated[1][LAYOUT["attainment_sheet"]["name"]]
    assert listed.cell(5, 6 + 4).value == sheet.cell(FIRST_SCHOOL, column + 4).value
