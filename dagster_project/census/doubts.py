"""Collecting what a reader of rows does not use, with the sentences of ``messages/rows.yml``.

One doubtful row costs itself, not the file: it is set aside and becomes a hard flag. A file in
which too many are doubtful was not filled in badly but put together wrongly, and is refused.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from dagster_project.census.addresses import cell_address
from dagster_project.census.rejection import FileRejected
from dagster_project.census.set_aside import (
    DOUBTFUL,
    MOSTLY,
    SetAside,
    doubtful_costs_the_file,
    quoted,
)
from dagster_project.messages import Message, catalogue, parts_of

MOST = 1000  # doubtful entries of a file, whatever its length: each becomes a flag
NAMED = 20  # entries of one kind that are named one by one; the rest are counted in the last


@dataclass
class Leavings:
    """What one file's reader sets aside; ``entries`` grows while the rows are read."""

    entries: list[SetAside] = field(default_factory=list)
    used: int = 0  # rows that became sections
    doubtful: int = 0
    _first: FileRejected | None = None
    _counts: Counter = field(default_factory=Counter)
    _last: dict[tuple, int] = field(default_factory=dict)

    def add(
        self,
        code: str,
        *,
        row: int,
        column: int | None = None,
        sheet: str | None = None,
        label: str = "",
        token: object = None,
        is_row: bool = True,
        said: dict[str, object] | None = None,
        **keys: Any,
    ) -> None:
        """Set aside the row ``row`` (from 1) or its cell in ``column`` (from 0).

        ``label`` heads the column, ``said`` fills in the sentence, ``keys`` are what is known of
        the school. ``is_row``: the whole row, and not only the cell, is not used.
        """
        identity = f"rows.{code}"
        reason = catalogue("rows")[identity]["reason"]
        quote = quoted(token, label) or ""
        words = {"row": row, "token": quote, "label": label, **(said or {})}
        cell = f"row {row}" if column is None else cell_address(row - 1, column)
        refusal = FileRejected(identity, sheet=sheet, cell=cell, **words)
        if reason == DOUBTFUL:
            self.doubtful += is_row
            self._first = self._first or refusal
        elif self._is_counted(code, sheet, keys.get("school_year")):
            return
        self.entries.append(
            SetAside(
                reason,
                refusal.message.text("en"),
                refusal.message.text("zh"),
                sheet=sheet,
                cell=cell,
                source_row=row,
                token=quote or None,
                **keys,
            )
        )

    def _is_counted(self, code: str, sheet: str | None, school_year: int | None) -> bool:
        """Whether an entry of a harmless kind is counted in the last of its kind that was named."""
        kind = (code, sheet, school_year)
        self._counts[kind] += 1
        if self._counts[kind] <= NAMED:
            self._last[kind] = len(self.entries)
            return False
        last = self._last[kind]
        self.entries[last] = replace(self.entries[last], rows=self.entries[last].rows + 1)
        return True

    def check(self) -> None:
        """Refuse the file, with what was found first, if too many of its rows are doubtful."""
        most = min(MOSTLY * (self.used + self.doubtful), MOST)
        is_tolerated = self.doubtful <= most and not doubtful_costs_the_file()
        if self._first is None or is_tolerated:
            return
        first = self._first
        counts = {"doubtful": self.doubtful, "all": self.used + self.doubtful}
        said, advice = parts_of(first.message)
        message = Message("rows.too_many", {"first": said, "advice": advice, **counts})
        raise FileRejected(
            message if self.doubtful > 1 else first.message, sheet=first.sheet, cell=first.cell
        )
