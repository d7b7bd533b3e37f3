"""Which files of a report folder may be replaced: those that are as they were written."""

from __future__ import annotations

import json

import pytest

from dagster_project.reports import standing
from dagster_project.reports.standing import RECORD, kept, newest, put_documents, stands

NAME, NEW, NEWER = "自评报告.docx", "自评报告（新数据）.docx", "自评报告（新数据2）.docx"


def put(folder, content: str, **others) -> None:
    put_documents(folder, {NAME: content.encode()}, f"from {content}", **others)


def there(folder) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.name != RECORD}


@pytest.mark.parametrize(
    ("people", "files"),
    [
        ({}, {NAME: "2"}),
        ({NAME: None}, {NAME: "2"}),
        ({NAME: "mine"}, {NAME: "mine", NEW: "2"}),
        ({NAME: "mine", NEW: "mine too"}, {NAME: "mine", NEW: "mine too", NEWER: "2"}),
    ],
    ids=["untouched", "taken away", "edited", "a file of their own beside"],
)
def test_what_people_did_is_never_undone(tmp_path, people, files):
    put(tmp_path, "1")
    for name, content in people.items():
        path = tmp_path / name
        path.unlink() if content is None else path.write_text(content)
    put(tmp_path, "2")
    assert there(tmp_path) == files
    put(tmp_path, "3")
    assert there(tmp_path) == {name: "3" if text == "2" else text for name, text in files.items()}
    assert stands(tmp_path, NAME, "from 3") and not stands(tmp_path, NAME, "from 2")


def test_the_new_one_is_somebodys_as_soon_as_it_is_edited(tmp_path):
    put(tmp_path, "1")
    (tmp_path / NAME).write_text("mine")
    put(tmp_path, "2")
    (tmp_path / NEW).write_text("mine again")
    put(tmp_path, "3")
    assert there(tmp_path) == {NAME: "mine", NEW: "mine again", NEWER: "3"}
    (told,) = kept(tmp_path, [NAME])
    assert told.edited == (tmp_path / NAME, tmp_path / NEW) and told.new == tmp_path / NEWER


def test_once_the_edited_one_is_moved_away_the_document_has_its_name_again(tmp_path):
    put(tmp_path, "1")
    (tmp_path / NAME).write_text("mine")
    put(tmp_path, "2")
    (tmp_path / NAME).unlink()
    put(tmp_path, "3")
    assert there(tmp_path) == {NAME: "3"} and not list(kept(tmp_path, [NAME]))


def test_a_document_that_fails_keeps_its_file_and_is_tried_again(tmp_path):
    put(tmp_path, "1")
    put_documents(tmp_path, {}, "from 2", failed=[NAME])
    assert there(tmp_path) == {NAME: "1"} and not stands(tmp_path, NAME, "from 1")
    put(tmp_path, "3")
    assert there(tmp_path) == {NAME: "3"}


def test_a_stop_in_between_makes_nobodys_document_of_it(tmp_path, monkeypatch):
    """Killed once the document has its name, before the record says so."""
    put(tmp_path, "1")
    replace = standing.replace_files

    def killed(folder, files):
        replace(folder, {name: text for name, text in files.items() if name != RECORD} or files)
        if NAME in files:
            raise KeyboardInterrupt

    monkeypatch.setattr(standing, "replace_files", killed)
    with pytest.raises(KeyboardInterrupt):
        put(tmp_path, "2")
    monkeypatch.undo()
    assert there(tmp_path) == {NAME: "2"} and not stands(tmp_path, NAME, "from 2")
    put(tmp_path, "3")
    assert there(tmp_path) == {NAME: "3"}


@pytest.mark.parametrize("record", ["", "[]", "null", json.dumps({NAME: "hash"}), '{"x": 1'])
def test_without_a_record_nothing_is_known_to_be_ours(tmp_path, record):
    (tmp_path / NAME).write_text("whose?")
    (tmp_path / RECORD).write_text(record)
    put(tmp_path, "1")
    assert there(tmp_path) == {NAME: "whose?", NEW: "1"}
    assert newest(tmp_path, NAME) == NEW
