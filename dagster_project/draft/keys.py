"""The keys of a table: whose row it is, where, when and of which stage – by label and by values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from dagster_project.census.codes import codes, is_school_id, tidy_id
from dagster_project.census.place import SCHOOL_YEARS
from dagster_project.divisions import Division, divisions
from dagster_project.draft.labels import LAST_PRIMARY, key_of, meaning, plain, vocabulary
from dagster_project.draft.table import Table
from dagster_project.seeds import seed_rows
from dagster_project.words import word

ROC = 1911  # 民國 year 0
_ROC_YEARS = range(80, 140)
_COUNTY = re.compile(r"\d{6}")
_WIDEST_LIST = 400  # codes of counties that a draft lists
UNKNOWN_COUNTY = "000000"  # to be filled in
_CODED = ("school_type", "sponsor", "urban_rural")
_BOOLEANS = ("is_counted", "is_new", "was_closed")
_YEAR_IN_TEXT = re.compile(r"(?<!\d)(20\d\d)(?:\s*[-/–至]\s*(?:20)?\d\d)?(?!\d)")
_ROC_IN_NAME = re.compile(r"(?<!\d)(\d{3})(?!\d)")


@dataclass(frozen=True)
class Key:
    """One key of the draft: its yaml value, why, and what is doubtful. ``value`` ``None``: none."""

    value: object
    reason: str = ""
    doubts: tuple[str, ...] = ()


@dataclass
class Keys:
    """All keys of a table by their name in a profile; ``places`` are the columns they stand in."""

    found: dict[str, Key] = field(default_factory=dict)
    attributes: dict[str, Key] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    stages: tuple[str, ...] = ()  # one for the table; several: one row makes several sections


def keys_of(table: Table) -> Keys:
    """Guess the keys of ``table``."""
    keys = Keys()
    for at, label in enumerate(table.headings):
        name = key_of(label)
        if name is not None and name not in keys.places and table.texts(at):
            keys.places[name] = at
    _school(table, keys)
    _county(table, keys)
    _year(table, keys)
    _stage(table, keys)
    _term(table, keys)
    _attributes(table, keys)
    return keys


def _column(table: Table, keys: Keys, name: str) -> str:
    return table.labels[keys.places[name]]


def _school(table: Table, keys: Keys) -> None:
    if "school_id" not in keys.places:
        at = _like_ids(table, set(keys.places.values()))
        if at is None and "school_name" in keys.places:
            name = _column(table, keys, "school_name")
            doubt = "there is no column of ids: schools are known by their names"
            keys.found["school_id"] = Key(name, "no id was found", (doubt,))
        elif at is None:
            doubt = "not found: name the column that tells schools apart"
            keys.found["school_id"] = Key(None, "", (doubt,))
        else:
            keys.places["school_id"] = at
            why = "by its values: every row another id"
            keys.found["school_id"] = Key(table.labels[at], why, ("the label does not say so",))
    else:
        keys.found["school_id"] = _id(table, keys.places["school_id"])
    if "school_name" in keys.places:
        keys.found["school_name"] = Key(_column(table, keys, "school_name"), "by name")


def _id(table: Table, at: int) -> Key:
    tokens = [tidy_id(text) for text in table.texts(at)]
    most = Counter(tokens).most_common(1)[0][1] if tokens else 0
    doubts = (f"{most} rows have the same id: one row a stage, a grade or a year?",)
    value: object = table.labels[at]
    lengths = {len(token) for token in tokens if token.isdecimal()}
    if len(lengths) > 1 and all(t.isdecimal() for t in tokens) and max(lengths) <= 10:
        value = {"column": value, "width": max(lengths)}
        return Key(value, "by name", ("leading zeros are filled up: some ids are shorter",))
    return Key(value, "by name", doubts if most > 2 else ())


def _like_ids(table: Table, taken: set[int]) -> int | None:
    for at in range(len(table.labels)):
        texts = table.texts(at)
        are_ids = texts and all(map(is_school_id, texts))
        if at not in taken and are_ids and len(set(texts)) == len(texts) >= 2:
            return at
    return None


def _county(table: Table, keys: Keys) -> None:
    if "county_name" in keys.places:
        keys.found["county_name"] = Key(_column(table, keys, "county_name"), "by name")
    at = keys.places.get("county_code")
    if at is None:
        at = _like_counties(table, set(keys.places.values()))
        if at is not None:
            keys.places["county_code"] = at
    if at is not None:
        keys.found["county_code"] = _county_codes(table, at)
    elif (named := _named_counties(table, keys)) is not None:
        keys.found["county_code"] = named
    else:
        doubt = "not found: write the six digits of the county, or name the column"
        keys.found["county_code"] = Key({"constant": UNKNOWN_COUNTY}, "", (doubt,))


def _counties() -> list[Division]:
    return [division for division in divisions() if division.level == "county"]


def _like_counties(table: Table, taken: set[int]) -> int | None:
    known = {county.code for county in _counties()}
    for at in range(len(table.labels)):
        found = {tidy_id(text) for text in table.texts(at)}
        if at not in taken and found and found <= known:
            return at
    return None


def _county_codes(table: Table, at: int) -> Key:
    label = table.labels[at]
    found = sorted({tidy_id(text) for text in table.texts(at)})
    if all(_COUNTY.fullmatch(code) for code in found):
        known = {county.code for county in _counties()}
        unknown = [code for code in found if code not in known]
        doubts = (f"not in the national list: {', '.join(unknown[:5])}",) if unknown else ()
        return Key(label, "by name", doubts)
    value: dict[str, object] = {"column": label}
    lengths = {len(code) for code in found}
    if all(code.isdecimal() for code in found) and len(lengths) > 1:
        value["width"] = max(lengths)
        found = sorted({code.zfill(max(lengths)) for code in found})
    if len(found) <= _WIDEST_LIST:
        value["known"] = found
    return Key(value, "by name", ("codes of its own: those of the file are listed as known",))


def _named_counties(table: Table, keys: Keys) -> Key | None:
    """Counties by name, where the national list has each name once."""
    if "county_name" not in keys.places:
        return None
    named: dict[str, list[str]] = {}
    for county in _counties():
        named.setdefault(county.name, []).append(county.code)
    at = keys.places["county_name"]
    found = {text: named.get(text, []) for text in dict.fromkeys(table.texts(at))}
    values = {text: hits[0] if len(hits) == 1 else UNKNOWN_COUNTY for text, hits in found.items()}
    open_ = [text for text, hits in found.items() if len(hits) != 1]
    doubts = [f"write the code of {', '.join(open_[:5])}"] if open_ else []
    doubts.append("by the names of the national list")
    return Key({"column": table.labels[at], "values": values}, "by name", tuple(doubts))


def _year(table: Table, keys: Keys) -> None:
    at = keys.places.get("school_year")
    rule: dict[str, str | int] = {}
    doubts: list[str] = []
    if at is not None:
        texts = table.texts(at)
        first = [int(m[0]) for text in texts if (m := re.match(r"\d{2,4}", text))]
        rule["column"] = table.labels[at]
        if first and all(year in _ROC_YEARS for year in first):
            rule["add"] = ROC
        elif not first or not all(year in SCHOOL_YEARS for year in first):
            doubts.append("not all values begin with a year")
        if len(set(first)) > 1:
            doubts.append(f"several years in one file: {min(first)} to {max(first)}")
    stem = table.path.stem
    if found := _YEAR_IN_TEXT.search(stem):
        if "add" not in rule:
            rule["file_name"] = r"(?<!\d)(20\d\d)"
            doubts.append(f"{found[1]} in the file's name is taken for the year it starts in")
    elif (roc := _ROC_IN_NAME.search(stem)) and int(roc[1]) in _ROC_YEARS:
        rule |= {"file_name": r"(?<!\d)(\d{3})(?!\d)", "add": ROC}
    if not rule:
        said = [m[1] for text in table.captions if (m := _YEAR_IN_TEXT.search(text))]
        if said:
            doubts.append(f"the title says {said[0]}; the folder must agree")
        doubts.append("the folder raw/<school_year>/ decides")
        keys.found["school_year"] = Key(None, "", tuple(doubts))
        return
    keys.found["school_year"] = Key(rule, "by name", tuple(doubts))


def _words_of(kind: str, texts: Sequence[str]) -> dict[str, str | None]:
    """What each distinct text means by ``words.csv``: the value, ``None`` for one to be skipped."""
    known = vocabulary(kind)
    found: dict[str, str | None] = {}
    for text in dict.fromkeys(texts):
        hit = next((v for word, v in known if plain(word) in plain(text)), "?")
        if hit != "?":
            found[text] = hit or None
    return found


def _stage(table: Table, keys: Keys) -> None:
    if (at := keys.places.get("stage")) is not None:
        values = _words_of("stage", table.texts(at))
        left = [text for text in dict.fromkeys(table.texts(at)) if text not in values]
        unknown = (f"not understood: {', '.join(left[:5])}",) if left else ()
        keys.stages = tuple(dict.fromkeys(v for v in values.values() if v)) or ("primary",)
        keys.found["stage"] = Key(
            {"column": table.labels[at], "values": values}, "by name", unknown
        )
        return
    if set(_by_grades(table)) >= {"primary", "junior"}:
        keys.stages = ("primary", "junior")
        return
    in_labels = [s for label in table.headings if (s := meaning(label).stage)]
    if {"primary", "junior"} <= set(in_labels):
        keys.stages = ("primary", "junior")
        return
    said: dict[str, str] = {}
    places = [(t, "the title") for t in table.captions]
    places += [(table.sheet or "", "the sheet's name"), (table.path.stem, "the file's name")]
    places += [(s, "a column's label") for s in in_labels]
    for text, where in places:
        for stage in _words_of("stage", [text]).values():
            if stage:
                said.setdefault(stage, where)
    if not said:
        said |= dict.fromkeys(_by_grades(table), "the grades")
    stage, where = next(iter(said.items()), ("primary", ""))
    doubts = [] if where else ["nothing says the stage"]
    if len(said) > 1:
        doubts.append(f"{', '.join(f'{w} says {s}' for s, w in said.items())}")
    keys.stages = (stage,)
    keys.found["stage"] = Key(stage, where, tuple(doubts))


def _by_grades(table: Table) -> tuple[str, ...]:
    """The stages that the grades in the labels belong to: 7 to 9 are junior, 1 to 3 may be."""
    grades = {c for label in table.headings for c in meaning(label).concepts if c[:6] == "grade "}
    numbers = {int(grade[6:]) for grade in grades}
    if not numbers:
        return ()
    if max(numbers) > LAST_PRIMARY:
        return ("junior",) if min(numbers) > LAST_PRIMARY else ("primary", "junior")
    return ("primary",) if {5, 6} & numbers else ("junior",)


def _term(table: Table, keys: Keys) -> None:
    if (at := keys.places.get("term")) is not None:
        values = _words_of("term", table.texts(at))
        if values and all(values.values()):
            keys.found["term"] = Key({"column": table.labels[at], "values": values}, "by name")
            return
    keys.found["term"] = Key("autumn", "the census is of autumn")


def _attributes(table: Table, keys: Keys) -> None:
    for name in (*(f"{n}_code" for n in _CODED), *(f"{n}_label" for n in _CODED), *_BOOLEANS):
        if (at := keys.places.get(name)) is None:
            continue
        keys.attributes[name] = Key(table.labels[at], "by name")
        attribute = f"{name.removesuffix('_label')}_code"
        if name.endswith("_label") and attribute not in keys.places:
            keys.attributes |= _coded(table, at, attribute)


def _coded(table: Table, at: int, attribute: str) -> dict[str, Key]:
    """Codes behind the words of a column, as far as the national lists, or their groups, have them.

    The group of a place (镇区) stands for the first code of it: what is computed asks no more.
    """
    known, groups = codes(attribute), _area_groups() if attribute == "urban_rural_code" else {}
    texts = list(dict.fromkeys(table.texts(at)))
    values = {text: known.get(text) or groups.get(text) for text in texts}
    values = {text: code for text, code in values.items() if code}
    if not values:
        return {}
    doubts = [f"not in the list: {', '.join(t for t in texts if t not in values)}"]
    doubts = doubts if len(values) < len(texts) else []
    if any(text not in known for text in values):
        doubts.append("words of a group stand for the first code of it")
    value = {"column": table.labels[at], "values": values, "otherwise": None}
    return {attribute: Key(value, "by the words of the national list", tuple(doubts))}


@cache
def _area_groups() -> dict[str, str]:
    first: dict[str, str] = {}
    for row in seed_rows("urban_rural"):
        for language in ("zh", "en"):
            first.setdefault(word("area", row["urban_rural"], language), row["urban_rural_code"])
    return first
