"""Every encoding a census csv comes in is found without being told; mixtures are refused."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.census import encodings
from dagster_project.census.rejection import FileRejected
from dagster_project.census.source import open_source

SIMPLIFIED = (
    "机构编码,机构名称,在校生数\n0123456789,平罗县城关第一小学,1024\n0123456790,灵沙九年制学校,88\n"
)
TRADITIONAL = "學校代碼,學校名稱,學生數\n011301,縣立大城國小,476\n011302,市立東門國小,1728\n"
WESTERN = "code,nom,élèves\n1,École élémentaire Hélène,25\n2,Collège Gérard Müller,120\n"


@pytest.mark.parametrize(
    ("text", "written_as", "found"),
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "utf-8-sig", "utf-8-sig"),
        (SIMPLIFIED, "gbk", "gb18030"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (SIMPLIFIED, "utf-16", "utf-16-le"),
        (SIMPLIFIED, "utf-16-le", "utf-16-le"),
        (SIMPLIFIED, "utf-16-be", "utf-16-be"),
        (TRADITIONAL, "big5", "cp950"),
        (TRADITIONAL, "gb18030", "gb18030"),
        (TRADITIONAL, "utf-16", "utf-16-le"),
        (WESTERN, "latin-1", "latin-1"),
        (WESTERN, "utf-8", "utf-8"),
        (WESTERN.replace("Hélène", "l’Été"), "cp1252", "cp1252"),
        ("学校,人数\n一小,5\n", "gb18030", "gb18030"),
        ("學校,人數\n一小,5\n", "big5", "cp950"),
        ("id,pupils\n1,2\n", "ascii", "utf-8"),
    ],
)
def test_encoding_is_found_and_the_text_comes_back(tmp_path, text, written_as, found):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(written_as))
    source = open_source(path)
    assert source.encoding == found
    assert list(source.rows()) == list(csv.reader(io.StringIO(text)))


def test_a_long_beginning_of_figures_does_not_decide(tmp_path):
    path = tmp_path / "table.csv"
    figures = "1,2,3\n" * 100_000
    path.write_bytes(figures.encode() + "平罗县,城关第一小学,学生数\n".encode("gb18030"))
    assert encodings.detect(path) == "gb18030"


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_separator_is_found(tmp_path, separator):
    rows = [["机构编码", "名称, 全称;", "在校生数"], ["01", "一小, 东校区", "1,024"]]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator).writerows(rows)
    path = tmp_path / "table.txt"
    path.write_bytes(buffer.getvalue().encode("gb18030"))
    source = open_source(path)
    assert source.separator == separator
    assert list(source.rows()) == rows


@pytest.mark.parametrize(
    ("first", "second"),
    [("utf-8", "gb18030"), ("gb18030", "utf-8"), ("utf-8-sig", "big5"), ("big5", "utf-8")],
)
@pytest.mark.parametrize("lines_before", [3, 30_000])
def test_a_mixture_of_encodings_is_refused_at_its_line(tmp_path, first, second, lines_before):
    line = "011301,臺北市大同國小學校,476\n"
    path = tmp_path / "mixed.csv"
    path.write_bytes((line * lines_before).encode(first) + line.encode(second))
    with pytest.raises(FileRejected) as caught:
        list(open_source(path).rows())
    assert caught.value.cell == f"row {lines_before + 1}"
    assert f"line {lines_before + 1} " in caught.value.reason
    assert "UTF-8" in caught.value.advice


def test_a_utf16_file_cut_in_a_character_is_refused(tmp_path):
    path = tmp_path / "cut.csv"
    path.write_bytes(SIMPLIFIED.encode("utf-16")[:-1])
    with pytest.raises(FileRejected, match="cut off"):
        list(open_source(path).rows())


def test_bytes_of_no_encoding_are_refused(tmp_path):
    path = tmp_path / "noise.csv"
    path.write_bytes(bytes(range(128, 255)) * 40)
    with pytest.raises(FileRejected, match="none of the known encodings"):
        open_source(path)


COMMON = sorted(c for c in encodings._common() if "\u4e00" <= c <= "\u9fff")
NAMES = st.text(st.sampled_from(COMMON), min_size=4, max_size=12)


@settings(max_examples=60, deadline=None)
@given(names=st.lists(NAMES, min_size=3, max_size=20), codec=st.sampled_from(["utf-8", "gb18030"]))
def test_any_names_survive_under_a_census_header(tmp_path_factory, names, codec):
    path = tmp_path_factory.mktemp("any") / "t.csv"
    text = "学校代码,学校名称\n" + "".join(f"{i:06},{name}\n" for i, name in enumerate(names))
    path.write_bytes(text.encode(codec))
    source = open_source(path)
    assert [row[1] for row in source.rows()][1:] == names
