"""Lays a synthetic county's returns, claims and mappings out as raw drops."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from itertools import groupby
from pathlib import Path

from dagster_project.census.schema import items
from dagster_project.sample import flat, workbook
from dagster_project.sample.exports import drop_folder
from dagster_project.sample.flat import CREATED
from dagster_project.sample.model import STAGE_NAMES, SYNTHETIC, Batch
from dagster_project.sample.returns import Row, Rows

CLAIMS = Path(__file__).parent / "data" / "claims.csv"


def write_census(directory: Path, shape: str, name: str, batches: Iterable[Batch]) -> list[Path]:
    """The batches of one year as census files: a flat file per stage or a workbook per school."""
    batches = list(batches)
    folder = drop_folder(directory, batches[0].school_year)
    if shape == "workbook":
        return [workbook.write(folder, school) for batch in batches for school in batch.records()]
    written = []
    for stage in batches[0].stages:
        path = folder / f"{SYNTHETIC}_{name}_{STAGE_NAMES[stage]}.xlsx"
        with closing(flat.XlsxExport(path, stage)) as export:
            for batch in batches:
                export.add(batch)
        written.append(path)
    return written


def write_returns(directory: Path, rows: Rows) -> list[Path]:
    """Every return as a filled template: one file per county, semester and kind of return."""
    writers: dict[str, Callable[[Path, Mapping, dict[str, list[Row]]], list[Path]]] = {
        "answer": _school_and_county,
        "roster": _roster,
        "movement": _movements,
    }
    written: list[Path] = []
    for kind, write in writers.items():
        for key, own in _by_drop(rows.get(kind, ())):
            beside = {
                name: [row for row in rows.get(name, ()) if _drop_of(row) == key]
                for name in _BESIDE.get(kind, ())
            }
            written += write(directory, dict(zip(_DROP, key, strict=True)), own | beside)
    for path in written:
        _stamp(path)
    return written


_BESIDE = {"answer": ("art_room", "monitoring", "measure", "project")}
"""What stands in the same files as the rows of a kind."""
_DROP = ("school_year", "term", "county_code", "county_name")


def _drop_of(row: Row) -> tuple:
    return tuple(row[name] for name in _DROP)


def _by_drop(rows: Iterable[Row]) -> Iterator[tuple[tuple, dict[str, list[Row]]]]:
    for key, own in groupby(sorted(rows, key=_drop_of), _drop_of):
        yield key, {"rows": list(own)}


def _place(directory: Path, drop: Mapping, what: str):
    """Path and heading of a return of ``drop``."""
    from dagster_project.returns.writer import Heading

    folder = Path(directory) / str(drop["school_year"]) / drop["term"] / "returns"
    heading = Heading(drop["county_code"], drop["county_name"], drop["school_year"], drop["term"])
    return folder / f"{SYNTHETIC}_{drop['county_name']}_{what}.xlsx", heading


def _kept(rows: Iterable[Row], *names: str) -> list[Row]:
    return [{name: row[name] for name in names} for row in rows]


def _without_place(row: Row) -> Row:
    return {
        name: value
        for name, value in row.items()
        if name not in _DROP and value is not None and (name != "school_id" or value)
    }


def _roster(directory: Path, drop: Mapping, own: Mapping[str, list[Row]]) -> list[Path]:
    from dagster_project.returns.writer import write_roster

    names = ("school_id", "school_name", "stage", "grade", "class_name", "pupils", "girls")
    path, heading = _place(directory, drop, "班级名册")
    return [write_roster(path, heading, _kept(own["rows"], *names))]


def _movements(directory: Path, drop: Mapping, own: Mapping[str, list[Row]]) -> list[Path]:
    from dagster_project.returns.writer import write_movements

    names = ("school_id", "stage", "grade", "cohort", "kind", "pupils")
    path, heading = _place(directory, drop, "学生异动")
    return [write_movements(path, heading, _kept(own["rows"], *names))]


def _school_and_county(directory: Path, drop: Mapping, own: Mapping[str, list[Row]]) -> list[Path]:
    from dagster_project.returns.writer import write_county_return, write_school_return

    written = []
    schools = [row for row in own["rows"] if row["school_id"]]
    if schools or own["art_room"]:
        path, heading = _place(directory, drop, "学校填报表")
        rooms = _kept(own["art_room"], "school_id", "stage", "kind", "area_m2", "built_year")
        written.append(write_school_return(path, heading, _wide(schools), rooms))
    answers = {
        row["item_id"]: (row["value"], row["evidence"])
        for row in own["rows"]
        if not row["school_id"]
    }
    if answers or own["monitoring"]:
        path, heading = _place(directory, drop, "县级填报表")
        names = ("stage", "subject", "level", "between_school_rate")
        written.append(
            write_county_return(
                path,
                heading,
                answers,
                _kept(own["monitoring"], *names),
                measures=[_without_place(row) for row in own["measure"]],
                projects=[_without_place(row) for row in own["project"]],
            )
        )
    return written


def _wide(answers: Iterable[Row]) -> list[Row]:
    """Answers of schools as the template has them: a row per section, school items in its first."""
    from dagster_project.census.returns.layout import EVIDENCE

    sections: dict[tuple, Row] = {}
    whole: dict[str, Row] = {}
    for row in answers:
        own = whole.setdefault(row["school_id"], {})
        if row["stage"]:
            key = row["school_id"], row["stage"]
            names = ("school_id", "school_name", "stage")
            own = sections.setdefault(key, {name: row[name] for name in names})
        own[row["item_id"]] = row["value"]
        if row["evidence"] and items()[row["item_id"]].kind == "yes_no":
            own[row["item_id"] + EVIDENCE] = row["evidence"]
    wide = []
    for key in sorted(sections, key=lambda k: (k[0], k[1] != "primary")):
        wide.append(sections[key] | whole.pop(key[0], {}))
    return wide


def _stamp(path: Path) -> None:
    """Give an xlsx file the sample's date instead of today's: the same sample, the same bytes."""
    import re

    with zipfile.ZipFile(path) as book:
        parts = [(info, book.read(info)) for info in book.infolist()]
    moment = CREATED.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for info, content in parts:
            if info.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment, content)
            book.writestr(info, content)


def write_claims(directory: Path, county_name: str, document: str) -> list[Path]:
    """The published figures of a county that the sample knows, a csv per school year."""
    with CLAIMS.open(encoding="utf-8") as file:
        own = [row for row in csv.DictReader(file) if row["county"] == county_name]
    written = []
    for year, group in groupby(sorted(own, key=_claim_year), _claim_year):
        rows = list(group)
        path = drop_folder(directory, year) / f"{SYNTHETIC}_{document}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        written.append(path)
    return written


def _claim_year(row: Mapping[str, str]) -> int:
    return int(row["school_year"])


def write_mapping(directory: Path, name: str, rows: list[dict]) -> Path:
    """A reviewed mapping ``mappings/<name>.csv``, its columns in the order of the first row."""
    path = Path(directory) / "mappings" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path
