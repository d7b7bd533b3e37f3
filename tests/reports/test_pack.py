"""One zip to hand in: what is in it, that it stays the same, and when there is none."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from typer.testing import CliRunner

from dagster_project.cli.app import app
from dagster_project.reports.documents import OF_A_COUNTY, SELF_EVALUATION
from dagster_project.reports.pack import COVER, LISTS, SUMS

PLACE = Path("2023/640221-平罗县")
NAMES = {document.name for document in OF_A_COUNTY}


@pytest.fixture
def settings(flat_county, tmp_path):
    """The sample county's published version and its reports, to write in."""
    warehouse = tmp_path / "warehouse"
    shutil.copytree(flat_county.settings.current.resolve(), warehouse / "versions" / "one")
    (warehouse / "current").symlink_to("versions/one")
    shutil.copytree(flat_county.settings.reports, warehouse / "reports")
    return replace(flat_county.settings, raw=tmp_path / "raw", warehouse=warehouse)


def packed(settings, *options: str, county: str = "平罗县", code: int = 0):
    where = ["--warehouse", str(settings.warehouse), "--raw", str(settings.raw)]
    wanted = ["--county", county, "--school-year", "2023", *options]
    result = CliRunner().invoke(app, ["pack", *where, *wanted])
    assert result.exit_code == code, result.output
    return result.output.replace("\n", "")


def opened(path: Path) -> dict[str, bytes]:
    """The files of a pack by their name in its one folder."""
    with ZipFile(path) as archive:
        names = archive.namelist()
        assert len({name.split("/")[0] for name in names}) == 1
        return {name.partition("/")[2]: archive.read(name) for name in names}


def test_a_pack_holds_all_that_is_handed_in_and_its_digests(settings, tmp_path):
    lists = settings.warehouse / "corrections" / "2023" / "640221 平罗县"
    lists.mkdir(parents=True)
    (lists / "平罗县 更正清单.xlsx").write_bytes(b"a list")
    said = packed(settings)
    (path,) = (settings.warehouse / "packs").iterdir()
    assert path.name == "640221-平罗县-2023报送材料.zip" and str(path) in said
    files = opened(path)
    assert set(files) == {*NAMES, COVER, SUMS, f"{LISTS}/平罗县 更正清单.xlsx"}
    for name in NAMES:
        assert files[name] == (settings.reports / PLACE / name).read_bytes()
    digests = dict(line.split("  ")[::-1] for line in files[SUMS].decode().splitlines())
    assert digests == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != SUMS
    }
    cover = docx.Document(BytesIO(files[COVER]))
    listed = [row.cells[1].text for row in cover.tables[0].rows][1:]
    assert listed == [name for name in files if name not in (COVER, SUMS)]
    text = "\n".join(paragraph.text for paragraph in cover.paragraphs)
    assert "不达标的指标：学校规模、班级学生数" in text and "草稿" not in text
    again = tmp_path / "again.zip"
    packed(settings, "--out", str(again))
    assert again.read_bytes() == path.read_bytes()


def test_what_somebody_edited_is_packed_and_said_to_be(settings, tmp_path):
    edited = settings.reports / PLACE / SELF_EVALUATION
    document = docx.Document(str(edited))
    document.add_paragraph("我县的做法。")
    document.save(str(edited))
    target = tmp_path / "pack.zip"
    packed(settings, "--out", str(target))
    files = opened(target)
    assert files[SELF_EVALUATION] == edited.read_bytes()
    table = docx.Document(BytesIO(files[COVER])).tables[0]
    said = {row.cells[1].text: row.cells[2].text for row in table.rows}
    assert said[SELF_EVALUATION] == "自评报告（经人工修改）"


def test_hard_flags_are_no_pack_but_a_draft(documents, tmp_path):
    target = tmp_path / "pack.zip"
    said = packed(documents.settings, "--out", str(target), county="110121", code=1)
    assert "hard flag" in said and "--draft" in said and not target.exists()


@pytest.mark.parametrize("county", ["无此县", "999999"])
def test_another_county_is_wrong_usage(settings, county):
    assert "640221" in packed(settings, county=county, code=2)
