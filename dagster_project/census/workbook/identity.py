"""Who a workbook speaks of: school, type, sponsor, place and county, from its identity sheet.

基础基111 is a grid (a header cell, below it the 名称 and 代码 of the same column), 教基1001 a list
(a label, its answer to the right). Only the attributes of ``maps/identity.csv`` are looked up: the
names, phones and addresses of people that stand on the same sheet are never touched.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from dagster_project.census import labels
from dagster_project.census.addresses import cell_address
from dagster_project.census.codes import codes, looks_like_digits, tidy_id
from dagster_project.census.figures import clean_text
from dagster_project.census.opening.source import Sheet
from dagster_project.census.rejection import FileRejected
from dagster_project.census.schema import CODED
from dagster_project.census.workbook.forms import parse_form

IDENTITY_FORMS = {"基础基": "基础基111", "教基": "教基1001"}
_SCHOOL_ID = re.compile(r"[0-9A-Za-z]{6,}")
_PLACE = re.compile(r".+?(?:自治区|自治州|自治县|自治旗|地区|林区|特区|省|市|县|区|旗|盟)(?!区|县)")
_OFFICE = re.compile(r"(教育|教体|文教|教科|科教|教委|社会事业|社会发展|公共服务|人民政府).*$")
_NOT_AN_ANSWER = re.compile(r"[*\-]|-1|")


@dataclass(frozen=True)
class Identity:
    """The school of a workbook; cells are kept for the sentences of a refusal."""

    sheet: str
    school_id: str
    school_name: str | None
    school_type_code: str | None
    sponsor_code: str | None
    urban_rural_code: str | None
    county_code: str | None
    county_name: str | None
    is_counted: bool | None  # 是否计校数, as answered or as the type has it
    labels: dict[str, str | None]  # what stands beside the codes, by name
    cells: dict[str, str | None]  # attribute → cell its code stands in


@cache
def _attributes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    text = (
        resources.files("dagster_project.census").joinpath("maps/identity.csv").read_text("utf-8")
    )
    rows = csv.DictReader(text.splitlines())
    return tuple((row["attribute"], re.compile(row["label_pattern"])) for row in rows)


@cache
def school_types() -> dict[str, tuple[frozenset[str], bool]]:
    """办学类型 code → stages such a school has, and whether it counts as a school."""
    text = (
        resources.files("dagster_project.census")
        .joinpath("maps/school_types.csv")
        .read_text("utf-8")
    )
    return {
        row["code"]: (frozenset(filter(None, row["stages"].split("|"))), row["is_counted"] != "0")
        for row in csv.DictReader(text.splitlines())
    }


def read_identity(sheet: Sheet) -> Identity:
    """Identity from the sheet 基础基111 or 教基1001; raises :class:`FileRejected` without an id."""
    answers: dict[str, list[tuple[str, str]]] = {}
    for attribute, text, cell in _answers(sheet):
        answers.setdefault(attribute, []).append((text, cell))
    school_id, cell = _school_id(sheet, answers.get("school_id", []))
    cells: dict[str, str | None] = {"school_id": cell}
    coded: dict[str, str | None] = {}
    words: dict[str, str | None] = {}
    for name in CODED:
        attribute = f"{name}_code"
        found = answers.get(attribute, [])
        coded[attribute], cells[attribute] = _code(attribute, found)
        words[name] = _label(found) if coded[attribute] else None
    county, cells["county"] = _first(answers.get("county", []), re.compile(r"\d{2,}"))
    office, _ = _first(answers.get("county", []), re.compile(r"[^\d]*[一-鿿].*"))
    said, _ = _first(answers.get("is_counted", []), re.compile(r".+"))
    is_counted = {"1": True, "0": False}.get(codes("is_counted").get((said or "").upper(), ""))
    kind = school_types().get(coded["school_type_code"] or "")
    if is_counted is None and kind is not None:
        is_counted = kind[1]
    school_name, _ = _first(answers.get("school_name", []), re.compile(r".+"))
    return Identity(
        sheet=sheet.name,
        school_id=school_id,
        school_name=school_name,
        county_code=county[:6] if county else None,
        county_name=county_of(office) if office else None,
        is_counted=is_counted,
        labels=words,
        cells=cells,
        **coded,
    )


def county_of(office: str) -> str | None:
    """County in the name of its education office: 样例省样例市样例县教育局 → 样例县."""
    places = _PLACE.findall(_OFFICE.sub("", labels.label(office)))
    return places[-1] if places else None


def _answers(sheet: Sheet) -> Iterator[tuple[str, str, str]]:
    """(attribute, text, cell) of every answer, in the order of the sheet."""
    asked = [
        (attribute, row, column)
        for row, tokens in enumerate(sheet.rows)
        for column, token in enumerate(tokens)
        if isinstance(token, str) and (attribute := _attribute(token))
    ]
    column = _answer_column(sheet, asked)
    for attribute, row, at in asked:
        if column is not None:
            places = [(row, column)] if at < column else []
        elif labels.label(sheet.value(row, at)) == "名称":
            continue  # in the grid it only says that this row holds names
        elif attribute in ("school_id", "school_name"):
            places = [(row + 1, at)]
        else:
            places = [(row + 1, at), (row + 2, at)]
        for r, c in places:
            answer = clean_text(sheet.value(r, c))
            if _NOT_AN_ANSWER.fullmatch(answer) is None:
                yield attribute, answer, cell_address(r, c)


def _answer_column(sheet: Sheet, asked: list[tuple[str, int, int]]) -> int | None:
    """The column of answers if the sheet is a list; ``None`` for a grid."""
    places = [(row, column) for attribute, row, column in asked if attribute == "school_id"]
    if not places:
        places = [(row, column) for _, row, column in asked[:1]]
    if not places:
        return None
    row, column = places[0]
    listed = {
        attribute
        for attribute, r, c in asked
        if c == column and labels.label(sheet.value(r, c)) != "名称"
    }
    if len(listed) < 2:
        return None
    form = parse_form(sheet, "")
    if form is not None and form.columns[0].at > column:
        return form.columns[0].at
    beside = [c for c in range(column + 1, len(sheet.rows[row])) if sheet.value(row, c) is not None]
    return max(beside, default=column + 1)


@cache
def _attribute(text: str) -> str | None:
    name = re.sub(r"\((机构|园|单位)\)", "", labels.key(text))
    return next((a for a, pattern in _attributes() if pattern.search(name)), None)


def _school_id(sheet: Sheet, found: list[tuple[str, str]]) -> tuple[str, str]:
    if not found:
        raise FileRejected("census.no_school_id", name=sheet.name, sheet=sheet.name)
    text, cell = tidy_id(found[0][0]), found[0][1]
    if not _SCHOOL_ID.fullmatch(text) or looks_like_digits(text):
        raise FileRejected(
            "census.bad_school_id", name=sheet.name, text=text, sheet=sheet.name, cell=cell
        )
    return text, cell


def _first(found: list[tuple[str, str]], shape: re.Pattern[str]) -> tuple[str | None, str | None]:
    for text, cell in found:
        if shape.fullmatch(text):
            return text, cell
    return None, None


def _label(found: list[tuple[str, str]]) -> str | None:
    """The word among the answers for a code: 九年一贯制学校 of ``312 九年一贯制学校``."""
    words = (re.sub(r"[\d\s]+", "", text) for text, _ in found)
    return next(filter(None, words), None)


def _code(attribute: str, found: list[tuple[str, str]]) -> tuple[str | None, str | None]:
    """The code among answers that are a code, a name, or both in one (``312 九年一贯制学校``)."""
    for text, cell in found:
        digits = re.search(r"(?<!\d)\d{3}(?!\d)", text)
        if digits:
            return digits.group(0), cell
    for text, cell in found:
        code = codes(attribute).get(labels.label(text))
        if code:
            return code, cell
    return (None, found[0][1]) if found else (None, None)
