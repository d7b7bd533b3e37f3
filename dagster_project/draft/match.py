"""Which columns are which figures: by the concepts of their labels, sums of them, and values.

A label matches a field where both mean the same, word for word of what is not understood. Columns
that say more in sex or grade only are parts: where all parts are there, their sum is the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from dagster_project.census.flat.column_map import FORM, column_map, units
from dagster_project.census.schema import fields
from dagster_project.draft.labels import (
    FEMALE,
    LAST_PRIMARY,
    MALE,
    Label,
    key_of,
    meaning,
    plain,
    synonyms,
)
from dagster_project.draft.values import HOLDS, Column, at_most, equals_sum

GRADES = tuple(f"grade {n}" for n in range(1, 10))
_FEWEST_GRADES = 3
_WHOLES = ("pupils", "teachers", "classes", "graduates")
_PUPILS_PER = {"classes": (22, 60), "teachers": (8, 21)}  # what is usual
_FEWEST_ROWS = 3
_ALWAYS = 9999  # the last year of what holds still


@dataclass(frozen=True)
class Guess:
    """What a field is read from: columns (their sum), a factor to the unit, the reason, doubts."""

    columns: tuple[int, ...]
    reason: str
    factor: int = 1
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Named:
    """A column with what its label means and what its figures are."""

    at: int
    label: str
    meaning: Label
    values: Column


@cache
def names(stage: str) -> dict[frozenset[str], str]:
    """The field that a set of concepts means, of what the dictionary and the maps call it."""
    found: dict[frozenset[str], str] = {}
    for field_id in fields():
        for label in _labels(field_id, stage):
            said = meaning(label)
            concepts = of_stage(said.concepts, stage)
            if concepts and (said.stage in (None, stage)):
                found.setdefault(concepts, field_id)
    return found


def _labels(field_id: str, stage: str) -> Iterable[str]:
    """What a field is called: in the dictionary, in lists of synonyms, in wide tables."""
    field = fields()[field_id]
    yield field.name_zh
    yield from synonyms().get(field_id, ())
    for row in column_map():
        if row.target == field_id and row.stage in ("", stage):
            is_sum = any(
                r.target == field_id and r.choice == row.choice and r.paths != row.paths
                for r in column_map()
            )
            if not is_sum:
                yield from (">".join(path) for path in row.paths)
    yield field.name_en
    if field.said_zh:
        yield field.said_zh


def of_stage(concepts: frozenset[str], stage: str) -> frozenset[str]:
    """``concepts`` with grades counted within the stage: 七年级 is the first of junior."""
    if stage != "junior":
        return concepts
    found = set()
    for concept in concepts:
        number = GRADES.index(concept) + 1 if concept in GRADES else 0
        is_late = number > LAST_PRIMARY
        found.add(f"grade {number - LAST_PRIMARY}" if is_late else concept)
    return frozenset(found)


def guesses(columns: Sequence[Named], stage: str) -> dict[str, Guess]:
    """The fields that some of ``columns`` give, in the order of the dictionary.

    ``columns`` are those of the stage and of none in particular, without keys.
    """
    usable = [c for c in columns if c.values.are_numbers]
    concepts = {c.at: of_stage(c.meaning.concepts, stage) for c in usable}
    by_name = names(stage)
    found = _literal(usable, stage)
    used = {at for guess in found.values() for at in guess.columns}
    for column in usable:
        if column.at in used:
            continue
        field_id = by_name.get(concepts[column.at])
        if field_id is None or not _unit_fits(field_id, column.meaning.unit):
            continue
        if field_id in found:
            first = found[field_id]
            doubt = f"{column.label} is called the same"
            found[field_id] = replace(first, doubts=(*first.doubts, doubt))
            continue
        found[field_id] = Guess((column.at,), "by name")
    for said, field_id in by_name.items():
        if field_id not in found and (parts := _parts(said, concepts, stage)):
            how = "sum of girls and boys" if len(parts) == 2 else f"sum of {len(parts)} columns"
            found[field_id] = Guess(parts, how)
    checked = {f: _checked(f, guess, found, columns) for f, guess in found.items()}
    return {f: checked[f] for f in fields() if f in checked}


def _literal(columns: Sequence[Named], stage: str) -> dict[str, Guess]:
    """The columns that are headed letter by letter as in the wide tables of the census."""
    places: dict[str, int] = {}
    for column in columns:
        places.setdefault(_bare(column.label), column.at)
    rows = [row for row in column_map() if row.stage in ("", stage) and row.target in fields()]
    found: dict[str, Guess] = {}
    for row in rows:
        choice = [r for r in rows if r.target == row.target and r.choice == row.choice]
        if row.target in found or any(r.to_year < _ALWAYS for r in choice):
            continue  # a layout of some years only
        columns_of = [
            next((places[p] for path in r.paths if (p := _bare(">".join(path))) in places), None)
            for r in choice
        ]
        if all(at is not None for at in columns_of):
            at = tuple(sorted(at for at in columns_of if at is not None))
            found[row.target] = Guess(at, "headed as in the census's wide tables")
    return found


def _bare(label: str) -> str:
    """A label without units, marks and the form that it is from."""
    parts = (part.lstrip("#") for part in plain(label).split(">"))
    kept = [part for part in parts if part and not FORM.fullmatch(part)]
    return ">".join(_unit_behind().sub("", part) for part in kept)


@cache
def _unit_behind() -> re.Pattern[str]:
    return re.compile(rf"\((?:{'|'.join(map(re.escape, units()))})\)$")


def _unit_fits(field_id: str, unit: str) -> bool:
    return not unit or units()[unit][0] == fields()[field_id].kind


def _parts(
    said: frozenset[str], concepts: Mapping[int, frozenset[str]], stage: str
) -> tuple[int, ...]:
    """The columns whose sum means ``said``: both sexes, all grades, or both sexes of all grades."""
    if said & {FEMALE, MALE} and said & set(GRADES):
        return ()
    more = {
        at: extra
        for at, own in concepts.items()
        if said < own and (extra := own - said) <= {FEMALE, MALE, *GRADES}
    }
    grades = sorted({g for extra in more.values() for g in extra & set(GRADES)})
    last = {"primary": (5, 6), "junior": (3, 4)}.get(stage, (3,))
    whole = grades if len(grades) in last and grades == list(GRADES[: len(grades)]) else []
    sexes = [frozenset({FEMALE}), frozenset({MALE})]
    of_grades = [frozenset({grade}) for grade in whole]
    both = [frozenset({grade, *sex}) for grade in whole for sex in sexes]
    for wanted in (sexes, of_grades, both):
        columns = [next((at for at, e in more.items() if e == extra), None) for extra in wanted]
        if wanted and all(at is not None for at in columns):
            return tuple(sorted(at for at in columns if at is not None))
    return ()


def hints(columns: Sequence[Named], found: Mapping[str, Guess]) -> dict[int, str]:
    """What the values of columns that no field is read from remind of."""
    by_place = {c.at: c.values.figures for c in columns}
    used = {at for guess in found.values() for at in guess.columns}
    totals = {
        field_id: np.sum([by_place[at] for at in guess.columns], axis=0)
        for field_id, guess in found.items()
    }
    said: dict[int, str] = {}
    for column in columns:
        if column.at in used or not column.values.are_numbers:
            continue
        shares = {f: equals_sum(column.values.figures, [total]) for f, total in totals.items()}
        same = next((f for f, share in shares.items() if (share or 0) >= HOLDS), None)
        if same is not None:
            said[column.at] = f"the same figures as {same}"
        elif "pupils" in totals and column.values.are_whole:
            said |= _usual_ratio(column, totals["pupils"], found)
    return said


def _usual_ratio(column: Named, pupils: np.ndarray, found: Mapping[str, Guess]) -> dict[int, str]:
    """Figures that are to the pupils as classes or teachers usually are."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = pupils / column.values.figures
    known = share[np.isfinite(share)]
    if len(known) < _FEWEST_ROWS:
        return {}
    for field_id, (low, high) in _PUPILS_PER.items():
        if field_id not in found and low <= np.median(known) <= high:
            return {column.at: f"perhaps {field_id}: {np.median(known):.0f} pupils each"}
    return {}


# ------------------------------------------------------------------------------ units and doubts

# Between what a figure a pupil usually lies, in the field's own unit.
_USUAL = {"equipment_value_yuan": (100, 100_000), "fixed_assets_yuan": (500, 1_000_000)}
_MYRIAD = 10_000


def _checked(
    field_id: str, guess: Guess, found: Mapping[str, Guess], columns: Sequence[Named]
) -> Guess:
    """``guess`` with its factor, and with what its values say against it."""
    by_place = {c.at: c for c in columns}
    mine = [by_place[at] for at in guess.columns]
    field, doubts, reason = fields()[field_id], list(guess.doubts), guess.reason
    factor = guess.factor
    unit = next((c.meaning.unit for c in mine if c.meaning.unit), "")
    if unit:
        factor = units()[unit][1]
    elif field.kind == "money":
        factor, why = _money(field_id, mine, found, by_place)
        doubts.append(why)
    if field.kind == "count" and not all(c.values.are_whole for c in mine):
        doubts.append("some figures are no whole numbers")
    total = np.sum([c.values.figures for c in mine], axis=0)
    if (total[~np.isnan(total)] < 0).any():
        doubts.append("some figures are negative")
    for whole, part in _orders():
        if part == field_id and whole in found and whole != field_id:
            other = np.sum([by_place[a].values.figures for a in found[whole].columns], axis=0)
            share = at_most(total, other)
            if share is not None and share < HOLDS:
                doubts.append(f"exceeds {whole} in {1 - share:.0%} of rows")
    reason += _confirmed(field_id, total, found, by_place)
    return replace(guess, factor=factor, reason=reason, doubts=tuple(doubts))


def _money(
    field_id: str, mine: Sequence[Named], found: Mapping[str, Guess], columns: Mapping[int, Named]
) -> tuple[int, str]:
    """元 or 万元, where the header does not say: by what is usual for a pupil."""
    pupils = found.get("pupils")
    if pupils is not None and field_id in _USUAL:
        heads = np.sum([columns[at].values.figures for at in pupils.columns], axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.sum([c.values.figures for c in mine], axis=0) / heads
        known = share[np.isfinite(share) & (share > 0)]
        if len(known):
            low, high = _USUAL[field_id]
            usual = float(np.median(known))
            if low <= usual <= high:
                return 1, f"taken for 元: {usual:,.0f} a pupil"
            if low <= usual * _MYRIAD <= high:
                return _MYRIAD, f"taken for 万元: {usual * _MYRIAD:,.0f} yuan a pupil"
    return 1, "taken for 元: the header names no unit"


@cache
def _orders() -> tuple[tuple[str, str], ...]:
    """Pairs of a whole and a field that is part of it, as far as their names say so."""
    by_concepts = {meaning(f.name_zh).concepts: field_id for field_id, f in fields().items()}
    return tuple(
        (whole, part)
        for said, part in by_concepts.items()
        for more, whole in by_concepts.items()
        if more < said and "staff" not in said and more <= set(_WHOLES) and len(more) == 1
    )


def _confirmed(
    field_id: str, total: np.ndarray, found: Mapping[str, Guess], columns: Mapping[int, Named]
) -> str:
    """What besides the name speaks for a total: it is the sum of its grades."""
    parts = [guess for f, guess in found.items() if f.startswith(f"{field_id}_grade_")]
    if len(parts) < _FEWEST_GRADES or len(found[field_id].columns) != 1:
        return ""
    sums = [np.sum([columns[at].values.figures for at in g.columns], axis=0) for g in parts]
    share = equals_sum(total, sums)
    return "" if share is None else f"; the sum of its grades in {share:.0%} of rows"


def named_columns(labels: Sequence[str], values: Sequence[Column]) -> list[Named]:
    """The columns that are no keys, with what their labels mean."""
    return [
        Named(at, label, meaning(label), values[at])
        for at, label in enumerate(labels)
        if label and key_of(label) is None
    ]
