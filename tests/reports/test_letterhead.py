"""Head, imprint and properties of an official document: from the letterhead and the publication."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import pytest
from docx import Document

from dagster_project.reports import circular, self_evaluation
from dagster_project.reports.letterhead import LETTERHEAD
from dagster_project.reports.templates import TemplateBroken, Templates
from tests.reports.word_reading import text_of

FILLED = """
共用:
  成文日期: 2024年2月4日
督查通报:
  发文机关标志: 平罗县教育局文件
  发文字号: 平教发〔2024〕3号
  签发人: 张　三
  抄送: 石嘴山市教育局
  印发机关: 平罗县教育局办公室
  印发日期: 2024年2月5日
  公开方式: 此件公开发布
"""


@pytest.fixture(scope="module")
def pingluo(published):
    (county,) = published.counties(["640221"], [2023])
    return county


def styled(content: bytes) -> dict[str, str]:
    """The last paragraph of every style."""
    return {p.style.style_id: p.text for p in Document(BytesIO(content)).paragraphs}


def test_what_the_letterhead_says_stands_in_its_place(tmp_path, published, pingluo):
    (tmp_path / "6402").mkdir()
    (tmp_path / "6402" / LETTERHEAD).write_text(FILLED, "utf-8")
    said = styled(circular.render(published, pingluo, Templates(tmp_path)))
    assert said["发文机关标志"] == "平罗县教育局文件"
    assert said["发文字号签发人"] == "平教发〔2024〕3号\t签发人：张　三"
    assert said["主送"] == "各义务教育学校，局属各科室："  # the project's own, not said otherwise
    assert said["日期"] == "2024年2月4日"
    assert said["版记抄送"] == "抄送：石嘴山市教育局。"
    assert said["版记印发"] == "平罗县教育局办公室\t2024年2月5日印发"
    other = styled(self_evaluation.render(published, pingluo, Templates(tmp_path)))
    assert other["日期"] == "2024年2月4日" and "发文机关标志" not in other


def test_without_a_letterhead_there_is_no_head_and_the_date_is_a_blank(published, pingluo):
    said = styled(circular.render(published, pingluo, Templates()))
    assert not {"发文机关标志", "发文字号", "红色分隔线", "版记抄送", "版记印发"} & said.keys()
    assert said["署名"] == "平罗县人民政府教育督导委员会办公室"
    assert said["日期"].replace("　", "") == "年月日"


@pytest.mark.parametrize(
    ("text", "named"),
    [("督查通报: {红头: x}", "红头"), ("督查通报: 平罗县", "督查通报"), ("- a", LETTERHEAD)],
)
def test_a_letterhead_that_cannot_be_used_is_named(tmp_path, published, pingluo, text, named):
    (tmp_path / LETTERHEAD).write_text(text, "utf-8")
    with pytest.raises(TemplateBroken, match=named) as broken:
        circular.render(published, pingluo, Templates(tmp_path))
    assert str(tmp_path / LETTERHEAD) in str(broken.value)


@pytest.mark.parametrize("document", [self_evaluation, circular])
def test_the_files_properties_are_true_and_the_publication_stands_nowhere_else(
    published, pingluo, document
):
    content = document.render(published, pingluo, Templates())
    properties = Document(BytesIO(content)).core_properties
    at = datetime.fromisoformat(published.published_at).replace(microsecond=0)
    assert properties.created.replace(tzinfo=at.tzinfo) == at
    assert properties.identifier == published.publish_id
    assert properties.title.startswith("平罗县2023—2024学年")
    assert properties.author.startswith("平罗县人民政府")
    assert properties.content_status == "正式稿" and properties.language == "zh-CN"
    assert published.publish_id not in text_of(content)
