"""From rows that break rules to flags: who, what, where in which file, why, and what to do.

The id of a flag is a hash of the rule, the school year and term, the school (or county, or file),
the stage, and the figures involved. It does not know file names, the order of rows or the machine:
the same figures give the same id at every load, and another figure is another flag.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dagster_project.judgement.frames.columns import KEYS
from dagster_project.judgement.rules import message
from dagster_project.judgement.rules.catalogue import ENTRY, OTHER_DATA, Catalogue, Rule
from dagster_project.judgement.rules.seeds import find_indicators

OPEN, CONFIRMED, WAIVED, CORRECTED = "open", "confirmed", "waived", "corrected"
STATUSES = (OPEN, CONFIRMED, WAIVED, CORRECTED)

# Figures of others: they move a limit, they are not the figure that was reported.
_OF_OTHERS = ("peer_", "change_z_", "change_median_", "usual_")
# Where a row stands: it may move in its file.
_PLACE = ("cell", "place")
_SIGNIFICANT_DIGITS = 10
_ID_LENGTH = 15
_REPEATED = ("term", "county_code", "county_name", "school_id", "school_name", "stage", "sheet",
             "sha256", "frame", "fields", "taints", "expected", "observed")  # fmt: skip
MOST_TEXT = 2000  # characters of one text of a flag


@dataclass(frozen=True)
class Spot:
    """Where a figure stands: the sheet (``None`` in csv) and the cell.

    ``file`` (sha256, school year, term) is given where it may be another than the row's own.
    """

    sheet: str | None
    cell: str
    file: tuple[str, int, str] | None = None


@dataclass(frozen=True)
class Violation:
    """One row that breaks one rule: the frame's keys and the figures the rule mentions."""

    rule_id: str
    frame: str
    keys: Mapping[str, Any]
    figures: Mapping[str, Any]

    @classmethod
    def of_row(cls, row: Mapping[str, object]) -> Violation:
        """From a row of :attr:`~dagster_project.judgement.scan.Verdict.violations`."""
        return cls(
            str(row["rule_id"]),
            str(row["frame"]),
            {key: row[key] for key in KEYS},
            json.loads(str(row["figures"])),
        )


def flag_id(violation: Violation) -> str:
    """The id: ``F`` and fifteen hexadecimal digits, which no spreadsheet takes for a number."""
    keys = violation.keys
    subject = keys["school_id"] or keys["county_code"]
    if violation.frame == "file" or subject is None:
        subject = keys["sha256"]
    figures = select_own_figures(violation.figures)
    identity = [
        violation.rule_id, keys["school_year"], keys["term"], violation.frame, subject,
        None if violation.frame == "school" else keys["stage"], sorted(figures.items()),
    ]  # fmt: skip
    text = json.dumps(identity, ensure_ascii=False, separators=(",", ":"))
    return "F" + hashlib.sha256(text.encode()).hexdigest()[:_ID_LENGTH]


def select_own_figures(figures: Mapping[str, object]) -> dict[str, object]:
    """The figures that were reported, normalised; ``observed`` only where there are no others."""
    own = {
        name: _normalise(value)
        for name, value in figures.items()
        if name != "observed" and name not in _PLACE and not name.startswith(_OF_OTHERS)
    }
    return own or {"observed": _normalise(figures.get("observed"))}


def _normalise(value: object) -> object:
    """Numbers as text with ten significant digits: 113 and 113.00000000001 are one figure."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return f"{value:.{_SIGNIFICANT_DIGITS}g}"


def rows(
    violations: Iterable[Violation],
    catalogue: Catalogue,
    spots: Callable[[Violation, Iterable[str]], list[Spot]],
    files: Mapping[tuple, tuple[str, str]],
) -> list[dict[str, object]]:
    """The flags as rows of ``quality.flag``, each id once, in the order of their keys.

    ``spots`` gives the cells of fields in the row of a violation, ``files`` path
    below raw/ and shape by (sha256, school year, term).
    """
    rules = {rule.rule_id: rule for rule in catalogue.rules}
    found: dict[str, dict[str, object]] = {}
    # Texts that stand in thousands of rows are kept once.
    once: dict[object, object] = {}
    for violation in violations:
        rule = rules[violation.rule_id]
        has_cells = violation.frame not in ("county", "file", ENTRY, *OTHER_DATA)
        cells = spots(violation, _find_fields(rule, violation)) if has_cells else []
        row = _make_row(rule, violation, cells, files)
        for name in _REPEATED:
            row[name] = once.setdefault(row[name], row[name])
        twin = found.setdefault(str(row["flag_id"]), row)
        if twin is not row and row["cell"] and row["cell"] != twin["cell"]:
            # The same school twice in a file, with the same figures: one flag, both places.
            both = [str(c) for c in (twin["cell"], row["cell"]) if c]
            twin["cell"] = "; ".join(sorted(both, key=lambda c: (len(c), c)))
    return sorted(found.values(), key=_sort_key)


def _find_fields(rule: Rule, violation: Violation) -> tuple[str, ...]:
    """The fields that the flag is about: those at fault, where the rule tells them apart."""
    at_fault = message.parse_faults(violation.figures.get(message.AT_FAULT))
    return tuple(name for name, _ in at_fault) or rule.fields


def _find_taints(rule: Rule, violation: Violation) -> str | None:
    """What must not be trusted: as the frame says, or the rule and the figures at fault."""
    if said := violation.figures.get("taints"):
        return str(said)
    taints = dict.fromkeys(rule.taints)
    if message.AT_FAULT in violation.figures:
        own = (find_indicators(name) for name in _find_fields(rule, violation))
        taints |= dict.fromkeys(sorted(frozenset().union(*own)))
    return ",".join(taints) or None


def _sort_key(row: Mapping[str, object]) -> tuple:
    names = ("school_year", "term", "county_code", "school_id", "stage", "rule_id", "flag_id")
    return tuple(str(row[name] if row[name] is not None else "") for name in names)


def _make_row(
    rule: Rule, violation: Violation, spots: list[Spot], files: Mapping[tuple, tuple]
) -> dict[str, object]:
    keys = violation.keys
    said = {**keys, **violation.figures}
    file = (spots[0].file if spots else None) or (
        keys["sha256"], keys["school_year"], keys["term"]
    )  # fmt: skip
    sheet, cell = _find_where(spots, keys, violation.figures.get("cell"))
    path, shape = files.get(file, (None, None))
    return {
        "flag_id": flag_id(violation),
        "rule_id": rule.rule_id,
        "severity": rule.severity,
        "school_year": keys["school_year"],
        "term": keys["term"],
        "county_code": keys["county_code"],
        "county_name": keys["county_name"],
        "school_id": keys["school_id"],
        "school_name": keys["school_name"],
        "stage": keys["stage"],
        "fields": ",".join(_find_fields(rule, violation)) or None,
        "observed": message.write_observed(violation.figures)[:MOST_TEXT],
        "expected": message.write_expected(rule, said)[:MOST_TEXT],
        "message": message.write_message(rule, said)[:MOST_TEXT],
        "remedy": rule.resolve,
        "source_file": path,
        "sheet": sheet,
        "cell": cell,
        "status": OPEN,
        "note": None,
        "taints": _find_taints(rule, violation),
        "sha256": file[0],
        "owner": rule.owner,
        "title": rule.title_zh,
        "frame": violation.frame,
        "figures": json.dumps(violation.figures, ensure_ascii=False, sort_keys=True),
        "shape": shape,
    }


def _find_where(
    spots: list[Spot], keys: Mapping[str, Any], said: object = None
) -> tuple[str | None, str | None]:
    """Sheet of the first cell, and all cells; those in other sheets carry their sheet's name.
    What stands in another file than the first is left out: a flag points into one.

    A frame may itself have ``said`` the cell. Without any (codes, names) the school's whole row is
    named, ``12:12``.
    """
    row = keys["source_row"]
    if not spots and said:
        return keys["sheet"], str(said)
    if not spots:
        return keys["sheet"], f"{row}:{row}" if row is not None and keys["school_id"] else None
    sheet, file = spots[0].sheet, spots[0].file
    cells = [s.cell if s.sheet == sheet else f"{s.sheet}!{s.cell}" for s in spots if s.file == file]
    return sheet or keys["sheet"], ", ".join(cells)
