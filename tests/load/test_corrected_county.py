"""A county corrects itself: the restatement lists exactly what moved, and because of which file."""

import shutil

import duckdb
import openpyxl
import pytest

from tests.load.whole import load

KEY = ("school_year", "school_id", "stage", "standard_id", "indicator_id")
FIGURES = ("numerator", "pupils", "value", "verdict", "gap_per_pupil", "gap_total")


@pytest.fixture(scope="module")
def corrected(flat_county, tmp_path_factory):
    """The sample county after its primary file came again, one school's areas corrected."""
    root = tmp_path_factory.mktemp("corrected")
    for folder in (flat_county.settings.raw, flat_county.settings.warehouse):
        shutil.copytree(folder, root / folder.name, symlinks=True)
    (path,) = (root / "raw").rglob("*小学*.xlsx")
    book = openpyxl.load_workbook(path)
    for cell in book.active[book.active.max_row]:
        text = str(cell.value or "")
        if "." in text and text.replace(".", "", 1).isdigit():  # areas and money, never a code
            cell.value = str(float(text) * 0.9)
    book.save(path)
    return load(root / "raw", root / "warehouse"), path


def figures(database):
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            f"select {', '.join(KEY)}, {', '.join(FIGURES)} from marts.school_indicator"
        ).fetchall()
    return {
        (row[: len(KEY)], name): value
        for row in rows
        for name, value in zip(FIGURES, row[len(KEY) :], strict=True)
    }


def test_the_restatement_lists_exactly_what_moved_and_the_file(flat_county, corrected):
    loaded, path = corrected
    assert loaded.exit_code == 0
    before = figures(flat_county.settings.database)
    after = figures(loaded.settings.database)
    expected = {
        (";".join(f"{k}={v}" for k, v in zip(KEY, key, strict=True)), name)
        for (key, name), value in after.items()
        if before[key, name] != value
    }
    rows = loaded.query(
        "select row_key, column_name, source_file, kind from marts.restatement"
        " where table_name = 'school_indicator' and column_name in"
        f" ({', '.join('?' for _ in FIGURES)})",
        *FIGURES,
    )
    assert {(key, name) for key, name, _, _ in rows} == expected and expected
    assert {(source, kind) for _, _, source, kind in rows} == {
        (path.relative_to(loaded.settings.raw).as_posix(), "changed")
    }
    tables = loaded.query("select distinct table_name from marts.restatement")
    assert {"county_coefficient", "county_assessment"} <= {name for (name,) in tables}


def test_the_summary_stands_beside_the_manifest(corrected):
    loaded, path = corrected
    text = (loaded.settings.published / "restatement.md").read_text("utf-8")
    assert "640221 2023" in text and path.name in text
