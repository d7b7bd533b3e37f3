"""What a header says: its concepts, whatever language, script or order they are written in.

``words.csv`` is the vocabulary. What it does not know stays as it is written: two labels mean the
same where their concepts and the rest agree, so that a label is never taken for one that says less.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from dagster_project.census.figures import clean_text
from dagster_project.census.flat.column_map import units

LAST_PRIMARY = 6  # grade
_DIGITS = {c: n for n, c in enumerate("一二三四五六七八九", 1)}
_ORDINALS = {"1st": 1, "2nd": 2, "3rd": 3, **{f"{n}th": n for n in range(4, 10)}}
_GRADE = re.compile(
    r"初([一二三四])|(?<![\d一二三四五六七八九])([1-9一二三四五六七八九])年级"
    r"|\b(?:grade|year|gr|g)\s*([1-9])\b|\b(\d(?:st|nd|rd|th)) grade\b"
)
_RANGE = re.compile(r"(\d+)\s*(?:岁|人)?\s*(?:[-~–—至到]|to)\s*(\d+)\s*(?:岁|人)?")
_AT_MOST = re.compile(r"(?:≤|<=|up to )\s*(\d+)|(\d+)\s*(?:岁|人)?(?:及|或)?以下")
_AT_LEAST = re.compile(r"(?:≥|>=|from )\s*(\d+)|(\d+)\s*(?:岁|人)?(?:及|或)?以上")
_AGE = re.compile(r"(\d+)\s*岁|\baged? (\d+)")
_BRACKETED = re.compile(r"\(([^()]*)\)")
_CJK = re.compile(r"[㐀-鿿]")
_REST = re.compile(r"[㐀-鿿]+|[a-zà-ÿ]+|\d+")
_SEX = ("female", "male")
FEMALE, MALE = _SEX


@dataclass(frozen=True)
class Label:
    """A header's meaning: concepts (unknown words as they are), its unit, the stage it names."""

    concepts: frozenset[str]
    unit: str = ""
    stage: str | None = None

    @property
    def stage_of_grade(self) -> str | None:
        """The stage of the grade that is named, in a table of both stages."""
        late = {int(c[6:]) > LAST_PRIMARY for c in self.concepts if c[:6] == "grade "}
        return {True: "junior", False: "primary"}[late.pop()] if len(late) == 1 else None


@cache
def vocabulary(kind: str) -> tuple[tuple[str, str], ...]:
    """Word → value of one kind of ``words.csv``, long words first."""
    rows = _rows("words.csv")
    pairs = [
        (_simplified(word), row["value"])
        for row in rows
        if row["kind"] == kind
        for word in row["words"].split("|")
    ]
    return tuple(sorted(dict(pairs).items(), key=lambda pair: -len(pair[0])))


@cache
def synonyms() -> dict[str, tuple[str, ...]]:
    """Further labels of the fields, beside the names of the dictionary and the column maps."""
    return {row["field_id"]: tuple(row["labels"].split("|")) for row in _rows("synonyms.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _characters() -> dict[int, str]:
    return {ord(r["words"]): r["value"] for r in _rows("words.csv") if r["kind"] == "character"}


def _simplified(text: str) -> str:
    return text.translate(_characters()).lower()


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """A label as labels are compared: folded, in simplified characters, without white space."""
    return re.sub(r"\s+", "", _simplified(clean_text(text)))


@lru_cache(maxsize=8192)
def key_of(label: str) -> str | None:
    """The key or attribute that a header names, if it names one and nothing else."""
    text = plain(label.rsplit(">", 1)[-1].lstrip("#")).replace("_", "")
    return next((v for word, v in vocabulary("key") if plain(word).replace("_", "") == text), None)


@lru_cache(maxsize=8192)
def meaning(label: str) -> Label:
    """The concepts of a header, whose rows are joined with ``>``."""
    concepts: set[str] = set()
    unit, stage = "", None
    for part in label.split(">"):
        text = _simplified(clean_text(part)).replace("_", " ").replace("#", " ")
        for bracket in _BRACKETED.findall(text):
            if bracket.strip() in units():
                unit = bracket.strip()
                text = text.replace(f"({bracket})", " ")
        for word, value in vocabulary("stage"):
            if value and (rest := _without(text, word)) is not None:
                stage, text = value, rest
        text = _numbers(text, concepts)
        for word, value in _words():
            rest = _without(text, word)
            while rest is not None:
                if value:
                    concepts.add(value)
                text, rest = rest, _without(rest, word)
        concepts |= {f"“{rest}”" for rest in _REST.findall(text)}
    if concepts and not concepts - set(_SEX) - _grades(concepts):
        concepts.add("pupils")  # 一年级, girls
    return Label(frozenset(concepts), unit, stage)


def _grades(concepts: set[str]) -> set[str]:
    return {c for c in concepts if c.startswith("grade ")}


@cache
def _words() -> tuple[tuple[str, str], ...]:
    both = [*vocabulary("concept"), *((word, "") for word, _ in vocabulary("noise"))]
    return tuple(sorted(both, key=lambda pair: -len(pair[0])))


def _numbers(text: str, concepts: set[str]) -> str:
    """Take grades, ages and ranges out of ``text`` into ``concepts``."""
    for pattern, named in (
        (_GRADE, lambda found: f"grade {_grade(found)}"),
        (_RANGE, lambda found: f"{found[1]}-{found[2]}"),
        (_AT_MOST, lambda found: f"≤{found[1] or found[2]}"),
        (_AT_LEAST, lambda found: f"≥{found[1] or found[2]}"),
        (_AGE, lambda found: f"age {found[1] or found[2]}"),
    ):
        while found := pattern.search(text):
            concepts.add(named(found))
            text = f"{text[: found.start()]} {text[found.end() :]}"
    return text


def _grade(found: re.Match) -> int:
    word = next(group for group in found.groups() if group)
    number = _ORDINALS.get(word) or _DIGITS.get(word) or int(word)
    return number + LAST_PRIMARY if found[1] else number  # 初一 is the seventh


def _without(text: str, word: str) -> str | None:
    """``text`` without the first ``word`` in it; ``None`` if it is not there."""
    if _CJK.search(word):
        at, end = text.find(word), len(word)
    else:
        found = re.search(rf"(?<![a-zà-ÿ]){re.escape(word)}(?![a-zà-ÿ])", text)
        at, end = (found.start(), found.end() - found.start()) if found else (-1, 0)
    return None if at < 0 else f"{text[:at]} {text[at + end :]}"
