"""Where reports stand: ``warehouse/reports/<school_year>/<code>-<name>/``."""

from __future__ import annotations

import os
import re
import unicodedata
import uuid
from collections.abc import Mapping
from pathlib import Path

from dagster_project.figures.published import CountyYear
from dagster_project.figures.regions import Region
from dagster_project.machine import durable

# Names of places come from raw files: what could lead out of the folder or trip a file system
# (separators, controls, reserved signs, direction marks) is left out.
_UNSAFE = re.compile(r'[\\/:*?"<>|\s.]+')
MOST_OF_A_NAME = 40


def county_folder(reports: Path, county: CountyYear) -> Path:
    """Folder of a county's reports of one school year, below ``warehouse/reports``."""
    return place_folder(reports, county.school_year, county.county_code, county.county_name)


def region_folder(reports: Path, region: Region) -> Path:
    """Folder of a city's or province's page, ``6402-石嘴山市``; the nation's is ``CN``."""
    name = region.name if region.name != region.region_code else ""
    return place_folder(reports, region.school_year, region.region_code, name)


def follow_its_name(folder: Path) -> None:
    """Give the folder of a place that was called otherwise, or had no name, the name of now.

    What people edited in it comes along.
    """
    code, _, name = folder.name.partition("-")
    if not name or folder.exists() or not folder.parent.is_dir():
        return
    before = [
        path
        for path in folder.parent.iterdir()
        if path.is_dir() and path.name.partition("-")[0] == code
    ]
    if len(before) == 1:
        durable.move(before[0], folder)


def place_folder(reports: Path, school_year: int, code: str, name: str = "") -> Path:
    """Folder of a county, city or province: its code, and its name as far as it is safe."""
    label = "-".join(part for part in (_safe(code), _safe(name)) if part)
    return reports / str(int(school_year)) / (label or "unnamed")


def _safe(text: str) -> str:
    visible = "".join(
        sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign)[0] != "C"
    )
    return _UNSAFE.sub("", visible)[:MOST_OF_A_NAME]


def replace_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put ``files`` into ``folder``, each in one step: a reader sees the old or the new, whole.

    They are written aside first, so that a full disk replaces nothing, and are on the disk before
    they have their names; the last one, which may tell of the others, gets its name after them.
    Other files in the folder are left alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{uuid.uuid4().hex}"
    aside.mkdir()
    try:
        for name, content in files.items():
            (aside / name).write_bytes(content)
        durable.sync_all(aside / name for name in files)
        *others, last = files
        for name in others:
            os.replace(aside / name, folder / name)
        if others:
            durable.sync(folder)
        os.replace(aside / last, folder / last)
    finally:
        for left in aside.iterdir():
            left.unlink()
        aside.rmdir()
