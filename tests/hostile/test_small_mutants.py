"""Reviews, mappings, profiles and templates, changed in every way that hands and programs do.

A review never decides otherwise or for another flag, a mapping never names another school, a
profile never reads another figure, a template never prints another number: each is refused, or
says what it said, or says less and that it does.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import openpyxl
import pytest
from docx import Document

from dagster_project.census.read import read
from dagster_project.census.rejection import FileRejected
from dagster_project.census.table.profile import load_profiles
from dagster_project.followup.reviews import read_folder
from dagster_project.lake.reference import MAPPINGS, read_mapping
from dagster_project.lake.reviewed import Reviewed
from dagster_project.reports.templates import TemplateBroken
from dagster_project.reports.word import fill
from tests.hostile.bases import PROFILE, table_text
from tests.hostile.books import facts_of, told
from tests.reports.word_reading import text_of

SEED = 20261128
MANY = pytest.mark.parametrize("count", [40, pytest.param(1500, marks=pytest.mark.long)],
                               ids=["some", "all"])  # fmt: skip
Rows = list[list[str]]
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")  # which the library cannot write
SPACES = ("", " ", "\u3000", "\u00a0", "\u200b", "\ufeff", "\t", "\n")


def cell_changed(rows: Rows, luck: Random, spellings) -> tuple[int, int]:
    """Write one cell below the headings otherwise; its row and column."""
    row, column = luck.randrange(1, len(rows)), luck.randrange(len(rows[0]))
    rows[row][column] = luck.choice(spellings(rows[row][column], column))
    return row, column


def as_bytes(rows: Rows, luck: Random) -> tuple[bytes, str, set[int]]:
    """The rows as a file, its suffix, and the rows that its own damage may have touched."""
    if luck.random() < 0.4:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(
                [re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", cell) or None for cell in row]
            )
        if luck.random() < 0.3:
            book.create_sheet("旧", 0 if luck.random() < 0.5 else None)
        buffer = io.BytesIO()
        book.save(buffer)
        return buffer.getvalue(), ".xlsx", set()
    lines = [",".join(f'"{c}"' if "," in c or "\n" in c else c for c in row) for row in rows]
    touched: set[int] = set()
    how = luck.choice(["plain", "plain", "quote", "comma", "cut", "blank", "separator"])
    at = luck.randrange(1, len(lines))
    if how == "quote":
        place = luck.randrange(len(lines[at]))
        lines[at] = f'{lines[at][:place]}"{lines[at][place:]}'
        touched = {at}
    elif how == "comma":
        place = luck.randrange(len(lines[at]))
        lines[at] = f"{lines[at][:place]},{lines[at][place:]}"
        touched = {at}
    elif how == "cut":
        lines[-1] = lines[-1][: luck.randrange(len(lines[-1]))]
        touched = {len(lines) - 1}
    elif how == "blank":
        lines.insert(at, "," * luck.choice([0, 3]))
    elif how == "separator":
        mark = luck.choice([";", "\t", "|"])
        lines = [line.replace(",", mark) for line in lines]
    codec = luck.choice(["utf-8", "utf-8", "utf-8-sig", "gb18030", "utf-16"])
    end = luck.choice(["\n", "\n", "\r\n", "\r"])
    return end.join([*lines, ""]).encode(codec), ".csv", touched


# ---------------------------------------------------------------------------------------- reviews

DECISIONS = {"属实": "confirmed", "豁免": "waived", "confirmed": "confirmed", "待核": "pending"}


def review_rows() -> Rows:
    decided = [(f"f{n:07}", list(DECISIONS)[n % 4], f"第{n}条说明", "张三", f"2024-03-0{n + 1}")
               for n in range(6)]  # fmt: skip
    return [["flag_id", "decision", "explanation", "reviewer", "date"], *map(list, decided)]


def spelt_reviews(text: str, column: int) -> list[str]:
    around = [f"{space}{text}{space}" for space in SPACES]
    if column == 1:
        return [
            *(
                *around,
                f"不{text}",
                f"非{text}",
                f"未{text}",
                f"{text}？",
                f"{text}/豁免",
                f"{text}①",
            ),
            *(f"{text[:1]} {text[1:]}", f"{text}。", "", "√", "是", "否", "不同意豁免"),
            text.upper(),
        ]
    if column == 0:
        return [*around, "", text[:-1], f"{text}0", text.upper(), text.translate(WIDE), f"'{text}"]
    return [*around, "", "=1+1", "\x1b[2J", "a\nb", "x" * 3000, "2024年3月1日", "昨天", "45000"]


@MANY
def test_no_changed_review_decides_otherwise(tmp_path, count):
    outcomes: Counter[str] = Counter()
    base = review_rows()
    truth = {row[0]: DECISIONS[row[1]] for row in base[1:]}
    for number in range(count):
        luck = Random(f"{SEED}-{number}")
        rows = [list(row) for row in base]
        row, column = cell_changed(rows, luck, spelt_reviews)
        data, suffix, touched = as_bytes(rows, luck)
        touched |= {row} if column in (0, 1, 2) else set()
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / f"r{suffix}").write_bytes(data)
        entries = list(read_folder(folder))
        problems = [entry for entry in entries if entry.problem]
        said = {e.flag_id: e.decision for e in entries if e.decision and not e.problem}
        name = f"{number}: {rows[row]!r} {suffix}"
        untouched = {base[at][0] for at in range(1, len(base)) if at not in touched}
        for flag_id, decision in said.items():
            expected = {truth[flag_id]} if flag_id in truth else {None}
            if flag_id not in truth:  # an id that no flag has decides nothing, and is told of later
                continue
            if flag_id not in untouched and not rows[row][1].strip():
                expected.add("confirmed")  # an explanation alone confirms
            assert decision in expected, name
        gone = untouched - said.keys()
        assert not gone or problems, name
        outcomes["problem" if problems else "as it was"] += 1
    assert min(outcomes.values()) > count / 10, outcomes


# --------------------------------------------------------------------------------------- mappings


def mapping_rows() -> Rows:
    head = ["school_id", "parent_school_id", "from_year", "to_year", "note"]
    return [
        head,
        *([f"21640000{n}1", f"21640000{n}2", "2019", "2024", f"第{n}点"] for n in range(1, 7)),
    ]


def spelt_mappings(text: str, column: int) -> list[str]:
    around = [f"{space}{text}{space}" for space in SPACES[:6]]
    if column in (0, 1):
        return [*around, "", text.translate(WIDE), f"{text[:4]} {text[4:]}"]
    if column in (2, 3):
        return [*around, "", f"{text}年", f"{text}.0", "23", "2019/20", text.translate(WIDE), "九",
                f"{text}①", "3019", "-1", "2019-09-01"]  # fmt: skip
    return [*around, "", "\x1b[2J", "x" * 3000, "=1+1"]


@MANY
def test_no_changed_mapping_names_another_school(tmp_path, count):
    assert isinstance(MAPPINGS["teaching_point"], Reviewed)
    outcomes: Counter[str] = Counter()
    base = mapping_rows()
    truth = {row[0]: (row[1], int(row[2]), int(row[3])) for row in base[1:]}
    for number in range(count):
        luck = Random(f"{SEED}-m{number}")
        rows = [list(row) for row in base]
        row, column = cell_changed(rows, luck, spelt_mappings)
        data, suffix, touched = as_bytes(rows, luck)
        path = tmp_path / str(number) / "mappings" / "teaching_points.csv"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
        name = f"{number}: {rows[row]!r} {suffix}"
        try:
            found = read_mapping(tmp_path / str(number), "teaching_point")
        except FileRejected as refusal:
            assert len(refusal.reason.split()) > 3, name
            outcomes["refused"] += 1
            continue
        if found.refusal:  # a line at fault costs itself, and is named
            outcomes["refused"] += 1
        made = {r["school_id"]: (r["parent_school_id"], r["from_year"], r["to_year"])
                for r in found.rows.to_pylist()}  # fmt: skip
        for at, line in enumerate(base[1:], 1):
            if at not in touched and at != row:
                assert made.get(line[0]) == truth[line[0]], name
        for school, said in made.items():
            if school in truth:
                blank = {2: (0, None), 3: (1, None)}.get(column)
                allowed = {truth[school]}
                if blank and school == base[row][0] and not rows[row][column].strip():
                    years = list(truth[school][1:])
                    years[blank[0]] = None
                    allowed.add((truth[school][0], *years))
                assert said in allowed or school in {base[at][0] for at in touched}, (name, said)
        outcomes["as it was"] += 1
    assert min(outcomes.values()) > count / 10, outcomes


# --------------------------------------------------------------------------------------- profiles


def profile_changed(text: str, luck: Random) -> str:
    lines = text.strip("\n").split("\n")
    at = luck.randrange(len(lines))
    key, _, value = lines[at].partition(":")
    factors = (
        *("10,000", "1e4", "10000.0", "'10000'", "1O000", "-10000", "0", "", "[1]", "１００００"),
        *("10 000", "1_0000", "0x2710", "1e400", ".inf", ".nan", "万"),
    )
    more = (
        *(
            "header_rows: [2]",
            "header_rows: [0]",
            "sheet: x",
            "values: {x: zero}",
            "ignored: [图书]",
        ),
        *("values: {'431': blank}", "nonsense: 1", "stage: junior", "term: autum"),
        *("separator: ';'", "encoding: gb18030"),
    )
    before, behind = lines[:at], lines[at + 1 :]
    value_of_another_kind = luck.choice(["[]", "{}", "~", "1", "true", "- x"])
    ways = [
        [*before, *behind],  # a line lost
        [*before, lines[at], lines[at], *behind],  # and doubled
        [*before, f"{key[:-1]}:{value}", *behind],  # a letter of a key lost
        [*before, f"{key}:{value[:-1]}", *behind],  # or of a value
        [*before, f" {lines[at]}", *behind],
        [*before, f"\t{lines[at].strip()}", *behind],
        [*before, f"{key}: {value_of_another_kind}", *behind],
        [*before, f"{key}：{value}", *behind],
        [line.replace("factor: 10000", f"factor: {luck.choice(factors)}") for line in lines],
        [*lines, luck.choice(more)],
    ]
    return "\n".join(luck.choice(ways))


def figures_of(raw: Path, path: Path) -> tuple[dict, int]:
    """The figures that the profiles below ``raw`` read from a table, and how many words it took."""
    profiles = load_profiles(raw)
    mine = [broken for broken in profiles.broken if broken.path.startswith("profiles/")]
    if mine:
        assert all(len(broken.sentence.split()) > 6 for broken in mine)
        return {}, len(mine)
    reading = read(path, raw, profiles)
    reading = replace(reading, sections=list(reading.sections))
    found = {fact: value for fact, (value, _) in facts_of(reading).items() if value is not None}
    return found, told(reading)


@MANY
def test_no_changed_profile_reads_another_figure(tmp_path, count):
    """It is refused by name, or its file is, or it reads what it read, or less and says so."""
    outcomes: Counter[str] = Counter()
    path = tmp_path / "2023" / "autumn" / "t_2023.csv"
    profile = tmp_path / "profiles" / "t.yml"
    for place in (path, profile):
        place.parent.mkdir(parents=True)
    path.write_text(table_text(), "utf-8")
    profile.write_text(PROFILE, "utf-8")
    truth, words = figures_of(tmp_path, path)
    assert len(truth) == 64 and not words
    for number in range(count):
        changed = profile_changed(PROFILE, Random(f"{SEED}-p{number}"))
        profile.write_text(changed, "utf-8")
        try:
            found, words = figures_of(tmp_path, path)
        except FileRejected as refusal:
            assert len(refusal.reason.split()) > 3, changed
            outcomes["refused"] += 1
            continue
        assert all(truth.get(fact) == value for fact, value in found.items()), changed
        is_asked = "'431': blank" in changed
        assert len(found) == len(truth) or words or is_asked, changed
        outcomes["refused" if words and not found else "as it was"] += 1
    assert min(outcomes.values()) > count / 10, outcomes


# -------------------------------------------------------------------------------------- templates

CONTEXT = {
    "county": {"name": "平罗县"},
    "overview": {"pupils": 27813, "schools": 31},
    "indicators": [{"id": f"L{n}", "cv": f"0.{n}7"} for n in range(1, 8)],
}
PARAGRAPHS = (
    "{{ county.name }}通报",
    "在校生{{ overview.pupils }}人，学校{{ overview.schools }}所。",
    "{%p for i in indicators %}",
    "{{ i.id }}的差异系数为{{ i.cv }}。",
    "{%p endfor %}",
    "{% if overview.schools > 30 %}学校较多{% endif %}。",
)


def template() -> bytes:
    document = Document()
    for text in PARAGRAPHS:
        paragraph = document.add_paragraph()
        for piece in re.split(r"(?<=\{)|(?=\.)", text):  # Word cuts tags into pieces
            paragraph.add_run(piece)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def template_changed(data: bytes, luck: Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    xml = parts["word/document.xml"].decode()
    how = luck.randrange(6)
    if how == 0:  # an element lost or doubled
        found = luck.choice(list(re.finditer(r"<w:(r|p|t)\b[^>]*>.*?</w:\1>", xml, re.S)))
        xml = xml[: found.start()] + found[0] * luck.choice([0, 2]) + xml[found.end() :]
    elif how == 1:  # a sign of a tag
        at = luck.choice([m.start() for m in re.finditer(r"[{}%.]", xml)])
        xml = xml[:at] + luck.choice(["", "{", "}", "%", "｛", "&lt;"]) + xml[at + 1 :]
    elif how == 2:  # a name
        word = luck.choice(
            ["county", "overview", "pupils", "indicators", "schools", "endfor", "cv"]
        )
        xml = xml.replace(word, luck.choice([word[:-1], word.upper(), f"{word}x", ""]), 1)
    elif how == 3:  # a filter or an expression
        ways = ("pupils|safe", "pupils|x", "pupils()", "pupils.x", "__class__", "pupils|length")
        xml = xml.replace("pupils", luck.choice(ways), 1)
    elif how == 4:
        name = luck.choice(list(parts))
        if name != "word/document.xml":
            parts[name] = luck.choice([b"", b"<x/>", parts[name][: len(parts[name]) // 2]])
    else:
        at = luck.randrange(len(xml))
        xml = xml[:at] + luck.choice(["<", "&", "\x00", "</w:p>", "<w:p>"]) + xml[at:]
    parts["word/document.xml"] = xml.encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return buffer.getvalue()


@MANY
def test_no_changed_template_prints_another_number(tmp_path, count):
    outcomes: Counter[str] = Counter()
    base, path = template(), tmp_path / "t.docx"
    path.write_bytes(base)
    truth = Counter(numbers(fill(path, CONTEXT, {})))
    for number in range(count):
        luck = Random(f"{SEED}-t{number}")
        path = tmp_path / f"{number}.docx"
        path.write_bytes(template_changed(base, luck))
        try:
            document = fill(path, CONTEXT, {"subject": "x"})
        except TemplateBroken as broken:
            assert str(path) in str(broken) and len(str(broken).split()) > 6
            outcomes["refused"] += 1
            continue
        assert set(numbers(document)) <= set(truth), (number, text_of(document))
        outcomes["printed"] += 1
    assert min(outcomes.values()) > count / 10, outcomes


def numbers(document: bytes) -> list[str]:
    Document(io.BytesIO(document))
    return re.findall(r"\d+(?:\.\d+)?", text_of(document))


def test_the_bases_are_read_as_they_are(tmp_path: Path):
    (tmp_path / "r.csv").write_text("\n".join(",".join(row) for row in review_rows()), "utf-8")
    assert [e.decision for e in read_folder(tmp_path)] == [
        DECISIONS[r[1]] for r in review_rows()[1:]
    ]
