"""A figure on a page: its text, and the cell of the marts that it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from markupsafe import Markup, escape

from dagster_project.publish.restatement import KEYS
from dagster_project.reports.rounding import missing, shown, taint_mark

KEY_OF = {
    **KEYS,
    "county_profile": ("school_year", "county_code", "topic", "stage", "item_id", "category"),
}


class Taints(Protocol):
    """Says which cells stand under a hard flag."""

    def taints(self, table: str, row: dict[str, Any], column: str = "") -> bool: ...


def address(table: str, row: dict[str, Any], column: str) -> str:
    """``table|key|column`` of a cell of marts: the key's values in the order of ``KEY_OF``.

    They are percent-encoded and joined by commas; a null in the key is an empty text.
    """
    key = ",".join("" if row[k] is None else quote(str(row[k])) for k in KEY_OF[table])
    return f"{table}|{key}|{column}"


@dataclass(frozen=True)
class Figures:
    """Prints the cells of one page; ``taint_words`` is what the mark of a tainted one says."""

    standing: Taints
    taint_words: str

    def __call__(
        self, table: str, row: dict[str, Any] | None, column: str, kind: str, reason: str = ""
    ) -> Markup:
        """The cell as a button that opens its origin; a missing one says so, with ``reason``."""
        if row is None:
            return Markup(f'<span class="none">{escape(missing(reason or None))}</span>')
        value = row[column]
        cell = escape(address(table, row, column))
        if value is None:
            return Markup(
                f'<span class="none" data-source="{cell}">{escape(missing(reason or None))}</span>'
            )
        tainted = self.standing.taints(table, row, column)
        return Markup(
            f'<button class="fig{" tainted" if tainted else ""}"'
            f' data-source="{cell}" data-kind="{kind}" data-value="{value!r}">'
            f"{escape(shown(value, kind))}{self.mark() if tainted else ''}</button>"
        )

    def mark(self) -> Markup:
        """The mark of a figure under a hard flag, with its meaning for a screen reader."""
        return Markup(
            f'<span class="mark" title="{escape(self.taint_words)}">{escape(taint_mark())}'
            f'<span class="unseen">{escape(self.taint_words)}</span></span>'
        )
