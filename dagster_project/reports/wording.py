"""The words that stand in the documents for the codes of the marts; they are in ``wording.yml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dagster_project import verdicts
from dagster_project.reports.facts import Facts

_WORDING = Path(__file__).with_name("wording.yml")
STAGES = ("primary", "junior")


@cache
def wording() -> dict[str, Any]:
    """All of ``wording.yml``, and the words of the verdicts."""
    words = yaml.safe_load(_WORDING.read_text("utf-8"))
    words["verdicts"] = {**verdicts.chinese(), **words["verdicts"]}
    return words


def word(group: str, code: Any) -> str:
    """The word for a code; a code that nobody gave a word stands for itself."""
    return wording()[group].get(code, "" if code is None else str(code))


def whole(county_name: str) -> str:
    """How a county speaks of itself: 全县, 全区, 全市."""
    words = wording()["whole"]
    return words.get(county_name[-1:], words["otherwise"])


def stage_word(facts: Facts, stage: str) -> str:
    """小学, 初中; the county's own word for both together."""
    return whole(facts.county.county_name) if stage == "all" else word("stages", stage)


def bare_unit(unit: str | None) -> str:
    """What a value is counted in: 人 of 人/百名学生, 平方米 of 平方米/生; nothing for ratios."""
    first, _, second = (unit or "").partition("/")
    return "" if first in ("1", second) else first
