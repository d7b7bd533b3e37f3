"""What a careful analyst would write with openpyxl: the seven indicators of one xlsx file.

``python -m tests.benchmarks.by_openpyxl SHEET.xlsx OUT.csv`` reads the primary sections of a flat
export row by row and writes school, pupils, indicator and value.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.bare import BACKBONE, FLAT_COLUMNS, HEADER_ROWS, YUAN, header_places

DEGREES = ("teachers_doctor", "teachers_master", "teachers_bachelor", "teachers_associate")


def indicators(row: Mapping[str, float | None]) -> dict[str, float | None]:
    """The seven values of one primary section; ``None`` where a figure that is needed is missing.

    Clauses as in the load: 教督〔2017〕6号, per hundred pupils or per pupil.
    """
    indoor = row["indoor_sports_area_m2"] or 0.0
    yuan = row["equipment_value_yuan"]
    parts = {
        "L1": (100, sum(row[name] or 0.0 for name in DEGREES)),
        "L2": (100, row["backbone_teachers"]),
        "L3": (100, (row["teachers_pe"] or 0.0) + (row["teachers_arts"] or 0.0)),
        "L4": (1, None if row["teaching_area_m2"] is None else row["teaching_area_m2"] - indoor),
        "L5": (1, (row["sports_ground_area_m2"] or 0.0) + indoor),
        "L6": (1, None if yuan is None else yuan * YUAN),
        "L7": (100, row["multimedia_rooms"]),
    }
    pupils = row["pupils"]
    return {
        name: multiplier * numerator / pupils if pupils and numerator is not None else None
        for name, (multiplier, numerator) in parts.items()
    }


def main(sheet: Path, out: Path) -> None:
    from openpyxl import load_workbook

    rows = load_workbook(sheet, read_only=True, data_only=True).active.iter_rows(values_only=True)
    next(rows)  # the title
    header = [[str(cell or "") for cell in next(rows)] for _ in range(HEADER_ROWS)]
    places = header_places(header)
    wanted = {name: places[label] for name, label in FLAT_COLUMNS.items() if label in places}
    wanted["backbone_teachers"] = next(places[label] for label in BACKBONE if label in places)
    texts = {"county_code", "county_name", "school_id", "school_name", "school_type_code",
             "sponsor_code", "urban_rural_code"}  # fmt: skip
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["school_id", "pupils", "indicator_id", "value"])
        for cells in rows:
            figures = {n: _number(cells[at]) for n, at in wanted.items() if n not in texts}
            for indicator, value in indicators(figures).items():
                writer.writerow([cells[wanted["school_id"]], figures["pupils"], indicator, value])


def _number(cell: object) -> float | None:
    try:
        return float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
