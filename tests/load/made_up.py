"""Sources as far from ours as possible, made up: what they say, and its totals by other means."""

from __future__ import annotations

import random
import zipfile
from collections import Counter
from pathlib import Path

Totals = Counter[tuple[str, int, str, str]]  # nation, school year, stage, field

OSTLAND = """
profile: ostland
nation: Ostland
recognise: {columns: [Schulnummer, Kreis, Jahrgang]}
standards: [general]
term: autumn
separator: ";"
decimal: ","
several_rows: {by: [Jahrgang, Zug]}
stage: {column: Jahrgang, table: jahrgang.csv}
school_id: {column: Schulnummer, width: 4, prefix: "O"}
county_code: {column: Kreis, width: 2, prefix: "O"}
fields:
  pupils: [M, W]
  pupils_girls: W
  pupils_grade_1: {columns: [M, W], where: {Jahrgang: ["1", "5"]}}
  classes: Klassen
  teachers: Lehrkräfte
  building_area_m2: Fläche
values: {undefined: ["•"], none: [""]}
"""
JAHRGANG = "found,result\n" + "".join(
    f"{grade},{'primary' if grade < 5 else 'junior'}\n" for grade in range(1, 10)
)
WESTLAND = """
profile: westland
nation: Westland
recognise: {columns: [LEAID, SCHID, G01]}
standards: [general]
term: autumn
encoding: cp1252
school_year: {column: survey year}
school_id: {joined: [LEAID, SCHID], between: "-", prefix: "W"}
school_name: SCHNAM
county_code: {column: LEAID, cut: 2, prefix: "W"}
skip_rows: {column: LEAID, values: [USA]}
stages:
  primary: {pupils: [G01, G02, G03], classes: CLS_P, teachers: {columns: FTE, times: SHARE_P}}
  junior: {pupils: [G07, G08], classes: CLS_J}
values: {blank: ["-2"], none: ["-9"]}
ignored: [TOTAL]
"""
SUEDLAND = """
profile: suedland
nation: Südland
recognise: {columns: [district, school, level, classes]}
standards: [general]
term: autumn
stage: {column: level, values: {Lower: primary, Upper: junior, Kinder: null}}
school_id: {joined: [district, school], between: "/"}
county_code: {column: district, table: districts.csv}
fields: {classes: classes}
"""
DISTRICTS = "found,result,from_year,to_year\nD-1,S1,,2020\nD-1,S9,2021,\nD-2,S2,,\n"
UNSAID = """
profile: unsaid
recognise: {columns: [id_of_school, number]}
standards: [general]
term: autumn
stage: primary
school_id: id_of_school
county_code: {constant: "640221"}
fields: {pupils: number}
"""


def drop(raw: Path) -> Totals:
    """Write all sources below ``raw``; their totals as the generator knows them."""
    profiles = raw / "profiles"
    profiles.mkdir(parents=True)
    files = {"ostland.yml": OSTLAND, "jahrgang.csv": JAHRGANG, "westland.yml": WESTLAND}
    files |= {"suedland.yml": SUEDLAND, "districts.csv": DISTRICTS, "unsaid.yml": UNSAID}
    for name, text in files.items():
        (profiles / name).write_text(text, "utf-8")
    there = raw / "2023" / "autumn"
    there.mkdir(parents=True)
    chance, totals = random.Random(16), Counter()
    _long(there / "ost.csv", chance, totals)
    _seven_years(raw / "ccd.csv", chance, totals)
    _classes(there / "classes.zip", chance, totals)
    rows = [f"640221{n:04},{100 + n}" for n in range(12)]
    (there / "unsaid.csv").write_text("\n".join(["id_of_school,number", *rows, ""]), "utf-8")
    totals["CN", 2023, "primary", "pupils"] = sum(100 + n for n in range(12))
    return totals


def _long(path: Path, chance: random.Random, totals: Totals) -> None:
    """A row a grade and track; two schools suppress a cell; every school ends with its total."""
    lines = ["Schulnummer;Kreis;Jahrgang;Zug;M;W;Klassen;Lehrkräfte;Fläche"]
    for school in range(1, 25):
        sums: Counter[str] = Counter()
        for grade in range(1, 10):
            stage = "primary" if grade < 5 else "junior"
            for track in ("a", "b") if grade > 6 else ("a",):
                boys, girls = chance.randrange(8, 30), chance.randrange(8, 30)
                classes, teachers = boys // 15 + 1, chance.randrange(1, 6)
                is_hidden = school in (3, 7) and (grade, track) == (school, "a")
                cells = (school, 1 + school % 2, grade, track, boys, "•" if is_hidden else girls)
                area = f"{1000 + school},5" if grade in (1, 5) else ""  # of the whole school
                lines.append(";".join(map(str, (*cells, classes, teachers, area))))
                sums += Counter(M=boys, W=girls, classes=classes, teachers=teachers)
                totals["Ostland", 2023, stage, "classes"] += classes
                totals["Ostland", 2023, stage, "teachers"] += teachers
                # A section with a cell unknown has no sum, so the county's is of the others.
                if (school, stage) not in ((3, "primary"), (7, "junior")):
                    totals["Ostland", 2023, stage, "pupils"] += boys + girls
        whole = (school, 1 + school % 2, "Insgesamt", "", *sums.values(), "")
        lines.append(";".join(map(str, whole)))
    path.write_text("\n".join([*lines, ""]), "utf-8")


def _seven_years(path: Path, chance: random.Random, totals: Totals) -> None:
    """Seven years, two stages a row, a row of the nation a year."""
    grades = ("G01", "G02", "G03", "G07", "G08")
    columns = ("LEAID", "SCHID", "SCHNAM", *grades, "CLS_P", "CLS_J", "FTE", "SHARE_P", "TOTAL")
    lines = ["|".join(("Survey Year", *columns))]
    for year in range(2016, 2023):
        said = f"{year}-{year % 100 + 1}"
        nation: Counter[str] = Counter()
        for school in range(1, 13):
            has = {"primary": school % 4 != 0, "junior": school % 3 != 0 or school % 4 == 0}
            row: dict[str, object] = {"LEAID": f"{10 + school % 2}00{school % 3}"}
            row |= {"SCHID": f"{school:03}", "SCHNAM": f"Peña {school}", "SHARE_P": "50%"}
            for grade in grades:
                stage = "primary" if grade < "G07" else "junior"
                count = chance.randrange(10, 90)
                row[grade] = count if has[stage] else "-2"
                if has[stage]:
                    totals["Westland", year, stage, "pupils"] += count
                    nation[grade] += count
            row |= {"CLS_P": 3 if has["primary"] else "-2", "CLS_J": 2 if has["junior"] else "-2"}
            row |= {"FTE": 2 * school if has["primary"] else "-2", "TOTAL": ""}
            totals["Westland", year, "primary", "classes"] += 3 * has["primary"]
            totals["Westland", year, "junior", "classes"] += 2 * has["junior"]
            totals["Westland", year, "primary", "teachers"] += school * has["primary"]
            lines.append("|".join(map(str, (said, *(row[name] for name in columns)))))
        of_all = {**dict.fromkeys(columns, ""), **nation, "LEAID": "USA", "SCHNAM": "Nation"}
        lines.append("|".join(map(str, (said, *(of_all[name] for name in columns)))))
    path.write_text("\n".join([*lines, ""]), "cp1252")


def _classes(path: Path, chance: random.Random, totals: Totals) -> None:
    """Classes alone, in a zip."""
    lines = ["district,school,level,classes"]
    for school in range(1, 15):
        for level, stage in (("LOWER", "primary"), ("Upper", "junior"), ("Kinder", None)):
            count = chance.randrange(1, 20)
            lines.append(f"D-{1 + school % 2},{school},{level},{count}")
            if stage:
                totals["Südland", 2023, stage, "classes"] += count
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.csv", "\n".join([*lines, ""]))
