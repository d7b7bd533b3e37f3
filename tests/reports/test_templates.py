"""A province's own templates: whose is taken, and what happens when it is broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from docx import Document

from dagster_project.reports import circular, self_evaluation
from dagster_project.reports.documents import CIRCULAR, SELF_EVALUATION
from dagster_project.reports.templates import TemplateBroken, Templates, own_template
from tests.reports.word_reading import text_of


def own(path: Path, *paragraphs: str) -> Path:
    """A small template of an office's own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(path)
    return path


@pytest.fixture
def pingluo(published):
    (county,) = published.counties(["640221"], [2023])
    return county


@pytest.mark.parametrize(
    ("folders", "taken"),
    [
        ([], None),
        (["64"], "64"),
        (["", "64"], "64"),
        (["64", "6402", "640221", "6403"], "640221"),
        (["6403", "65"], None),
        ([""], ""),
    ],
)
def test_the_longest_beginning_of_the_code_wins(tmp_path, folders, taken):
    for folder in folders:
        own(tmp_path / folder / CIRCULAR, "x")
    found = Templates(tmp_path).find(CIRCULAR, "640221")
    assert found == (own_template(CIRCULAR) if taken is None else tmp_path / taken / CIRCULAR)
    assert Templates(tmp_path).find(SELF_EVALUATION, "640221") == own_template(SELF_EVALUATION)


def test_a_code_never_leads_out_of_the_folder(tmp_path):
    own(tmp_path / CIRCULAR, "x")
    folder = tmp_path / "templates"
    folder.mkdir()
    assert Templates(folder).find(CIRCULAR, "..") == own_template(CIRCULAR)
    assert Templates(folder).all_for("../") == []


def test_an_office_writes_its_own_sentences(tmp_path, published, pingluo):
    own(
        tmp_path / "64" / CIRCULAR,
        "宁夏回族自治区{{ county.name }}：在校生{{ overview.pupils }}人。",
        "{%p for i in indicators %}",
        "{{ i.id }}：{% for s in i.stages %}{{ s.name }}{{ s.cv }}；{% endfor %}",
        "{%p endfor %}",
    )
    text = text_of(circular.render(published, pingluo, Templates(tmp_path)))
    lines = [line for line in text.splitlines() if line]
    assert lines[0] == "宁夏回族自治区平罗县：在校生27813人。"
    assert lines[1] == "L1：小学0.34；初中0.12；" and len(lines) == 8
    other = text_of(self_evaluation.render(published, pingluo, Templates(tmp_path)))
    assert "攻坚任务清单" in other


@pytest.mark.parametrize(
    ("paragraph", "complaint"),
    [
        ("在校生{{ overview.pupil }}人", "overview.*pupil|has no attribute 'pupil'"),
        ("{{ 县名 }}", "县名"),
        ("{% for i in indicators %}", "endfor|end of template"),
        ("{{ county.name", "end of template|unexpected"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
    ],
)
def test_a_broken_template_is_named_with_what_is_wrong(
    tmp_path, published, pingluo, paragraph, complaint
):
    path = own(tmp_path / CIRCULAR, "标题", paragraph)
    with pytest.raises(TemplateBroken, match=complaint) as broken:
        circular.render(published, pingluo, Templates(tmp_path))
    assert str(path) in str(broken.value) and "Correct the tag in Word" in str(broken.value)


def test_a_file_that_is_no_word_document_is_named(tmp_path, published, pingluo):
    path = tmp_path / "640221" / CIRCULAR
    path.parent.mkdir()
    path.write_bytes(b"not a document")
    with pytest.raises(TemplateBroken, match="no Word document") as broken:
        circular.render(published, pingluo, Templates(tmp_path))
    assert str(path) in str(broken.value)
