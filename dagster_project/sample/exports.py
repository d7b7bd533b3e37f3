"""Lays a made-up nation out as raw drops: flat files per stage, or a workbook for each school."""

from __future__ import annotations

import csv
from contextlib import ExitStack, closing
from pathlib import Path

from dagster_project.sample import flat, nation, workbook
from dagster_project.sample.model import STAGE_NAMES, SYNTHETIC, Batch

FILE_TYPES = ("csv", "xlsx")
SPLITS = ("nation", "province")


def drop_folder(directory: Path, school_year: int, *below: str) -> Path:
    """``<directory>/<school_year>/autumn/…``, made if need be."""
    folder = Path(directory).joinpath(str(school_year), "autumn", *below)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


COLUMNS = {
    "teaching_points": ["school_id", "parent_school_id", "from_year", "to_year", "note"],
    "divisions": ["code", "name", "from_year", "to_year", "note"],
}


class Mappings:
    """The reviewed mappings that belong beside the census files: the parent schools of 教学点, and
    the made-up counties, which no list of administrative divisions has."""

    def __init__(self, directory: Path, first_year: int) -> None:
        folder = Path(directory) / "mappings"
        folder.mkdir(parents=True, exist_ok=True)
        self._first_year = first_year
        self._files, self._writers = [], {}
        for name, columns in COLUMNS.items():
            self._files.append((folder / f"{name}.csv").open("w", encoding="utf-8", newline=""))
            self._writers[name] = csv.writer(self._files[-1], lineterminator="\n")
            self._writers[name].writerow(columns)

    def add(self, batch: Batch) -> None:
        """Note the batch's 教学点 and counties; they stay, so the first year's batch suffices."""
        if batch.school_year != self._first_year:
            return
        schools = batch.schools
        pairs = zip(schools["school_id"], schools["parent_school_id"], strict=True)
        self._writers["teaching_points"].writerows(
            [own, parent, self._first_year, "", SYNTHETIC] for own, parent in pairs if parent
        )
        counties = dict.fromkeys(zip(schools["county_code"], schools["county_name"], strict=True))
        self._writers["divisions"].writerows([*county, "", "", SYNTHETIC] for county in counties)

    def close(self) -> None:
        for file in self._files:
            file.close()


def write_flat(
    plan: nation.Plan, directory: Path, file_type: str, encoding: str, split: str
) -> list[Path]:
    """Flat files, all years side by side, so that each chunk of schools is made once."""
    if file_type not in FILE_TYPES:
        raise ValueError(f"unknown file type {file_type!r}; choose one of {', '.join(FILE_TYPES)}")
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}; choose one of {', '.join(SPLITS)}")
    written = []
    mappings = Mappings(directory, plan.first_year)
    for place, chunks in nation.files(plan, split):
        with ExitStack() as stack:
            open_files = {}
            for chunk in chunks:
                for batch in nation.batches(plan, chunk):
                    mappings.add(batch)
                    for stage, table in batch.stages.items():
                        if not len(table):
                            continue
                        key = batch.school_year, stage
                        if key not in open_files:
                            folder = drop_folder(directory, batch.school_year)
                            name = f"{SYNTHETIC}_{place}_{STAGE_NAMES[stage]}.{file_type}"
                            export = _export(folder / name, stage, encoding)
                            open_files[key] = stack.enter_context(closing(export))
                            written.append(export.path)
                        open_files[key].add(batch)
    mappings.close()
    return sorted(written)


def _export(path: Path, stage: str, encoding: str) -> flat.CsvExport | flat.XlsxExport:
    if path.suffix == ".xlsx":
        return flat.XlsxExport(path, stage)
    return flat.CsvExport(path, stage, encoding)


def write_workbooks(plan: nation.Plan, directory: Path) -> list[Path]:
    """One workbook per school and year, a folder per county."""
    written = []
    mappings = Mappings(directory, plan.first_year)
    for _, chunks in nation.files(plan, "nation"):
        for chunk in chunks:
            for batch in nation.batches(plan, chunk):
                mappings.add(batch)
                for school in batch.records():
                    county = school.attributes["county_code"]
                    folder = drop_folder(directory, batch.school_year, county)
                    written.append(workbook.write(folder, school))
    mappings.close()
    return sorted(written)
