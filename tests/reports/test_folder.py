"""Where the documents go, and how a new one takes the place of the old."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dagster_project.figures.published import CountyYear
from dagster_project.reports.folder import county_folder, replace_files


@pytest.mark.parametrize(
    ("code", "name", "folder"),
    [
        ("640221", "平罗县", "640221-平罗县"),
        ("640221", "", "640221"),
        ("640221", "../../etc/passwd", "640221-etcpasswd"),
        ("../x", "平罗\\县:?*", "x-平罗县"),
        ("640221", "平 罗\n县\u202e", "640221-平罗县"),
        ("640221", "长" * 300, "640221-" + "长" * 40),
        ("..", "..", "unnamed"),
    ],
)
def test_the_folder_of_a_county_stays_below_its_year(tmp_path, code, name, folder):
    found = county_folder(tmp_path, CountyYear(2023, code, name))
    assert found == tmp_path / "2023" / folder


def test_files_are_replaced_whole_and_others_left_alone(tmp_path):
    folder = tmp_path / "县"
    replace_files(folder, {"a.docx": b"old", "b.docx": b"old"})
    (folder / "notes.txt").write_text("mine")
    replace_files(folder, {"a.docx": b"new"})
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert found == {"a.docx": b"new", "b.docx": b"old", "notes.txt": b"mine"}


def test_a_reader_keeps_the_document_it_has_open(tmp_path):
    replace_files(tmp_path, {"a.docx": b"old"})
    with (tmp_path / "a.docx").open("rb") as reader:
        replace_files(tmp_path, {"a.docx": b"new and longer"})
        assert reader.read() == b"old"


def test_what_cannot_be_written_replaces_nothing(tmp_path):
    replace_files(tmp_path, {"a.docx": b"old", "b.docx": b"old"})
    name_that_no_file_system_takes = "b" * 300
    with pytest.raises(OSError):
        replace_files(tmp_path, {"a.docx": b"new", name_that_no_file_system_takes: b"new"})
    assert sorted(os.listdir(tmp_path)) == ["a.docx", "b.docx"]
    assert (tmp_path / "a.docx").read_bytes() == b"old"


def test_documents_are_on_the_disk_before_the_record_that_tells_of_them(tmp_path, monkeypatch):
    """By the order of syncs and renames: bytes before names, the last name after the others."""
    said, sync, rename = [], os.fsync, os.replace

    def fsync(descriptor):
        said.append(("sync", Path(os.readlink(f"/proc/self/fd/{descriptor}")).name))
        sync(descriptor)

    def replace(source, target):
        said.append(("name", Path(target).name))
        rename(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    replace_files(tmp_path / "place", {"a.docx": b"a", "b.html": b"b", ".record": b"r"})
    names = [name for what, name in said if what == "name"]
    assert names == ["a.docx", "b.html", ".record"]
    for name in names:
        assert said.index(("sync", name)) < said.index(("name", name))
    assert said.index(("name", "b.html")) < said.index(("sync", "place"))
    assert said.index(("sync", "place")) < said.index(("name", ".record"))
