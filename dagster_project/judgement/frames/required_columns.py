"""Which columns the rules of a frame ask for.

Frames are wide (every field, last year's value, its peers …), rules read little of that. A column
is built only when some rule names it, so the catalogue alone decides what a frame costs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dagster_project.census.schema import fields as dictionary
from dagster_project.judgement.frames.returned import RETURN_FRAMES, find_census_words, find_figure
from dagster_project.judgement.rules.catalogue import Catalogue, Rule
from dagster_project.judgement.rules.message import PLACEHOLDER

_WORD = re.compile(r"[a-z_][a-z0-9_]*")
_TEXT = re.compile(r"'[^']*'")

# What may stand before the name of a field or measure, frame by frame.
SHIFTS = {
    "section": ("prev_", "prev2_", "prev3_", "carried_", "sibling_"),
    "school": ("prev_", "prev2_", "least_", "most_", "primary_", "junior_"),
    "county": ("sum_", "prev_sum_", "prev2_sum_", "sibling_sum_"),
}
CHANGE_COLUMNS = ("change_z_", "change_median_", "change_")
PEER_COLUMNS = ("peer_z_", "peer_median_", "peer_count_", *CHANGE_COLUMNS)


def find_names(rule: Rule) -> set[str]:
    """Every name that the rule's SQL and texts mention: columns, and SQL words among them."""
    sql = _TEXT.sub(" ", f"{rule.fails_when} {rule.observed} {rule.at_fault}")
    named = {
        place[1] for text in (rule.message, rule.expected) for place in PLACEHOLDER.finditer(text)
    }
    return set(_WORD.findall(sql.lower())) | named


def find_required_names(rules: Iterable[Rule]) -> set[str]:
    """Every name that some rule mentions, and the fields it declares."""
    names: set[str] = set()
    for rule in rules:
        names |= find_names(rule) | set(rule.fields)
    return names


def find_base_name(word: str, frame: str) -> str:
    """The field, measure or attribute behind a column name: ``prev2_pupils`` → ``pupils``."""
    if frame in RETURN_FRAMES:
        return next((found.field for found in find_census_words([word])), word)
    for shift in (*SHIFTS.get(frame, ()), *PEER_COLUMNS):
        if word.startswith(shift) and word not in dictionary():
            return word.removeprefix(shift)
    return word


def find_fields_behind(rule: Rule, catalogue: Catalogue) -> set[str]:
    """The canonical fields whose figures decide the rule, measures resolved into theirs.

    Of a rule about returns it is what was returned; the census is what that is held against.
    """
    found: set[str] = set()
    for word in _WORD.findall(_TEXT.sub(" ", rule.fails_when.lower())):
        if rule.frame in RETURN_FRAMES:
            figure = find_figure(word, rule.frame)
            if figure is not None:
                found.add(figure)
            continue
        name = find_base_name(word, rule.frame).removesuffix("__status")
        if name in catalogue.measures:
            found |= set(_WORD.findall(catalogue.measures[name].sql)) & set(dictionary())
        elif name in dictionary():
            found.add(name)
    return found


def strip_shift(names: Iterable[str], shift: str) -> set[str]:
    """What is asked for of another year or stage: ``prev_pupils`` → ``pupils`` for ``prev``.

    A change since last year (``change_``) asks for last year's figure, and so does what was carried
    over from it.
    """
    prefixes = (f"{shift}_", *((*CHANGE_COLUMNS, "carried_") if shift == "prev" else ()))
    return {n.removeprefix(p) for n in names for p in prefixes if n.startswith(p)}
