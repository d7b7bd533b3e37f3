"""A county whose names, cells, files, reviews and mappings hold what nobody sees."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import openpyxl

from dagster_project import sample
from tests.hostile.mutations import as_csv
from tests.load.flawed import header_columns

# ESC [2J and a C1 control steer terminals, marks of direction turn names round, the others break
# XML; each stands between letters, so that nobody takes it for space around a name.
UNSEEN = ("\x1b[2J", "\x9b31m", "\u202e", "\u2066", "\x07", "\x00", "\x1f", "\u2028", "\ufffe",
          "\U000e0041", "\x7f", "\n", "_x001B_", "_x0007_", "_x202E_", "_x005F_x001B_")  # fmt: skip


def write_steering_county(raw: Path) -> None:
    """A county whose names, cells, files, reviews and mappings hold what nobody sees."""
    made = {"counties": 1, "schools": 12, "years": 1, "seed": 3, "first_year": 2023}
    with tempfile.TemporaryDirectory() as aside:
        files = sample.write_nation(Path(aside), **made, file_type="xlsx")
        for path in files:
            book = openpyxl.load_workbook(path)
            sheet = book.active
            first, columns = header_columns(sheet, ("机构名称", "县级以上骨干教师"))
            for row, text in enumerate(UNSEEN[: sheet.max_row - first + 1], start=first):
                name = f"样例{row}{text}小学"
                sheet.cell(row, columns["机构名称"]).value = spelt(name)
            sheet.cell(first, columns["县级以上骨干教师"]).value = "3.5"  # a hard flag
            sheet.cell(first + 1, columns["县级以上骨干教师"]).value = spelt("7\x1b")
            target = raw / "2023" / "autumn" / f"县\x1b[31m\u202e_{path.stem}.xlsx"
            target.parent.mkdir(parents=True, exist_ok=True)
            book.save(target)
            if "初中" in path.name:
                text = as_csv(target.read_bytes())
                target.with_suffix(".csv").write_text(unspelt(text), "utf-8")
                target.unlink()
    evil = "".join(sign for sign in UNSEEN if sign not in ("\x00", "\n"))
    for name, text in (
        ("reviews/a.csv", f"flag_id,decision,explanation,reviewer\nf1,属实,甲{evil},乙{evil}\n"),
        ("mappings/teaching_points.csv", f"school_id,parent_school_id,note\n1,2,{evil}\n"),
    ):
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_text(text, "utf-8")


def spelt(text: str) -> str:
    """As a workbook spells what XML cannot hold."""
    return re.sub(r"[\x00-\x1f\ufffe]", lambda m: f"_x{ord(m[0]):04X}_", text)


def unspelt(text: str) -> str:
    """As a csv holds the same; a zero byte and a line end would be other faults there."""
    found = re.sub(r"_x([0-9A-F]{4})_", lambda m: chr(int(m[1], 16)), text)
    return found.replace("\x00", "\x01").replace("\ud83d", "")
