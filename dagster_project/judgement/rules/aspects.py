"""What ``${name.aspect}`` stands for in an entry of the catalogue.

Words for a field, an item or a figure of a return (``zh``, ``en``, ``unit``; ``said``: its name
within a sentence; ``told``: that and its figure), and SQL over one field or a list of them. On
census forms a blank cell means none, in SQL it makes a sum NULL: the fragments here say which
blanks are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dagster_project.census.figures import BLANK, NOT_APPLICABLE, UNDEFINED, UNREADABLE
from dagster_project.census.schema import status_column
from dagster_project.judgement.frames.returned import find_name

UNITS_ZH = {
    "person": "人",
    "class": "个班",
    "m2": "平方米",
    "yuan": "元",
    "volume": "册",
    "set": "台",
    "room": "间",
    "place": "个",
}

Fields = str | Iterable[str] | Mapping[str, int]


def fill_aspect(value: object, aspect: str | None) -> str:
    """``value`` as it is put into a text: a field, a list of fields, or anything as it stands."""
    if not aspect:
        return str(value)
    if aspect in _SQL:
        return _SQL[aspect](value)
    if isinstance(value, list):
        return (", " if aspect == "en" else "、").join(fill_aspect(v, aspect) for v in value)
    found = find_name(str(value))
    return {
        "zh": found.zh,
        "en": found.en,
        "unit": UNITS_ZH.get(found.unit, ""),
        "said": found.said,
        "told": f"{found.said} {{{value}}}",
    }[aspect]


def list_items(value: Any, aspect: str | None) -> object:
    """``value`` where it stands alone: as it is, the number of its fields, their status columns."""
    if aspect == "count":
        return len(value)
    return [status_column(name) for name in value] if aspect == "status" else value


def _none_sql(part: str) -> str:
    """``part``, 0 where it is blank or inapplicable; null where it is not known."""
    none = f"{status_column(part)} in ('{BLANK}', '{NOT_APPLICABLE}')"
    return f"if({part} is null and {none}, 0, {part})"


def _or_none_sql(part: str) -> str:
    """``part``, 0 where it is blank or the form has no such cell; null where it is not known."""
    # A reading made before the dictionary had the field has no status of it: not collected.
    unknown = f"coalesce({status_column(part)} in ('{UNDEFINED}', '{UNREADABLE}'), false)"
    return f"if({part} is null and not {unknown}, 0, {part})"


def _sum_sql(parts: Fields) -> str:
    """The sum of ``parts``, or of the products where they map to factors.

    Blank and inapplicable are none, an unknown part makes it null. Where not a single part is
    reported, the table was not filled in: null as well.
    """
    factors = parts if isinstance(parts, Mapping) else dict.fromkeys(parts, 1)
    terms = (
        f"{'' if factor == 1 else f'{factor} * '}{_none_sql(part)}"
        for part, factor in factors.items()
    )
    return f"if(coalesce({', '.join(factors)}) is null, null, {' + '.join(terms)})"


def _known_sql(parts: Fields) -> str:
    """The sum of those of ``parts`` that are reported; 0 where none is."""
    return " + ".join(f"coalesce({part}, 0)" for part in parts)


def _all_blank_sql(parts: Fields) -> str:
    """Whether every one of ``parts`` was left blank; null if the form has no such cells."""
    return " and ".join(f"{status_column(part)} = '{BLANK}'" for part in parts)


def _is_back_sql(part: str) -> str:
    """Whether ``part`` is again what it was two years ago, and only last year's figure was another.

    The slip was last year's, and has been flagged there.
    """
    return (
        f"coalesce({part} between 0.67 * prev2_{part} and 1.5 * prev2_{part} "
        f"and prev_{part} not between 0.45 * prev2_{part} and 2.2 * prev2_{part}, false)"
    )


def _those_sql(parts: Fields, condition: str, told: str) -> str:
    """Text that names those of ``parts`` that meet ``condition``, each with its figure (told)."""
    named = ", ".join(
        f"if({condition.format(part, status_column(part))}, "
        f"concat('{part}=', {told.format(part)}), null)"
        for part in parts
    )
    return f"nullif(concat_ws(',', {named}), '')"


def _any_fractional_sql(parts: Fields) -> str:
    """Whether one of ``parts`` is no whole number."""
    return f"greatest({', '.join(f'{part} - floor({part})' for part in parts)}) > 0"


def _any_unreadable_sql(parts: Fields) -> str:
    """Whether one of ``parts`` could not be read."""
    return f"list_contains([{', '.join(map(status_column, parts))}], '{UNREADABLE}')"


_SQL = {
    "list": ", ".join,
    "count": lambda parts: str(len(parts)),
    "none": _none_sql,
    "or_none": _or_none_sql,
    "sum": _sum_sql,
    "known": _known_sql,
    "all_blank": _all_blank_sql,
    "is_back": _is_back_sql,
    "negative": lambda parts: _those_sql(parts, "{0} < 0", "{}"),
    "any_fractional": _any_fractional_sql,
    "any_unreadable": _any_unreadable_sql,
    "fractional": lambda parts: _those_sql(parts, "{0} <> floor({0})", "{}"),
    "unreadable": lambda parts: _those_sql(parts, f"{{1}} = '{UNREADABLE}'", "''"),
}

ASPECTS = (*_SQL, "zh", "en", "unit", "said", "told", "status")
