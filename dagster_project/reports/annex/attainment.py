"""All schools on one page: which indicators they reach and whether they attain."""

from __future__ import annotations

from collections.abc import Sequence

from dagster_project.reports.annex.page import HEAD_ROW, Page
from dagster_project.reports.annex.table import (
    AREA_COLUMN,
    NAME_COLUMN,
    VERDICT,
    Table,
    attains_word,
)

FIRST_ROW = HEAD_ROW + 2


def write(page: Page, tables: Sequence[Table], min_met: int | None) -> int:
    """References into the tables of indicators, so that it follows them. Returns its columns."""
    layout, words = page.layout["attainment_sheet"], page.layout["words"]
    verdicts, attains = page.layout["verdicts"], page.layout["attains"]
    identifiers = [group.indicator["indicator_id"] for group in tables[0].groups]
    columns = layout["columns"]
    heads = [(entry["zh"], entry["en"], entry["width"]) for entry in columns]
    heads += [(identifier, "", layout["indicator_width"]) for identifier in identifiers]
    results = layout["result_columns"]
    heads += [(entry["zh"], entry["en"], entry["width"]) for entry in results]
    widths = page.heads(HEAD_ROW, heads)
    row = FIRST_ROW
    for table in tables:
        for number, section in enumerate(table.sections):
            source = table.first + number
            page.number(row, 0, row - FIRST_ROW + 1, "count", look="centre")
            page.text(row, 1, words["stage"][table.stage], "centre")
            page.formula(row, 2, table.at(source, NAME_COLUMN), section.school_name)
            area = words["area"][section.urban_rural or "unknown"]
            page.text(row, 3, section.school_id)
            page.formula(row, 4, table.at(source, AREA_COLUMN), area, look="centre")
            column = len(columns)
            for group in table.groups:
                figure = section.figures.get(group.indicator["indicator_id"])
                if figure is None:
                    page.text(row, column, None)
                else:
                    page.formula(
                        row,
                        column,
                        table.at(source, group.first + VERDICT),
                        verdicts[figure["verdict"]],
                        look="centre",
                        tainted=table.figures.taints("school_indicator", figure, "verdict"),
                    )
                column += 1
            tainted = section.is_tainted
            for entry in results:
                reference = table.at(source, table.results[entry["key"]])
                if entry["key"] == "attains":
                    word = attains[attains_word(section.attainment)]
                    page.formula(row, column, reference, word, look="centre", tainted=tainted)
                elif section.attainment is None:
                    page.text(row, column, None)
                else:
                    count = section.attainment[entry["key"]]
                    page.formula(row, column, reference, count, "count", look="centre")
                column += 1
            row += 1
    page.widths(widths)
    page.sheet.autofilter(HEAD_ROW + 1, 0, row - 1, len(heads) - 1)
    coloured = [*range(len(columns), len(columns) + len(identifiers)), len(heads) - 1]
    page.colour_verdicts(FIRST_ROW, row - 1, coloured)
    page.note(row, len(heads) - 1, layout["note"].format(min_met=min_met or ""), widths)
    return len(heads)
