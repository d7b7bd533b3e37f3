"""Chapters that offices write: read from Word and Markdown, set in the documents, never a risk."""

from __future__ import annotations

import shutil
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import docx
import pytest

from dagster_project.census.rejection import FileRejected
from dagster_project.reports.contributed import drops, markdown_file, word_file
from dagster_project.reports.contributed.blocks import MOST_SIGNS, Paragraph, Table, by_name
from dagster_project.reports.documents import CIRCULAR, SELF_EVALUATION
from dagster_project.reports.narrative import hints
from dagster_project.reports.write import inputs_changed, write_reports
from tests.load.whole import load

PLACE = Path("2023/640221-平罗县")
MARKDOWN = """# 主要举措

## （一）加强领导

成立**领导小组**，<b>书记</b>任组长。{{ 7*7 }} {% for x in y %}\x07

1. 一校一策
2. 校长联系
   - 每月一次

| 项目 | 金额 |
|---|---|
| 校舍 | 816 万元 |
| 操场 | 97 万元 |

![图](http://example.invalid/a.png)
"""


def word(parts: dict[str, bytes | str] | None = None, **replaced: str) -> bytes:
    """A Word file with headings, a list and a table; ``parts`` are put into its package."""
    document = docx.Document()
    document.add_heading("一、主要举措", 1)
    document.add_heading("（一）加强领导", 2)
    paragraph = document.add_paragraph("成立")
    paragraph.add_run("领导小组").bold = True
    paragraph.add_run("，书记任组长。")
    document.add_paragraph("一校一策", style="List Number")
    document.add_paragraph("校长联系", style="List Number")
    table = document.add_table(3, 2)
    for number, text in enumerate(["项目", "金额", "校舍", "816 万元", "操场", "97 万元"]):
        table.cell(number // 2, number % 2).text = text
    made = BytesIO()
    document.save(made)
    changed = BytesIO()
    with ZipFile(made) as package, ZipFile(changed, "w", ZIP_DEFLATED) as other:
        for name in package.namelist():
            text = package.read(name)
            if name == "word/document.xml":
                for old, new in replaced.items():
                    text = text.replace(old.encode(), new.encode())
            other.writestr(name, text)
        for name, text in (parts or {}).items():
            other.writestr(name, text)
    return changed.getvalue()


def test_both_kinds_of_file_say_the_same():
    """Headings with levels, bold runs, numbered items, a table: whatever they were written in."""
    from_word, from_markdown = word_file.read(word()), markdown_file.read(MARKDOWN.encode())

    def shape(chapter):
        paragraphs = [block for block in chapter.blocks if isinstance(block, Paragraph)]
        (table,) = [block for block in chapter.blocks if isinstance(block, Table)]
        cells = [[c.paragraphs[0].text for c in row] for row in table.rows]
        items = [(p.depth, p.mark[0], p.text) for p in paragraphs if p.depth == 1]
        return [(p.heading, p.text) for p in paragraphs if p.heading == 2], items, cells

    assert shape(from_word) == shape(from_markdown)
    assert shape(from_word)[1] == [(1, "1", "一校一策"), (1, "2", "校长联系")]
    assert shape(from_word)[2][1] == ["校舍", "816 万元"]
    assert from_markdown.left_out == (("picture", 1),)
    text = next(
        b.text for b in from_markdown.blocks if isinstance(b, Paragraph) and "书记" in b.text
    )
    assert "<b>书记</b>" in text and "{{ 7*7 }}" in text and "\\x07" in text  # text, all of it


SAID = (
    "# 主要作法\n\n本縣實施集團化辦學，加強學校建設，教師交流輪崗，學生就近入學，辦學條件改善。\n"
)


@pytest.mark.parametrize(
    ("text", "codec"),
    [(SAID, "utf-8-sig"), (SAID, "utf-16"), (SAID, "gb18030"), (SAID, "big5"), ("甲校", "gb18030")],
)
def test_a_text_is_read_in_the_encoding_that_it_was_saved_in(text, codec):
    """Nothing that decodes to other signs gets into print."""
    read = markdown_file.read(text.encode(codec))
    assert [block.text for block in read.blocks] == text.removeprefix("# ").split()


@pytest.mark.parametrize("data", [b"\x00\x01\x02" * 50, b"\xff\xff\xfe" * 20])
def test_bytes_that_are_no_chinese_text_are_refused(data):
    with pytest.raises(FileRejected, match="Save it as UTF-8"):
        markdown_file.read(data)


BOMB = b"\0" * 80_000_000
HOSTILE = {
    "macro": word({"word/vbaProject.bin": b"program"}),
    "embedded": word({"word/embeddings/oleObject1.bin": b"program"}),
    "leads out": word({"../evil.xml": b"<a/>"}),
    "bomb": word({"word/media/a.bin": BOMB}),
    "entities": word(**{"<w:body>": '<!DOCTYPE a [<!ENTITY b "c">]><w:body>'}),
    "cut off": word()[:2000],
    "no word": b"PK\x05\x06" + b"\0" * 18,
    "old": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "empty": b"",
    "long": word(**{"书记": "长" * (MOST_SIGNS + 1)}),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_with_a_sentence(kind):
    with pytest.raises(FileRejected) as refused:
        word_file.read(HOSTILE[kind])
    assert all(refused.value.message.text(language) for language in ("en", "zh"))


def test_nothing_outside_is_asked_for():
    """A template to attach, a picture to fetch, a field that includes: only text comes over."""
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId900" TargetMode="External" Target="http://example.invalid/t.dotm"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"/>'
        "</Relationships>"
    )
    field = (
        '书记</w:t></w:r><w:fldSimple w:instr=" INCLUDETEXT &quot;/etc/passwd&quot; "><w:r>'
        "<w:t>旧文</w:t></w:r></w:fldSimple><w:r><w:t>"
    )
    chapter = word_file.read(word({"word/_rels/settings.xml.rels": relations}, 书记=field))
    text = "".join(block.text for block in chapter.blocks if isinstance(block, Paragraph))
    assert "旧文" in text and "passwd" not in text and "INCLUDETEXT" not in text


def test_every_name_means_a_chapter_of_the_documents():
    assert set(by_name().values()) == set(hints())
    for name in ("主要举措", "特色亮点", "存在问题原因", "下一步打算", "领导小组"):
        assert name in by_name()


@pytest.fixture
def settings(flat_county, tmp_path):
    """The sample county's warehouse with its reports, and a raw folder for chapters."""
    warehouse = tmp_path / "warehouse"
    shutil.copytree(flat_county.settings.warehouse, warehouse, symlinks=True)
    shutil.copytree(flat_county.settings.raw, tmp_path / "raw")
    return replace(flat_county.settings, raw=tmp_path / "raw", warehouse=warehouse, workers=1)


def texts(settings, name: str) -> list[tuple[str, str]]:
    """Style and text of a document's paragraphs, those of cells behind."""
    document = docx.Document(str(settings.reports / PLACE / name))
    cells = [p for t in document.tables for r in t.rows for c in r.cells for p in c.paragraphs]
    return [(p.style.name, p.text) for p in [*document.paragraphs, *cells]]


def drop(settings, name: str, content: bytes, county: str = "640221-平罗县") -> Path:
    path = settings.raw / drops.FOLDER / "2023" / county / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_load_that_changes_no_figure_brings_the_chapters_into_the_documents(
    settings, monkeypatch
):
    monkeypatch.setenv("JUNHENG_REPORT_COUNTIES", "1")
    blanks = [text for _, text in texts(settings, SELF_EVALUATION) if "此处填写主要举措" in text]
    assert len(blanks) == 1
    drop(settings, "主要举措.docx", word())
    drop(settings, "01 特色亮点.md", MARKDOWN.replace("主要举措", "特色亮点").encode())
    macro = drop(settings, "下一步打算.docx", HOSTILE["macro"])
    drop(settings, "随想.docx", word())
    stray = drop(settings, "主要举措.md", b"x", county="640299").parent
    assert load(settings.raw, settings.warehouse).exit_code == 0
    said = (settings.runs / "latest.md").read_text("utf-8")
    for named in (str(macro), "随想.docx", str(stray), *hints()):
        assert named in said
    report = texts(settings, SELF_EVALUATION)
    styles = {text: style for style, text in report}
    assert "heading 2" in styles["（一）加强领导"].lower()
    assert styles["成立领导小组，书记任组长。"] == styles["1.一校一策"]
    assert "816 万元" in styles and "一、主要举措" not in styles
    assert not [text for _, text in report if "此处填写主要举措" in text]
    assert [text for _, text in report if "此处填写下一步打算" in text]  # the hostile one: a blank
    assert any("{{ 7*7 }}" in text for _, text in texts(settings, CIRCULAR))
    assert not inputs_changed(settings)
    drop(settings, "主要举措.docx", word(**{"书记": "县长"}))
    assert inputs_changed(settings)
    assert len(write_reports(settings).written) >= 1
    assert "成立领导小组，县长任组长。" in dict(map(reversed, texts(settings, SELF_EVALUATION)))
