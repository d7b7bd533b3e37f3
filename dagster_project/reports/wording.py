"""The words that stand in the documents for the codes of the marts.

Words for codes come from ``dbt/seeds/word.csv``, what else the documents say from ``wording.yml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dagster_project.figures.county import CountyFigures
from dagster_project.words import words

_WORDING = Path(__file__).with_name("wording.yml")
_KINDS: dict[str, str | tuple[str, ...]] = {
    "stages": "stage",
    "areas": "area",
    "sponsors": "sponsor",
    "kinds": "school_kind",
    "verdicts": "verdict",
    "school_verdicts": "school_verdict",
    "attains": "attains",
    "yes_no": "yes_no",
    "retention_status": "retention_status",
    "retention_source": "retention_source",
    "tendencies": ("tendency", "direction"),
    "comparators": "comparator",
    "severities": "severity",
}
# Codes of the seed that are no text in the marts.
_BRACKETS = str.maketrans("()", "（）")
_VALUES = {"true": True, "false": False, "null": None, "1": 1, "0": 0}


@cache
def wording() -> dict[str, Any]:
    """All of ``wording.yml``, and the words for codes."""
    said = yaml.safe_load(_WORDING.read_text("utf-8"))
    known = vocabularies(_KINDS)
    return said | known | {name: known[name] | said[name] for name in known.keys() & said.keys()}


def vocabularies(kinds: Mapping[str, str | tuple[str, ...]]) -> dict[str, dict[Any, str]]:
    """The Chinese words for codes by the names that documents have for them.

    ``kinds`` are kinds of ``dbt/seeds/word.csv``; of several the later ones add what is missing.
    """
    made = {}
    for name, kind in kinds.items():
        several = (kind,) if isinstance(kind, str) else kind
        entries = [entry for one in reversed(several) for entry in words(one).items()]
        made[name] = {_VALUES.get(code, code): word for code, word in entries}
    return made


def word(group: str, code: Any) -> str:
    """The word for a code; a code that nobody gave a word stands for itself."""
    return wording()[group].get(code, "" if code is None else str(code))


def formal(name: str) -> str:
    """A name as official text writes it: with the brackets of Chinese."""
    return name.translate(_BRACKETS)


def whole(county_name: str) -> str:
    """How a county speaks of itself: 全县, 全区, 全市."""
    said = wording()["whole"]
    return said.get(county_name[-1:], said["otherwise"])


def stage_word(figures: CountyFigures, stage: str) -> str:
    """小学, 初中; the county's own word for both together."""
    return whole(figures.county.county_name) if stage == "all" else word("stages", stage)


def bare_unit(unit: str | None) -> str:
    """What a value is counted in: 人 of 人/百名学生, 平方米 of 平方米/生; nothing for ratios."""
    first, _, second = (unit or "").partition("/")
    return "" if first in ("1", second) else first
