"""One sheet of the workbook: guarded writing of text, figures and live formulas; print set-up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from dagster_project.figures.figure import Figure
from dagster_project.figures.rounding import missing
from dagster_project.reports.annex.layout import Layout
from dagster_project.reports.annex.looks import Looks

MOST_SIGNS = 32_000
"""Excel holds 32,767 signs in a cell; longer text would be left out whole."""
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")

LINE_HEIGHT = 13
MARGIN = 0.4  # inches
LEGIBLE = 60
"""Per cent of its size below which a printed page is spread over two."""
_INCHES_A_SIGN, _INCHES_A_COLUMN = 7 / 96, 5 / 96
_SAFETY = 0.72  # programs without the named fonts draw columns wider

LETTERS = [xl_col_to_name(column) for column in range(256)]

TITLE_ROW, LINE_ROW, HEAD_ROW = 0, 1, 2


def cell(row: int, column: int) -> str:
    """A1 name of a cell; both count from 0."""
    return f"{LETTERS[column]}{row + 1}"


def fixed(row: int, column: int) -> str:
    """The same, for formulas that are sorted or copied: ``$F$60``."""
    return f"${LETTERS[column]}${row + 1}"


def span(first: int, last: int, column: int) -> str:
    """A1 name of a stretch of a column."""
    return f"{LETTERS[column]}{first + 1}:{LETTERS[column]}{last + 1}"


def quoted(text: str) -> str:
    """Text as a formula holds it."""
    return '"' + text.replace('"', '""') + '"'


class PlainSheet(Worksheet):
    """A worksheet whose formulas are taken as they are.

    The library looks for some thirty newer functions in each formula, which is nearly half of the
    time that the workbook takes; this workbook uses none of them.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.strip("{}").removeprefix("=")


class Page:
    """A worksheet with the formats of its workbook. Rows and columns count from 0."""

    def __init__(self, sheet: Worksheet, looks: Looks, layout: Layout) -> None:
        self.sheet = sheet
        self.looks = looks
        self.layout = layout
        self.name = sheet.get_name()

    @property
    def reference(self) -> str:
        """How formulas of other sheets begin: ``'小学指标'!``."""
        return "'" + self.name.replace("'", "''") + "'!"

    def text(self, row: int, column: int, value: object, look: str = "cell", tainted=False) -> None:
        """Text as text, whatever it begins with; ``None`` is an empty cell."""
        if value is None or value == "":
            self.sheet.write_blank(row, column, None, self.looks.words(look))
            return
        said = str(value)
        if len(said) > MOST_SIGNS:
            said = said[:MOST_SIGNS] + self.layout["shortened"]
        is_quoted = said.startswith(_STARTS_A_FORMULA)
        self.sheet.write_string(row, column, said, self.looks.words(look, tainted, is_quoted))

    def number(
        self,
        row: int,
        column: int,
        value: float | None,
        kind: str,
        *,
        look: str = "cell",
        tainted: bool = False,
        reason: str | None = None,
    ) -> None:
        """A figure, or what stands for one that is missing and why."""
        if value is None:
            self.sheet.write_string(row, column, missing(reason), self.looks.words("gap"))
        else:
            self.sheet.write_number(row, column, value, self.looks.number(kind, look, tainted))

    def figure(self, row: int, column: int, figure: Figure, look: str = "cell") -> None:
        """A figure as it is, marked if a hard flag touches it."""
        self.number(
            row, column, figure.value, figure.kind,
            look=look, tainted=figure.is_tainted, reason=figure.reason,
        )  # fmt: skip

    def formula(
        self,
        row: int,
        column: int,
        formula: str,
        cached: float | str | None,
        kind: str | None = None,
        *,
        look: str = "cell",
        tainted: bool = False,
        is_array: bool = False,
    ) -> None:
        """A live formula and its result; ``kind`` is that of the figure it gives."""
        form = (
            self.looks.words(look, tainted)
            if kind is None
            else self.looks.number(kind, look, tainted)
        )
        result = "" if cached is None else cached
        if is_array:
            self.sheet.write_array_formula(
                row, column, row, column, f"{{={formula}}}", form, result
            )
        else:
            self.sheet.write_formula(row, column, "=" + formula, form, result)

    def head(self, row: int, column: int, chinese: str, english: str) -> None:
        """A column's two headers, below each other; the Chinese alone takes the room of both."""
        if self.layout["bilingual"] or english:
            self.text(row, column, chinese, "head")
            self.text(row + 1, column, english, "english")
            return
        self.sheet.merge_range(row, column, row + 1, column, "", self.looks.words("head"))
        self.text(row, column, chinese, "head")

    def merged(self, row: int, first: int, last: int, text: str, look: str) -> None:
        """Text over several columns."""
        if first == last:
            self.text(row, first, text, look)
            return
        is_quoted = text.startswith(_STARTS_A_FORMULA)
        self.sheet.merge_range(row, first, row, last, "", self.looks.words(look, False, is_quoted))
        self.text(row, first, text, look)

    def heads(self, row: int, heads: Sequence[tuple[str, str, float]]) -> list[float]:
        """Headers from the first column on, as high as they need; returns the widths."""
        widths = [width for *_, width in heads]
        for column, (chinese, english, _) in enumerate(heads):
            self.head(row, column, chinese, english)
        chinese_high = max((height(zh, width + 0.5) for zh, _, width in heads), default=0)
        # English stands in smaller type.
        english_high = max((height(en, width * 1.3 + 0.5) for _, en, width in heads), default=0)
        if not self.layout["bilingual"]:
            english_high = max(chinese_high + 2 - 16, 0)  # one cell over both rows
            chinese_high = 14
        self.sheet.set_row(row, max(chinese_high + 2, 16))
        self.sheet.set_row(row + 1, max(english_high + 2, 16))
        return widths

    def opening(self, title: str, english: str, contents: str, stamp: str = "") -> None:
        """Title, its translation, the draft stamp and the way back to the contents."""
        self.text(TITLE_ROW, 0, title, "title")
        self.sheet.set_row(TITLE_ROW, 24)
        self.sheet.write_url(
            LINE_ROW, 0, f"internal:{contents}A1", self.looks.words("link"), self.layout["back"]
        )
        self.text(
            LINE_ROW, 2, f"{stamp}　{english}" if stamp else english, "draft" if stamp else "line"
        )

    def note(self, row: int, last_column: int, text: str, widths: Sequence[float]) -> None:
        """A remark below a table, as high as its text needs."""
        if last_column < 1:
            self.text(row, 0, text, "note")
            return
        self.merged(row, 0, last_column, text, "note")
        self.sheet.set_row(row, height(text, sum(widths[: last_column + 1]) * 1.05))

    def widths(self, widths: Iterable[float]) -> None:
        """Column widths in signs of the standard font, from the first column on."""
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)

    def colour_verdicts(self, first: int, last: int, columns: Sequence[int], values=()) -> None:
        """Colour of verdict cells by the sign they begin with, and of the ``values`` beside them.

        Each of ``values`` stands as far before its verdict as the first does.
        """
        if last < first or not columns:
            return
        signs = self.layout["signs"]
        verdicts = " ".join(span(first, last, column) for column in columns)
        start = cell(first, columns[0])
        for verdict in ("below", "floor", "unverified", "missing", "met"):
            rule = {
                "type": "formula",
                "criteria": f"=LEFT({start},1)={quoted(signs[verdict])}",
                "format": self.looks.verdict_colour(verdict),
            }
            self._condition(first, last, columns[0], {**rule, "multi_range": verdicts})
            if values and verdict != "met":
                beside = " ".join(span(first, last, column) for column in values)
                self._condition(first, last, values[0], {**rule, "multi_range": beside})

    def _condition(self, first: int, last: int, column: int, rule: dict) -> None:
        self.sheet.conditional_format(first, column, last, column, rule)

    def spread(
        self, paper: str, widths: Sequence[float], breaks: Sequence[int], repeated: int
    ) -> int:
        """Print a wide landscape table on two pages where one would be too small to read.

        ``breaks`` are the columns before which it may be cut; the first ``repeated`` columns stand
        on both pages. Returns the column of the cut, or the number of columns.
        """
        room = (self.layout["paper"][paper]["long_side"] - 2 * MARGIN) * _SAFETY * 100
        if room / _inches(widths) >= LEGIBLE:
            return len(widths)
        parts = {
            cut: max(_inches(widths[:cut]), _inches([*widths[:repeated], *widths[cut:]]))
            for cut in breaks
        }
        cut = min(parts, key=parts.__getitem__)
        self.sheet.set_print_scale(max(10, min(100, int(room / parts[cut]))))
        self.sheet.set_v_pagebreaks([cut])
        self.sheet.repeat_columns(0, repeated - 1)
        return cut

    def print_setup(
        self,
        paper: str,
        head_rows: tuple[int, int] | None,
        *,
        place: str,
        title: str,
        version: str,
        stamp: str = "",
        landscape: bool = True,
        frozen_columns: int = 0,
    ) -> None:
        """One page wide, headers on every page, county and page number around it."""
        sheet = self.sheet
        if landscape:
            sheet.set_landscape()
        sheet.set_paper(self.layout["paper"][paper]["number"])
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=MARGIN, right=MARGIN, top=0.7, bottom=0.6)
        sheet.center_horizontally()
        if head_rows is not None:
            sheet.repeat_rows(*head_rows)
            sheet.freeze_panes(head_rows[1] + 1, frozen_columns)
        sheet.set_header(f"&L{_in_header(place)}&C{_in_header(title)}&R{_in_header(stamp)}")
        sheet.set_footer(f"&L{_in_header(version)}&R{self.layout['page']}")


def _inches(widths: Sequence[float]) -> float:
    return sum(widths) * _INCHES_A_SIGN + len(widths) * _INCHES_A_COLUMN


def displayed_width(text: str) -> int:
    """Width of text in signs of the standard font: Chinese signs are two wide."""
    return len(text.encode("gbk", "replace"))


def figure_width(text: str) -> float:
    """Column width that holds a figure, in bold and with the mark of tainted ones."""
    return len(text) * 1.1 + 1.8


def height(text: str, width: float) -> float:
    """Points that text needs in a column ``width`` signs wide. Not every program finds it out."""
    lines = sum(
        max(1, ceil(displayed_width(line) / max(width - 1, 1))) for line in text.split("\n")
    )
    return LINE_HEIGHT * lines + 2


def _in_header(text: str) -> str:
    # Headers read & as the start of a code; Excel allows 255 signs for all three parts.
    return text[:70].replace("&", "&&")
