"""What a reader did not use: one entry per row or cell of a file that became no figure, and why.

Nothing that stood in a file disappears without a word. Most entries are harmless (totals, headers,
notes); those of the reason :data:`DOUBTFUL` were meant as figures and have to be corrected: they
become hard flags with file, sheet and cell.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from dagster_project.census.figures import clean_text
from dagster_project.census.personal import is_personal
from dagster_project.census.rejection import plain
from dagster_project.census.schema import items
from dagster_project.seeds import setting

if TYPE_CHECKING:
    import pyarrow as pa

DOUBTFUL = "doubtful"
MOSTLY = 0.5  # share of a file's rows that may be doubtful: with more it was put together wrongly
MOST_OF_A_TOKEN = 80  # characters of what is quoted from a file


@dataclass(frozen=True)
class SetAside:
    """One row or cell that was not used.

    ``reason`` is one of ``dictionary/set_aside_reasons.csv``, ``sentence`` says what was found and
    what to do, ``sentence_zh`` the same for the people who fill in the forms. ``part`` is the part
    of the lake that it would have stood in, ``field_id`` its field, item or column (``None``: the
    whole row). ``source_row`` counts from 1; ``cell`` is ``"D12"``, or ``"row 57"`` in a text file.
    ``token`` is what stands there, as :func:`quoted`. ``rows`` says for how many rows the entry
    speaks, where a reader sums up what it skipped. ``feeds`` says which items it would have counted
    in, where the part and the field do not. School year and term are the file's own unless given.
    """

    reason: str
    sentence: str
    sentence_zh: str = ""
    part: str = "section"
    field_id: str | None = None
    sheet: str | None = None
    cell: str | None = None
    source_row: int | None = None
    token: str | None = None
    school_year: int | None = None
    term: str | None = None
    county_code: str | None = None
    county_name: str | None = None
    school_id: str | None = None
    school_name: str | None = None
    stage: str | None = None
    rows: int = 1
    feeds: str | None = None

    def __post_init__(self) -> None:
        if self.reason not in reasons():
            raise ValueError(f"{self.reason!r} is no reason of dictionary/set_aside_reasons.csv.")
        if self.part not in parts():
            raise ValueError(f"{self.part!r} is no part of dictionary/parts.csv.")

    @property
    def taints(self) -> str | None:
        """The items and indicators that the entry would have counted in, comma separated."""
        if self.reason != DOUBTFUL:
            return None
        if self.feeds is not None:
            return self.feeds or None
        if self.part == "answer":
            item = items().get(self.field_id or "")
            asked = [item] if item else items().values()
            return ",".join(dict.fromkeys(i.used_by for i in asked if i.used_by != "P")) or None
        return parts()[self.part]["feeds"] or None


def doubtful_costs_the_file() -> bool:
    """Whether one doubtful entry refuses its file, instead of costing only itself (a setting)."""
    return setting("doubtful_entries") == "refuse"


def quoted(token: object, *headings: object) -> str | None:
    """What stands in a cell, fit to be kept: short and visible, nothing from a column of persons.

    ``headings`` are the labels that the cell stands under.
    """
    text = clean_text(token)
    if not text or is_personal(str(heading) for heading in headings if heading is not None):
        return None
    return plain(text if len(text) <= MOST_OF_A_TOKEN else f"{text[: MOST_OF_A_TOKEN - 1]}…")


@cache
def reasons() -> dict[str, dict[str, str]]:
    """Why something may be set aside: names by code."""
    return {row["reason"]: row for row in _rows("set_aside_reasons.csv")}


@cache
def parts() -> dict[str, dict[str, str]]:
    """The parts of a reading that hold figures: names, and which items their figures feed."""
    return {row["part"]: row for row in _rows("parts.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath("dictionary", name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def set_aside_schema() -> pa.Schema:
    """Schema of the table of what was set aside; see :class:`SetAside`."""
    import pyarrow as pa

    text, small = pa.string(), pa.int32()
    return pa.schema(
        [
            ("sha256", text),
            ("school_year", pa.int16()),
            ("term", text),
            ("county_code", text),
            ("county_name", text),
            ("school_id", text),
            ("school_name", text),
            ("stage", text),
            ("part", text),
            ("part_zh", text),
            ("field_id", text),
            ("reason", text),
            ("reason_zh", text),
            ("rows", small),
            ("sheet", text),
            ("cell", text),
            ("source_row", small),
            ("token", text),
            ("sentence", text),
            ("sentence_zh", text),
            ("taints", text),
        ]
    )


def table(entries: Iterable[SetAside], sha256: str, school_year: int, term: str) -> pa.Table:
    """The entries of one file as a table of :func:`set_aside_schema`."""
    import pyarrow as pa

    rows = [
        {
            **{name: value for name, value in asdict(entry).items() if name != "feeds"},
            "sha256": sha256,
            "school_year": entry.school_year or school_year,
            "term": entry.term or term,
            "sentence": plain(entry.sentence),
            "sentence_zh": plain(entry.sentence_zh) or None,
            "part_zh": parts()[entry.part]["name_zh"],
            "reason_zh": reasons()[entry.reason]["name_zh"],
            "taints": entry.taints,
        }
        for entry in entries
    ]
    return pa.Table.from_pylist(rows, set_aside_schema())
