"""The correction lists: xlsx files for the county and for every school, one line per open flag.

``<warehouse>/corrections/<school_year>/<county code> <name>/`` holds the county's list, with the
county's returns, and, per school, the same lines with a copy of the school's own census sheets and
returns, in which the flagged cells are coloured. Whoever fills in the explanation column and drops
the file into ``raw/reviews/`` has reviewed.

A year's folder is replaced when its open flags have changed; the lists of counties whose flags are
as they were are carried over. A list that somebody has edited in place is never thrown away: it is
set aside under another name.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from dagster_project.census.rejection import visible
from dagster_project.followup import census_copy
from dagster_project.followup.census_copy import Flag
from dagster_project.followup.school_rows import cut_excerpts
from dagster_project.followup.sheets import write_county_list, write_school_list
from dagster_project.machine import durable
from dagster_project.machine.atomic_folder import replace_folder
from dagster_project.machine.helper_process import Limits, Stopped, each

Progress = Callable[[int, int, str], None]

# A list per school helps a county; beyond this many nobody reads them, and they take hours.
MOST_SCHOOL_LISTS = 300
# From here on, starting a second process costs less than it saves.
PARALLEL_FROM_COUNTIES = 50
COUNTIES_AT_A_TIME = 20
_RECORD = ".written.json"
_MOST_NAME_BYTES = 180  # of the 255 that file systems take, for what is put behind it
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_LAYOUT = 4  # raised when the lists look different, so that all are written anew


def write_corrections(
    flags: Iterable[Flag],
    folder: Path,
    raw: Path,
    progress: Progress = lambda *_: None,
    kept: Callable[[Path], None] = lambda path: None,
    *,
    workers: int = 2,
    limits: Limits = Limits(),  # noqa: B008  (immutable)
) -> list[Path]:
    """Write the lists of every school year whose open flags have changed; returns their folders.

    ``flags`` are rows of the judgement's flag table; only those with status ``open`` are listed.
    ``raw`` is where the census files are copied from, as far as they are still the same;
    ``workers`` processes do it, each under ``limits``. ``kept`` hears of every file of people's own
    in a folder that is written, under the name that it has then.
    """
    by_year: dict[str, list[Flag]] = defaultdict(list)
    for flag in flags:
        if flag["status"] == "open":
            by_year[str(flag["school_year"])].append(flag)
    there = (
        {path.name for path in folder.iterdir() if path.name.isdigit()} if folder.exists() else ()
    )
    changed = []
    for year in sorted({*by_year, *there}):
        counties = _group_by_county(by_year[year])
        content = {county.code: county.content for county in counties}
        record = _read_record(folder / year)
        if record.get("counties") == content:
            continue
        _write_year(counties, folder / year, raw, record, progress, kept, workers, limits)
        changed.append(folder / year)
    return changed


def make_file_name(*parts: object) -> str:
    """A file name of ``parts``: without characters that a file system refuses."""
    text = " ".join(str(part) for part in parts if part)
    safe = _UNSAFE.sub("_", visible(text)).strip(" .").encode("utf-8")
    return safe[:_MOST_NAME_BYTES].decode("utf-8", "ignore") or "_"


@dataclass(frozen=True)
class _County:
    """One county's open flags, the folder of its lists, and how many schools get one."""

    code: str
    folder: str
    flags: list[Flag]
    school_lists: int
    content: str


def _group_by_county(flags: Iterable[Flag]) -> list[_County]:
    by_code: dict[str, list[Flag]] = defaultdict(list)
    for flag in flags:
        by_code[str(flag["county_code"] or "")].append(flag)
    left, found = MOST_SCHOOL_LISTS, []
    for code, mine in sorted(by_code.items()):
        schools = len({flag["school_id"] for flag in mine if flag["school_id"]})
        share = min(schools, left)
        left -= share
        name = next((flag["county_name"] for flag in mine if flag["county_name"]), None)
        place = make_file_name(code or "未知区县", name)
        found.append(_County(code, place, mine, share, _content(mine, share)))
    return found


def _content(flags: Iterable[Flag], school_lists: int) -> str:
    rows = [[_LAYOUT, school_lists], *([str(value) for value in f.values()] for f in flags)]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


def _read_record(folder: Path) -> dict:
    try:
        return json.loads((folder / _RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _write_year(
    counties: list[_County],
    folder: Path,
    raw: Path,
    record: Mapping,
    progress: Progress,
    kept: Callable[[Path], None],
    workers: int,
    limits: Limits,
) -> None:
    work = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    work.mkdir(parents=True)
    before: Mapping[str, str] = record.get("files", {})
    try:
        written: dict[str, str] = {}
        stale: list[_County] = []
        for county in counties:
            as_it_was = record.get("counties", {}).get(county.code) == county.content
            carried = _carried_over(county, folder, work, before) if as_it_was else {}
            written |= carried
            if not carried:
                stale.append(county)
        for number, code in enumerate(_write_counties(stale, work, raw, workers, limits)):
            progress(number, len(stale), f"{folder.name} {code}")
        for path in sorted(work.rglob("*.xlsx")):
            name = path.relative_to(work).as_posix()
            if name not in written:
                written[name] = durable.digest(path)
        for path in _rescue(folder, work, before):
            kept(folder / path.relative_to(work))
        record = {"counties": {c.code: c.content for c in counties}, "files": written}
        (work / _RECORD).write_text(json.dumps(record), "utf-8")
        replace_folder(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _carried_over(
    county: _County, folder: Path, work: Path, before: Mapping[str, str]
) -> dict[str, str]:
    """Link a county's lists into ``work``; nothing if one of them is not as it was written."""
    names = [name for name in before if name.startswith(f"{county.folder}/")]
    if any(not (folder / n).is_file() or durable.digest(folder / n) != before[n] for n in names):
        return {}
    for name in names:
        target = work / name
        target.parent.mkdir(exist_ok=True)
        try:
            target.hardlink_to(folder / name)
        except OSError:  # not every file system has links
            shutil.copy2(folder / name, target)
    return {name: before[name] for name in names}


def _write_counties(
    counties: list[_County], folder: Path, raw: Path, workers: int, limits: Limits
) -> Iterator[str]:
    """Write the lists of all counties in helper processes, a nation's in several; yields each code.

    They copy files of others once more, with another library than the one that read them: what
    stops that leaves the lists without copies, and is logged.
    """
    shares = (
        _split_among_processes(counties) if len(counties) >= PARALLEL_FROM_COUNTIES else [counties]
    )
    write_some = partial(_write_counties_here, folder=folder, raw=raw)
    stopped: list[list[_County]] = []
    for share, result in each(write_some, shares, processes=workers, limits=limits):
        if isinstance(result, Stopped):
            stopped.append(share)
        elif isinstance(result, Exception):
            raise result
        else:
            yield from result
    singly = [[county] for share in stopped if len(share) > 1 for county in share]
    again = each(write_some, singly, processes=workers, limits=limits)
    alone = ((share, Stopped()) for share in stopped if len(share) == 1)
    for (county,), result in chain(again, alone):
        if isinstance(result, Exception):
            logging.getLogger(__name__).warning(
                "The lists of %s were written without copies of sheets; the limits are"
                " JUNHENG_FILE_SECONDS and JUNHENG_FILE_MEMORY.",
                county.code,
            )
            shutil.rmtree(folder / county.folder, ignore_errors=True)
            _write_county(county, folder, None)
        yield county.code


def _split_among_processes(counties: list[_County]) -> list[list[_County]]:
    """What is handed to a process at a time.

    The counties with lists of schools go together: a province's file is large, and one process
    has to open it instead of all.
    """
    shown = [county for county in counties if county.school_lists]
    others = [county for county in counties if not county.school_lists]
    cut = [others[at : at + COUNTIES_AT_A_TIME] for at in range(0, len(others), COUNTIES_AT_A_TIME)]
    return [share for share in (shown, *cut) if share]


def _write_counties_here(counties: list[_County], folder: Path, raw: Path) -> list[str]:
    for county in counties:
        _write_county(county, folder, raw)
    census_copy.close()
    return [county.code for county in counties]


def _write_county(county: _County, folder: Path, raw: Path | None) -> None:
    """Write one county's lists, with those of its first ``school_lists`` schools.

    Without ``raw`` no census sheet is copied into them.
    """
    flags = sorted(county.flags, key=_sort_key)
    name = next((flag["county_name"] for flag in county.flags if flag["county_name"]), None)
    place = folder / county.folder
    place.mkdir(parents=True, exist_ok=True)
    schools: dict[str, list[Flag]] = defaultdict(list)
    for flag in flags:
        if flag["school_id"]:
            schools[str(flag["school_id"])].append(flag)
    chosen = dict(list(schools.items())[: county.school_lists])  # hard flags first, as sorted
    own = place / f"{make_file_name(name or '区县', '更正清单')}.xlsx"
    of_county = _select_county_flags(flags)
    rows = {} if raw is None else cut_excerpts([("", of_county)], raw, "county")
    write_county_list(own, flags, len(chosen), rows.get("", ()))
    targets: list[tuple[Path, list[Flag]]] = []
    shown = {} if raw is None else cut_excerpts(chosen.items(), raw, "school")
    for school_id, mine in chosen.items():
        named = next((flag["school_name"] for flag in mine if flag["school_name"]), "")
        path = place / f"{make_file_name(named, school_id)}.xlsx"
        if path.exists():  # two ids that look alike as file names
            path = path.with_name(f"{path.stem} ({len(targets)}).xlsx")
        write_school_list(path, mine, shown.get(school_id, ()))
        targets.append((path, mine))
    if raw is not None:
        census_copy.add_copies([(own, of_county)], raw, "county")
        census_copy.add_copies(targets, raw, "school")


def _select_county_flags(flags: list[Flag]) -> list[Flag]:
    """The flags in files that the county itself has to correct: some flag there is no school's."""
    files = {f["source_file"] for f in flags if not f["school_id"] and f["cell"]}
    return [flag for flag in flags if flag["source_file"] in files]


def _sort_key(flag: Flag) -> tuple:
    return (
        flag["severity"] != "hard",
        str(flag["school_name"] or ""),
        str(flag["school_id"] or ""),
        str(flag["stage"] or ""),
        str(flag["rule_id"]),
        str(flag["flag_id"]),
    )


def _rescue(folder: Path, work: Path, before: Mapping[str, str]) -> list[Path]:
    """Carry what people have edited or added in the old folder over into the new one."""
    carried = []
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or path.name == _RECORD or before.get(name) == durable.digest(path):
            continue
        target = work / name
        if target.exists():
            mark = f"已填写 {durable.digest(path)[:6]}"
            target = target.with_name(f"{target.stem}（{mark}）{target.suffix}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
        carried.append(target)
    return carried
