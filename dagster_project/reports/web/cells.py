"""A figure on a page: a button that opens its origin, or the word for one that is missing."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from dagster_project.figures.figure import Figure
from dagster_project.figures.place import PlaceFigures
from dagster_project.figures.rounding import taint_mark
from dagster_project.figures.rows import Row


@dataclass(frozen=True)
class Cells:
    """Prints the figures of one page; ``taint_words`` is what the mark of a tainted one says."""

    figures: PlaceFigures
    taint_words: str

    def print(
        self, table: str, row: Row | None, column: str, kind: str, reason: str = ""
    ) -> Markup:
        """The cell ``column`` of a row; a missing one says so, with ``reason``."""
        figure = self.figures.figure(table, row, column, kind, reason)
        if not figure.is_known:
            source = f' data-source="{escape(figure.cell.address)}"' if figure.cell.key else ""
            return Markup(f'<span class="none"{source}>{escape(figure.text)}</span>')
        return self._button(figure)

    def _button(self, figure: Figure) -> Markup:
        return Markup(
            f'<button class="fig{" tainted" if figure.is_tainted else ""}"'
            f' data-source="{escape(figure.cell.address)}" data-kind="{figure.kind}"'
            f' data-value="{figure.value!r}">'
            f"{escape(figure.text)}{self.mark() if figure.is_tainted else ''}</button>"
        )

    def mark(self) -> Markup:
        """The mark of a figure under a hard flag, with its meaning for a screen reader."""
        return Markup(
            f'<span class="mark" title="{escape(self.taint_words)}">{escape(taint_mark())}'
            f'<span class="unseen">{escape(self.taint_words)}</span></span>'
        )
