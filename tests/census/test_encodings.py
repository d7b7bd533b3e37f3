"""Every encoding a census csv comes in is found without being told; mixtures are refused."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.census.opening.source import open_source
from dagster_project.census.rejection import FileRejected

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
        ("id,name,pupils\n1,서울초등학교,5\n", "cp949", "cp949"),
        ("코드,이름\n1,서울특별시 종로구\n2,부산광역시 해운대구\n", "euc-kr", "cp949"),
        ("id,name\n1,서울특별시 종로구\n2,부산광역시 해운대구\n", "cp949", "cp949"),
        ("id,name,pupils\n1,横浜市立本町小学校,5\n", "cp932", "cp932"),
        ("id,name,pupils\n1,さくらの里こども園,5\n", "cp932", "cp932"),
        ("id,name,pupils\n1,横浜市立本町小学校,5\n", "euc_jp", "euc_jp"),
        ("id,name,pupils\n1,Средняя школа №5,5\n", "cp1251", "cp1251"),
        ("id,name,pupils\n1,Ивановка,5\n2,Петровское,7\n", "cp1251", "cp1251"),
        ("id,name,pupils\n1,Средняя школа 5,5\n", "koi8-r", "koi8-r"),
        ("id,name,pupils\n1,Средняя школа 5,5\n", "cp866", "cp866"),
        ("id,name,pupils\n1,Δημοτικό Σχολείο,5\n", "cp1253", "cp1253"),
        ("id,name,pupils\n1,โรงเรียนวัดสุทธิวราราม,5\n", "cp874", "cp874"),
        ("id,name,pupils\n1,Szkoła Podstawowa,5\n", "cp1250", "cp1250"),
        ("id,name,pupils\n1,Základní škola Příbram,5\n", "cp1250", "cp1250"),
        ("id,name,pupils\n1,Atatürk İlkokulu,5\n", "cp1254", "cp1254"),
        ("id,name\n1,平罗\n2,石嘴山大武口\n3,银川\n4,惠农\n", "gb18030", "gb18030"),
        (SIMPLIFIED, "utf-32", "utf-32"),
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
    assert open_source(path).encoding == "gb18030"


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_separator_is_found(tmp_path, separator):
    rows = [["机构编码", "名称, 全称;", "在校生数"], ["01", "一小, 东|校区", "1,024"]]
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


@pytest.mark.parametrize(
    ("text", "written_as"),
    [
        ("id,name\n1,ØÙÚÛÜ\n2,ÝÞßàâ\n", "latin-1"),  # accents without letters are no words
        ("id,name\n1,Kő\n2,Sárrét\n", "cp852"),
    ],
)
def test_an_encoding_for_which_nothing_speaks_is_asked_for(tmp_path, text, written_as):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(written_as))
    with pytest.raises(FileRejected, match="none of the known encodings") as caught:
        open_source(path)
    assert "encoding:" in caught.value.advice


@pytest.mark.parametrize(
    ("written_as", "misread_as"), [("utf-8", "latin-1"), ("utf-8", "cp1252"), ("utf-8", "gb18030")]
)
def test_letters_that_were_lost_before_are_not_published(tmp_path, written_as, misread_as):
    name = "Écoles réunies à Évry" if misread_as == "cp1252" else "平罗县城关第一小学校"
    garbled = name.encode(written_as).decode(misread_as, "replace")
    path = tmp_path / "table.csv"
    path.write_text(f"id,name\n1,A\n2,{garbled}\n", encoding="utf-8")
    with pytest.raises(FileRejected, match="line 3") as caught:
        open_source(path)
    assert caught.value.cell == "row 3"


ROWS = [["id", "name", "pupils"], ["001", "Alpha", "100"], ["002", "一小", "50"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "END", "END\x1a", "END\x1aEND", "\x1a", "\x1a\x1a"])
@pytest.mark.parametrize("first", ["", "\ufeff", "\ufeff\ufeff", "sep=,END", "\ufeffsep=,END"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "gb18030"])
def test_line_ends_and_marks_are_no_content(tmp_path, codec, first, last, end):
    text = first + "\n".join(",".join(row) for row in ROWS) + last
    path = tmp_path / "table.csv"
    path.write_bytes(text.replace("END", "\n").replace("\n", end).encode(codec))
    source = open_source(path)
    assert [row for row in source.rows() if row] == ROWS


def test_text_behind_the_end_mark_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"id,pupils\n001,100\n\x1a\n002,50\n")
    with pytest.raises(FileRejected, match="end mark of DOS") as caught:
        list(open_source(path).rows())
    assert caught.value.cell == "row 3"


@pytest.mark.parametrize(
    ("text", "row", "what"),
    [
        ('id,n,p\n1,"A,100\n2,B,50\n3,C" s,7\n', 2, "closed in the middle"),
        ('id,n,p\n1,"A" school,100\n', 2, "closed in the middle"),
        ('id,n,p\n1,A,100\n2,"B,50\n3,C,7\n', 3, "never closed"),
        ('id,n,p\n1,"A,100\n2,B",50\n', 2, "swallows"),
        ('id,n,p\n1,A,"100\n2,B,50\n3,C,7"\n', 2, "swallows"),
        ('id,n,p\n"1,A,100\n2",B,50\n', 2, "swallows"),
        ('id;n;p\n1;"A;100\r\n2;B;3\r\n9;C";50\n', 2, "swallows"),
        ("id,n,p\n1,A\r,100\n", 2, "carriage return"),
    ],
)
def test_a_quotation_mark_that_swallows_rows_is_refused_with_its_row(tmp_path, text, row, what):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode())
    with pytest.raises(FileRejected, match=what) as caught:
        list(open_source(path).rows())
    assert caught.value.cell == f"row {row}"


def test_a_cell_may_run_over_a_line_end(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('id,name,address\n1,"A\nB","Main St, 5\nTown"\n2,5" pipe,x\n')
    rows = list(open_source(path).rows())
    assert rows[1:] == [["1", "A\nB", "Main St, 5\nTown"], ["2", '5" pipe', "x"]]


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


# Level 1 of GB 2312: the characters that a name may be made of.
COMMON = sorted(
    bytes((lead, trail)).decode("gb2312", "ignore")
    for lead in range(0xB0, 0xD8)
    for trail in range(0xA1, 0xFF)
)[5:]
NAMES = st.text(st.sampled_from(COMMON), min_size=4, max_size=12)


@settings(max_examples=60, deadline=None)
@given(names=st.lists(NAMES, min_size=3, max_size=20), codec=st.sampled_from(["utf-8", "gb18030"]))
def test_any_names_survive_under_a_census_header(tmp_path_factory, names, codec):
    path = tmp_path_factory.mktemp("any") / "t.csv"
    text = "学校代码,学校名称\n" + "".join(f"{i:06},{name}\n" for i, name in enumerate(names))
    path.write_bytes(text.encode(codec))
    source = open_source(path)
    assert [row[1] for row in source.rows()][1:] == names
