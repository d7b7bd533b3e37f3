"""Which rows of a plain table are schools, and under which keys: decided row by row."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dagster_project.census.codes import tidy_id
from dagster_project.census.doubts import Leavings
from dagster_project.census.figures import clean_text, parse_figure
from dagster_project.census.opening.cell_marks import is_formula
from dagster_project.census.rejection import FileRejected
from dagster_project.census.row_words import SCHOOL_ENDS, WHOLE, is_note, total_label
from dagster_project.census.table.ids import Ids
from dagster_project.census.table.layout import Key, Layout
from dagster_project.census.table.profile_check import BOOLEAN_ATTRIBUTES
from dagster_project.census.table.profile_model import RowRule, header_key
from dagster_project.census.table.row_rules import filled_columns

NEEDED = ("school_id", "county_code")
LEAST_NUMBERED = 4  # cells of a row that numbers the columns
_COUNTY = re.compile(r"[0-9A-Za-z]{1,6}")
_EXPECTED_COUNTY = "1 to 6 digits or letters"
_YES_NO = {
    **dict.fromkeys(("1", "是", "true", "yes", "y"), True),
    **dict.fromkeys(("0", "否", "false", "no", "n"), False),
    "": None,
}


class Row(NamedTuple):
    """A row of a school: its number (from 1), its cells, and its keys and attributes.

    ``has_odd_id``: its id is unlike the others; it may be a total, which the figures tell better.
    """

    number: int
    cells: list[object]
    keys: dict[str, object]
    has_odd_id: bool = False


@dataclass
class Schools:
    """Tells the rows that are schools; everything else goes to ``leavings`` with its reason."""

    layout: Layout
    leavings: Leavings
    ids: Ids = field(default_factory=Ids)
    filled: frozenset[int] = frozenset()  # columns of row rules that hold something in all rows
    _known: dict[str, dict[object, tuple]] = field(default_factory=lambda: defaultdict(dict))
    _meant: dict[tuple[str, str], object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys = self.layout.keys.by_name
        self.id_key, self.stage_key = keys["school_id"], keys.get("stage")
        self.name_column = keys["school_name"].column if "school_name" in keys else None
        places = [self.layout.fields_of(stage) for stage in self.layout.stages]
        self.figure_columns = {c for f in places for where in f.values() for c in where.all_columns}
        meant = [f.where for stage in self.layout.stages.values() for f in stage.values()]
        self._named_rows = {pair for where in meant for pair in where}

    def row(self, number: int, cells: list[object]) -> Row | None:
        """The row ``number`` if it is one of a school; else it is left, with its reason."""
        filled = [c for c in cells if c is not None and str(c).strip()]
        if not filled or self._is_no_row(number, cells, filled):
            return None
        self._check_width(cells, number)
        if self._is_skipped(number, cells) or self._is_total(number, cells, filled):
            return None
        if self._is_unclear(number, cells):
            return None
        keys = self._keys(number, cells)
        if keys is None:
            return None
        if number - 1 in self.layout.hidden_rows:
            self.leave("hidden_school", number, keys=keys)
            return None
        return Row(number, cells, keys, self._has_odd_id(cells))

    # ------------------------------------------------------------------ rows that are no schools

    def _is_no_row(self, number: int, cells: list[object], filled: list[object]) -> bool:
        """Whether a row repeats the header, numbers the columns, or is a note."""
        first = filled[0]
        if not (isinstance(first, str) and not first[0].isdigit()):
            return self._is_numbering(filled) and self.leave("header_row", number)
        repeated = [
            header_key(c) == label
            for c, label in zip(cells, self.layout.labels, strict=False)
            if c is not None and str(c).strip()
        ]
        if len(repeated) > 1 and all(repeated):
            return self.leave("header_row", number)
        if is_note(first) and not self._has_figures(cells):
            return self.leave("note_row", number)
        return False

    @staticmethod
    def _is_numbering(filled: list[object]) -> bool:
        """Whether a row holds 1, 2, 3 … in all its cells."""
        if len(filled) < LEAST_NUMBERED or clean_text(filled[0]) != "1":
            return False
        texts = [tidy_id(clean_text(c)) for c in filled]
        return texts == [str(n) for n in range(1, len(texts) + 1)]

    def _has_figures(self, cells: list[object]) -> bool:
        return any(
            parse_figure(cells[c]).value is not None for c in self.figure_columns if c < len(cells)
        )

    def _check_width(self, cells: list[object], number: int) -> None:
        width = len(self.layout.labels)
        if len(cells) == width:
            return
        if len(cells) > width and not any(c is not None and str(c).strip() for c in cells[width:]):
            return
        raise FileRejected(
            "census.row_width_table",
            number=number,
            count=len(cells),
            width=width,
            sheet=self.layout.sheet,
            cell=f"row {number}",
        )

    def _is_skipped(self, number: int, cells: list[object]) -> bool:
        """Whether the profile skips a row: such rows need no keys."""
        profile, key = self.layout.profile, self.stage_key
        if profile.skip_rows or profile.keep_rows:
            rule = next((r for r in profile.skip_rows if self._fits(r, cells)), None)
            rule = rule or next((r for r in profile.keep_rows if not self._fits(r, cells)), None)
            if rule is not None and rule.column in self.layout.positions:
                column = self.layout.positions[rule.column]
                return self.leave("skipped_row", number, column, cells[column])
        if key is not None and key.columns:
            token = key.token(cells)
            if self._outcome(key, clean_text(token)) is None:
                return self.leave("skipped_row", number, key.column, token)
        return False

    def _is_unclear(self, number: int, cells: list[object]) -> bool:
        """Whether a row does not say what it is, though all others do."""
        blank = (column for column in self.filled if not clean_text(cells[column]))
        return any(self.leave("rule_blank", number, column) for column in blank)

    def _fits(self, rule: RowRule, cells: list[object]) -> bool:
        column = self.layout.positions.get(rule.column)
        return column is not None and rule.fits(clean_text(cells[column]))

    def _is_total(self, number: int, cells: list[object], filled: list[object]) -> bool:
        """Whether the label says that a row is the sum of others.

        ``Total Learning Academy`` with an id of its own is a school; without one, or where the id
        column says it, it is a total. So is, of a school with several rows, the one of all grades.
        """
        for place in self.layout.row_columns:
            if total_label(cells[place]) == WHOLE and not self._is_named(place, cells[place]):
                return self.leave("total_row", number, place, cells[place])
        name = cells[self.name_column] if self.name_column is not None else None
        ids = [cells[c] for c in self.id_key.columns]
        if not _may_be_label(name) and ids[0] and not any(map(_may_be_label, ids)):
            return False
        said = {token: total_label(token) for token in (*ids, name) if _may_be_label(token)}
        found = next((t for t in (*ids, name) if said.get(t) == WHOLE), None)
        found = found or next((t for t in ids if said.get(t)), None)
        if found is None and not clean_text(self.id_key.token(cells)):
            found = next((t for t in (name, filled[0]) if t and total_label(t)), None)
        return found is not None and self.leave("total_row", number, token=found)

    def _is_named(self, place: int, token: object) -> bool:
        """Whether a figure is read from the rows with ``token`` in a column."""
        text, label = clean_text(token).casefold(), self.layout.labels[place]
        return any(label == column and text in words for column, words in self._named_rows)

    def leave(
        self,
        code: str,
        number: int,
        column: int | None = None,
        token: object = None,
        keys: Mapping[str, object] | None = None,
        **said: object,
    ) -> bool:
        """Set a row aside; always true."""
        names = ("school_id", "school_name", "county_code", "county_name", "stage")
        known: dict[str, Any] = {n: str(keys[n]) for n in names if keys and keys.get(n) is not None}
        self.leavings.add(
            code,
            row=number,
            column=column,
            sheet=self.layout.sheet,
            label=self.layout.labels[column] if column is not None else "",
            token=token,
            said=said,
            school_year=self.layout.school_year,
            **known,
        )
        return True

    # ------------------------------------------------------------------ keys

    def _keys(self, number: int, cells: list[object]) -> dict[str, object] | None:
        """Keys and attributes of a row; ``None`` if one that it cannot do without is doubtful."""
        found: dict[str, object] = {}
        for name, key in self.layout.keys.by_name.items():
            if not key.columns:
                found[name] = key.value.constant
                continue
            token = key.token(cells)
            if name == "school_id":  # ids are many, and each is met once
                outcome, doubt = self._school_id(token, clean_text(token))
            else:
                known = self._known[name]
                if token not in known:
                    outcome = self._outcome(key, clean_text(token))
                    doubt = _doubt(key, outcome)
                    known[token] = None if is_formula(token) else outcome, doubt
                outcome, doubt = known[token]
            if doubt is None:
                found[name] = outcome
                continue
            code, said = doubt
            if name in (*NEEDED, "stage", "term"):
                self.leave(code, number, key.column, token, found, **said)
                return None
            # A doubtful attribute costs itself, the school is known without it.
            self.leavings.add(
                code,
                row=number,
                column=key.column,
                sheet=self.layout.sheet,
                label=key.label,
                token=token,
                is_row=False,
                said=said,
                **{n: str(found[n]) for n in ("school_id", "county_code") if found.get(n)},
            )
            found[name] = None
        return found if self._is_of_this_file(number, cells, found) else None

    def _outcome(self, key: Key, text: str) -> object:
        """What a token means under the rule of its key; ``_UNKNOWN`` if nothing."""
        memo = (key.name, text)
        if memo not in self._meant:
            self._meant[memo] = meaning(key, text)
        return self._meant[memo]

    def _school_id(self, token: object, text: str) -> tuple[object, tuple[str, dict] | None]:
        """The id that a token gives, and what is wrong with it."""
        code = self.ids.doubt(token, text)
        if code is not None:
            return None, (code, {})
        outcome = meaning(self.id_key, text)
        return outcome, _doubt(self.id_key, outcome)

    def _has_odd_id(self, cells: list[object]) -> bool:
        if not (self.ids.padded_length or self.ids.length) or self.id_key.value.width:
            return False
        return self.ids.is_unlike(clean_text(self.id_key.token(cells)))

    def learn(self, rows: Sequence[Sequence[object]]) -> None:
        """See what the first rows have in common: their ids, and where all say what they are."""
        self.ids = Ids.of(clean_text(self.id_key.token(cells)) for cells in rows)
        self.filled = filled_columns(self.layout.profile, self.layout.positions, rows)

    def _is_of_this_file(self, number: int, cells: list[object], found: dict) -> bool:
        layout = self.layout
        column = layout.keys.year_column
        if column is not None:
            token = clean_text(cells[column])
            if layout.profile.school_year.of(token) != layout.school_year:
                expected = f"school year {layout.school_year}"
                return not self.leave("other_year", number, column, token, found, expected=expected)
        if found.get("term") not in (None, layout.term):
            column = layout.keys.by_name["term"].column
            expected = f"term {layout.term}"
            return not self.leave(
                "other_year", number, column, found["term"], found, expected=expected
            )
        return True


def _may_be_label(token: object) -> bool:
    """Whether a token can name a sum: most ids and names cannot."""
    return isinstance(token, str) and not token[:1].isdigit() and token[-1:] not in SCHOOL_ENDS


class _Unknown:
    """What a token means that the rule of its key does not know."""


_UNKNOWN = _Unknown()


def _doubt(key: Key, outcome: object) -> tuple[str, dict] | None:
    """What is wrong with the outcome of a key, as a code and its words; ``None`` if nothing."""
    if outcome is _UNKNOWN:
        words = (*(key.value.values or {}), *sorted(key.value.known), *dict(key.value.match))
        return "unknown_word", {"known": ", ".join(words[:20])}
    if key.name in BOOLEAN_ATTRIBUTES and not isinstance(outcome, bool | None):
        return "no_yes_no", {}
    if key.name == "county_code" and not _COUNTY.fullmatch(str(outcome or "")):
        return "bad_county", {"expected": _EXPECTED_COUNTY}
    return None


def meaning(key: Key, text: str) -> object:
    """The outcome of a token under the rule of ``key``; ``_UNKNOWN`` if the rule has none."""
    value = key.value
    if value.width or value.cut or key.name in NEEDED:
        text = tidy_id(text)
    if value.width and text.isdecimal():
        text = text.zfill(value.width)
    if value.cut:
        text = text[: value.cut]
    if value.same_as:
        text = value.same_as.get(text, text)
    if value.known and text not in value.known:
        return _UNKNOWN
    if value.values is None and not value.match:
        if key.name in BOOLEAN_ATTRIBUTES:
            return _YES_NO.get(text.lower(), text)
        return value.prefix + text if text else None
    if value.values is not None and text in value.values:
        return value.values[text]
    if (folded := text.casefold()) in value.folded:
        return value.folded[folded]
    hits = [result for pattern, result in value.match if re.search(pattern, text)]
    if hits:
        return hits[0]
    if value.has_otherwise or (value.match and value.values is None):
        return value.otherwise
    return _UNKNOWN
