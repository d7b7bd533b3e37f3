"""Hostile files: one sentence each, nothing hangs, nothing leads out of raw/, the others load."""

from __future__ import annotations

import io
import os
import socket
import struct
import sys
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import pytest

from dagster_project.lake.ingest import read_into
from dagster_project.lake.readers import Limits, ReadingFailed
from dagster_project.lake.scan import RawFile, scan

GOOD = ("0640221001", 90, 2)
FOLDER = "2023/autumn"
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
HEAD = b'<?xml version="1.0"?>'
SPACE = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LIMITS = Limits(seconds=60, memory=700_000_000)


def workbook() -> bytes:
    """A table that the profile of the tests reads, as xlsx."""
    book = openpyxl.Workbook()
    for row in (
        ["id", "name", "county", "pupils", "classes"],
        ["0640221777", "甲", "640221", 9, 1],
    ):
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def zipped(parts: dict[str, bytes], *more: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [*parts.items(), *more]:
            archive.writestr(name, data)
    return buffer.getvalue()


def with_part(name: str, data: bytes) -> bytes:
    return zipped({**PARTS, name: data})


def sheet(rows: str, after: str = "") -> bytes:
    text = f"<sheetData>{rows}</sheetData>{after}</worksheet>"
    return HEAD + b"<worksheet " + SPACE + b">" + text.encode()


def lying_about_its_size() -> bytes:
    """The zip's table says 100 bytes and has their checksum; the sheet unpacks to 40 MB."""
    import zlib

    data = with_part(SHEET, b"<" + b" " * 40_000_000)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        true = archive.getinfo(SHEET)
    first = (b"<" + b" " * 40_000_000)[:100]
    old = struct.pack("<LLL", true.CRC, true.compress_size, true.file_size)
    return data.replace(old, struct.pack("<LLL", zlib.crc32(first), true.compress_size, 100))


def a_link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("xl/media/image1.png")
    entry.external_attr = 0o120777 << 16
    return entry


with zipfile.ZipFile(io.BytesIO(workbook())) as _whole:
    PARTS = {name: _whole.read(name) for name in _whole.namelist()}
LAUGHS = (
    HEAD + b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<sst " + SPACE + b"><si><t>&b;</t></si></sst>"
)
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

COLUMNS = b"id,name,county,pupils,classes\n"
ROWS = "".join(f"06402{n:05},甲,640221,1,1\n" for n in range(12_000)).encode()
REFUSED = {
    "many.xlsx": (zipped(PARTS, *((f"x/{n}", b"") for n in range(10_001))), "10,000 parts"),
    "lying.xlsx": (lying_about_its_size(), "more than the 100 bytes"),
    "laughs.xlsx": (with_part(STRINGS, LAUGHS), "document type or entities"),
    "outside.xlsx": (with_part("docProps/core.xml", HEAD + OUTSIDE), "document type or entities"),
    "utf16.xlsx": (with_part(STRINGS, LAUGHS.decode().encode("utf-16")), "no XML in UTF-8"),
    "up.xlsx": (zipped(PARTS, ("../../etc/cron.d/x", b"")), "leads out of it"),
    "root.xlsx": (zipped(PARTS, ("/etc/cron.d/x", b"")), "leads out of it"),
    "drive.xlsx": (zipped(PARTS, ("C:\\x", b"")), "leads out of it"),
    "link.xlsx": (zipped(PARTS, (a_link(), b"/etc/passwd")), "leads out of it"),
    "twice.xlsx": (zipped(PARTS, (SHEET.upper(), b"<x/>")), "twice"),
    "nested.zip": (zipped({"a.zip": zipped({"a.xlsx": workbook()})}), "a zip archive"),
    "bomb.zip": (zipped({"a.csv": b"," * (80 << 20)}), "unpack to"),
    "outside.zip": (zipped({"../a.csv": COLUMNS}), "leads out of it"),
    "several.zip": (zipped({"a.csv": COLUMNS, "b.csv": COLUMNS}), "2 tables"),
    "nested.xlsx": (with_part("xl/workbook.xml", workbook()), "no XML in UTF-8"),
    "far.xlsx": (with_part(SHEET, sheet(FAR)), "17,179,869,184 cells"),
    "quotes.xlsx": (with_part(SHEET, sheet(FAR.replace('"', "'"))), "17,179,869,184 cells"),
    "strings.xlsx": (with_part(STRINGS, HEAD + b"<si><t>x</t></si>" * 4_500_000), "unpack to"),
    "zeros.csv": (COLUMNS + b"1,\x00\x00\x00a,640221,1,1\n", "binary data"),
    "late.csv": (COLUMNS + ROWS + b"1,\x00,640221,1,1\n", "zero bytes"),
    "line.csv": (COLUMNS + b"x" * 17_000_000, "longer than 16 MB"),
    "oneline.csv": (b"x" * 17_000_000, "longer than 16 MB"),
    "columns.csv": (b"," * 1_000_000 + b"\n", "1,000,001 columns"),
    "steering.csv": (b"\x1b[2J\x1b]0;owned\x07\n", "no known shape"),
}
READ = {
    "macro.xlsm": with_part("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" + b"Shell \"calc\"" * 100),
    "merged.xlsx": with_part(SHEET, PARTS[SHEET].replace(
        b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>')),
    "linked.xlsx": with_part("xl/externalLinks/externalLink1.xml", HEAD + b'<externalLink '
                             + SPACE + b' href="file:///etc/passwd"/>'),
    "formula.xlsx": with_part(SHEET, PARTS[SHEET].replace(
        b"<v>9</v>", b"<f>WEBSERVICE(&quot;http://127.0.0.1:9/&quot;)</f><v>9</v>")),
}  # fmt: skip


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """One load of everything hostile beside one good file; ``(drop, entries by path)``."""
    from tests.lake.conftest import Drop

    drop = Drop(tmp_path_factory.mktemp("hostile"))
    drop.put(f"{FOLDER}/good_2023.csv", GOOD)
    folder = drop.raw / FOLDER
    for name, (data, _) in REFUSED.items():
        (folder / name).write_bytes(data)
    for number, (name, data) in enumerate(READ.items()):
        mine = data.replace(b"0640221777", b"064022%04d" % number)
        (folder / name).write_bytes(mine)
    done = drop.load(limits=LIMITS, workers=2)
    return drop, {entry.path: entry for entry in done.entries}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_refused_with_a_sentence(loaded, name):
    entry = loaded[1][f"{FOLDER}/{name}"]
    assert entry.outcome == "rejected"
    assert REFUSED[name][1] in entry.reason
    assert entry.reason.isprintable() and len(entry.reason) < 2500


@pytest.mark.parametrize("name", READ)
def test_what_is_odd_but_harmless_is_read_as_data(loaded, name):
    """Macros, links and formulas are there and nothing comes of them."""
    entry = loaded[1][f"{FOLDER}/{name}"]
    assert (entry.outcome, entry.rows) == ("accepted", 1), entry.reason


def test_the_good_file_loads_beside_them(loaded):
    assert loaded[1][f"{FOLDER}/good_2023.csv"].accepted


# ------------------------------------------------------------------ what is no file, and odd names


@pytest.fixture
def odd_things(drop, tmp_path, monkeypatch):
    """Pipes, sockets, links and folders below raw; what was said about each, by path."""
    folder = drop.put(f"{FOLDER}/good_2023.csv", GOOD).parent
    os.mkfifo(folder / "pipe.csv")
    os.mkfifo(drop.raw / "profiles" / "pipe.yml")
    listening = socket.socket(socket.AF_UNIX)
    monkeypatch.chdir(folder)  # the path of a socket may be 108 bytes long
    listening.bind("socket.xlsx")
    (tmp_path / "secret.csv").write_text("id,name,county,pupils,classes\n")
    (folder / "out.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "zero.csv").symlink_to("/dev/zero")
    (folder / "nowhere.csv").symlink_to(folder / "gone.csv")
    (folder / "inside.csv").symlink_to(folder / "good_2023.csv")
    (folder / "other").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder)
    (folder / "empty.xlsx").mkdir()
    (folder / "full.xlsx").mkdir()
    (folder / "full.xlsx" / "in_2023.csv").write_bytes((folder / "good_2023.csv").read_bytes())
    entries = {entry.path: entry for entry in drop.load(limits=LIMITS).entries}
    listening.close()
    return entries


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (f"{FOLDER}/pipe.csv", "a named pipe"),
        (f"{FOLDER}/socket.xlsx", "a socket"),
        (f"{FOLDER}/out.csv", "leads out of raw/"),
        (f"{FOLDER}/zero.csv", "leads out of raw/"),
        (f"{FOLDER}/nowhere.csv", "leads nowhere"),
        (f"{FOLDER}/other", "leads out of raw/"),
        (f"{FOLDER}/loop", "link to a folder"),
        (f"{FOLDER}/empty.xlsx", "empty folder"),
        ("profiles/pipe.yml", "a named pipe"),
        (f"{FOLDER}/inside.csv", None),
        (f"{FOLDER}/full.xlsx/in_2023.csv", None),
    ],
)
def test_what_is_no_file_is_named_and_never_waited_for(request, path, reason):
    entries = request.getfixturevalue("odd_things")
    assert entries[path].accepted if reason is None else reason in entries[path].reason


NAMES = [
    b"=cmd|calc_2023.csv",
    b"line\nbreak\x1b[31m_2023.csv",
    b"[bold]_2023[red].csv",
    "平罗县小学_2023.csv".encode("gb18030"),
    b"\xff\xfe_2023.csv",
    b"a..%2f..%2fetc..\\x_2023.csv",
    b"-rf_2023.csv",
    b"x" * 240 + b"_2023.csv",
    "\u202egpj._2023.csv".encode(),
]


def test_odd_names_load_and_are_shown_harmlessly(drop):
    folder = os.fsencode(drop.put(f"{FOLDER}/good_2023.csv", GOOD).parent)
    content = Path(os.fsdecode(folder), "good_2023.csv").read_bytes()
    for name in NAMES:
        Path(os.fsdecode(os.path.join(folder, name))).write_bytes(content)
    entries = drop.load(limits=LIMITS).entries
    assert len(entries) == 1 + len(NAMES)
    assert [e.reason for e in entries if not e.accepted] == []
    assert all(entry.path.isprintable() and entry.path.encode("utf-8") for entry in entries)
    assert f"{FOLDER}/平罗县小学_2023.csv" in {entry.path for entry in entries}
    assert drop.load(limits=LIMITS).entries == ()


def test_a_file_that_changed_since_it_was_found_is_not_kept(drop):
    path = drop.put(f"{FOLDER}/a_2023.csv", GOOD)
    (found,) = scan(drop.raw)
    drop.put(f"{FOLDER}/a_2023.csv", ("0640221001", 91, 2))
    with pytest.raises(ReadingFailed, match="changed while it was being read"):
        from dagster_project.census.table.profile import load_profiles

        read_into(drop.lake, drop.raw, load_profiles(drop.raw), found)
    assert list(drop.lake.root.rglob("*.parquet")) == []
    assert isinstance(found, RawFile) and found.location == path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs the user ids of Linux")
def test_what_may_not_be_read_is_named(monkeypatch):
    """As another user than root, whom no permission stops."""
    with tempfile.TemporaryDirectory() as name:
        raw = Path(name)
        raw.chmod(0o755)
        closed, shut = raw / "closed.csv", raw / "shut"
        closed.write_text("x")
        closed.chmod(0)
        shut.mkdir()
        (shut / "in.csv").write_text("x")
        shut.chmod(0)
        (raw / "open.csv").write_text("x")
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            found = {file.path: file.obstacle for file in scan(raw)}
        finally:
            if is_root:
                os.seteuid(0)
            shut.chmod(0o755)
        assert found["open.csv"] is None
        assert "cannot be read from the disk (Permission denied)" in found["closed.csv"].reason
        assert "The folder cannot be read" in found["shut"].reason


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "aliases"),
        ("profile: " + "[" * 3_000, "nested too deeply"),
        ("profile: " + "x" * 1_100_000, "larger than 200 kB"),
        ("profile: " + "9" * 5000 + "\n", "cannot be used"),
    ],
)
def test_a_hostile_profile_is_refused_and_stops_nothing(drop, text, problem):
    (drop.raw / "profiles" / "bad.yml").write_text(text, "utf-8")
    drop.put(f"{FOLDER}/a_2023.csv", GOOD)
    entries = {entry.path: entry for entry in drop.load(limits=LIMITS).entries}
    assert problem in entries["profiles/bad.yml"].reason
    assert entries[f"{FOLDER}/a_2023.csv"].accepted
