"""Personal data stays outside: which labels of a form name a person or a way to reach one.

The patterns are data (``maps/personal.csv``). Scope ``any`` holds in every form; scope ``answer``
only in forms that answer one question per row, where 校长 asks for a name: in a staff table the
same word heads a count.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources

from dagster_project.census.labels import label


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    text = resources.files(__package__).joinpath("maps/personal.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    anywhere = [row["pattern"] for row in rows if row["scope"] == "any"]
    return {
        "any": re.compile("|".join(anywhere)),
        "answer": re.compile("|".join(row["pattern"] for row in rows)),
    }


def is_personal(path: Iterable[str], *, answer: bool = False) -> bool:
    """Whether a label, or one of the groups it stands under, asks for personal data.

    ``answer`` marks a form with one question per row, where more words mean a person.
    """
    pattern = _patterns()["answer" if answer else "any"]
    return any(pattern.search(label(part)) for part in path)
