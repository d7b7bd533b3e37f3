"""The form of GB/T 9704-2012: measured on the page that LibreOffice makes, and read in the file."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm
from lxml import etree, html

from dagster_project.reports.official.package import docx_of
from dagster_project.reports.official.source import SourceBroken, parse
from dagster_project.reports.official.title import in_lines
from dagster_project.reports.templates import NAMES, own_template
from dagster_project.reports.word import word_template

MM = 25.4 / 72
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
PDFTOTEXT = shutil.which("pdftotext")
measured = pytest.mark.skipif(
    OFFICE is None or PDFTOTEXT is None,
    reason="LibreOffice and pdftotext are not installed: apt-get install libreoffice poppler-utils",
)
FULL_LINES = "主送: " + "国" * 28 * 66


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> list[list[tuple[float, float, float, float, str]]]:
    """Of three full pages, the lines as (left, top, right, bottom in mm, text)."""
    folder = tmp_path_factory.mktemp("form")
    (folder / "full.docx").write_bytes(docx_of(FULL_LINES + "\n"))
    document = Document(folder / "full.docx")
    for section in document.sections:  # the tags of a template that nobody filled
        for part in (section.header, section.even_page_header):
            for paragraph in list(part.paragraphs)[1:]:
                paragraph._p.getparent().remove(paragraph._p)
            part.paragraphs[0].clear()
    document.save(folder / "full.docx")
    return lines_of(folder / "full.docx")


def lines_of(file: Path) -> list[list[tuple[float, float, float, float, str]]]:
    """The lines of every page of a docx as LibreOffice prints it."""
    assert OFFICE and PDFTOTEXT
    profile = f"-env:UserInstallation=file://{file.parent}/profile"
    command = [OFFICE, profile, "--headless", "--convert-to", "pdf", "--outdir", file.parent, file]
    environment = {**os.environ, "HOME": str(file.parent)}
    subprocess.run(command, check=True, capture_output=True, timeout=180, env=environment)
    pdf = file.with_suffix(".pdf")
    command = [PDFTOTEXT, "-bbox-layout", pdf, "-"]
    found = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()
    return [
        [
            (
                *(float(line.get(side)) * MM for side in ("xmin", "ymin", "xmax", "ymax")),
                "".join(line.itertext()).replace("\n", "").replace(" ", ""),
            )
            for line in page.iter("line")
        ]
        for page in html.fromstring(found).iter("page")
    ]


@measured
def test_a_page_holds_22_lines_of_28_characters_within_its_measures(pages):
    assert len(pages) == 3
    for number, page in enumerate(pages, 1):
        text = [line for line in page if "国" in line[4]]
        assert Counter(len(line[4]) for line in text) == {28: 22}
        # 版心 156 × 225 mm, 订口 28 mm, 天头 37 mm; a line's box is that of its type.
        assert min(line[0] for line in text) == pytest.approx(28, abs=1)
        assert max(line[2] for line in text) == pytest.approx(28 + 156, abs=1)
        assert 37 - 1 < min(line[1] for line in text) < 37 + 5
        assert 37 + 225 - 6 < max(line[3] for line in text) < 37 + 225 + 1
        (foot,) = [line for line in page if "国" not in line[4]]
        assert foot[4] == f"—{number}—"
        assert foot[1] > 37 + 225
        # outside: at the right of odd pages, at the left of even ones, one character from the text
        if number % 2:
            assert foot[2] == pytest.approx(184 - 5, abs=1.5)
        else:
            assert foot[0] == pytest.approx(28 + 5, abs=1.5)


@pytest.mark.parametrize("name", sorted(name for name in NAMES if name.endswith(".docx")))
def test_every_template_has_the_page_and_asks_for_the_typefaces(name):
    document = Document(BytesIO(word_template(own_template(name))))
    (section,) = document.sections
    assert abs(section.page_width - Mm(210)) < Mm(0.2)
    assert abs(section.page_height - Mm(297)) < Mm(0.2)
    assert abs(section.top_margin - Mm(37)) < Mm(1)
    assert abs(section.left_margin - Mm(28)) < Mm(1)
    width = section.page_width - section.left_margin - section.right_margin
    assert abs(width - Mm(156)) < Mm(0.5)
    asked = {
        style.style_id: style.element.find(f".//{qn('w:rFonts')}").get(qn("w:eastAsia"))
        for style in document.styles
        if style.element.find(f".//{qn('w:rFonts')}") is not None
    }
    sizes = {style.style_id: style.font.size for style in document.styles if style.font.size}
    wanted = {
        "Title": ("方正小标宋简体", 22),
        "SchoolTitle": ("方正小标宋简体", 22),
        "Heading1": ("黑体", 16),
        "Heading2": ("楷体_GB2312", 16),
        "正文": ("仿宋_GB2312", 16),
        "FooterOdd": ("宋体", 14),
    }
    for style, (font, size) in wanted.items():
        assert (asked[style], sizes[style].pt) == (font, size), style
    assert not any(style.font.bold for style in document.styles if style.type == 1)
    used = {p.style.style_id for p in document.paragraphs}
    # A sheet of a school has its name for a title and no chapters.
    assert {"Title", "Heading1"} <= used or "SchoolTitle" in used


def test_every_typeface_has_others_that_stand_in_for_it():
    with ZipFile(BytesIO(docx_of("正文: x"))) as package:
        fonts = etree.fromstring(package.read("word/fontTable.xml"))
        styles = package.read("word/styles.xml").decode()
    names = {font.get(qn("w:name")): font.find(qn("w:altName")) for font in fonts}
    for name in ("方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312", "宋体"):
        assert f'w:eastAsia="{name}"' in styles
        assert len(names[name].get(qn("w:val")).split(",")) >= 3


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("环翠区义务教育优质均衡发展自评报告", ["环翠区义务教育优质均衡发展自评报告"]),
        (
            "关于平罗县义务教育优质均衡发展情况的督查通报",
            ["关于平罗县义务教育", "优质均衡发展情况的督查通报"],
        ),
        (
            "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥",
            ["甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"],
        ),
    ],
)
def test_a_title_is_broken_by_sense(title, lines):
    assert in_lines(title).split("\n") == lines


def test_a_title_never_breaks_a_word_and_never_begins_a_line_with_a_particle():
    for county in (
        "县",
        "平罗县",
        "新疆维吾尔自治区察布查尔锡伯自治县",
        "积石山保安族东乡族撒拉族自治县",
    ):
        title = f"关于{county}义务教育优质均衡发展情况的督查通报"
        lines = in_lines(title).split("\n")
        assert "".join(lines) == title
        assert not any(line.startswith(("的", "教育", "均衡", "展")) for line in lines)


@pytest.mark.parametrize(
    "text", ["不知: x", "行: a｜b", "表格: 居中 1｜数字 1\n行: a", "{%tr endfor %}"]
)
def test_a_line_of_a_template_that_means_nothing_is_refused(text):
    with pytest.raises(SourceBroken):
        parse(text)
