"""One zip to hand in: a county's documents of a year, its correction lists, digests, what is open.

The same files give the same bytes, whenever and wherever they are packed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from dagster_project.figures.county import CountyFigures
from dagster_project.figures.published import CountyYear, Published
from dagster_project.followup.corrections import make_file_name
from dagster_project.messages import Message, by_language, coded
from dagster_project.messages.moments import in_beijing
from dagster_project.reports.documents import FURTHER_OF_A_COUNTY, OF_A_COUNTY
from dagster_project.reports.folder import county_folder
from dagster_project.reports.standing import is_edited, kept, newest
from dagster_project.reports.word import fill
from dagster_project.settings import Settings
from dagster_project.verdicts import of_county

COVER, SUMS, LISTS = "报送清单.docx", "SHA256SUMS.txt", "更正清单"
_TEMPLATE = Path(__file__).with_name("报送清单.txt")
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_STANDARD = "2017"
_DOCUMENTS = (*OF_A_COUNTY, *FURTHER_OF_A_COUNTY)


@dataclass(frozen=True)
class Packed:
    """A file of the pack: its name there, what it is, and its bytes."""

    name: str
    what: str
    content: bytes


@dataclass(frozen=True)
class Standing:
    """What stands in the way of handing in: open flags, and sentences on what else is open."""

    hard: int
    open: tuple[Message, ...]


def standing_of(published: Published, settings: Settings, county: CountyYear) -> Standing:
    """What is open of a county's year."""
    figures = CountyFigures(published, county)
    sign_off = figures.sign_off
    open_: list[Message] = []
    for number, severity in ((sign_off.hard_open, "hard"), (sign_off.soft_open, "soft")):
        if number:
            told = {"number": number, "severity": coded("severity", severity)}
            open_.append(Message("reports.pack_flags", told))
    verdict = figures.row("county_verdict", standard_id=_STANDARD)
    attains = verdict["attains"] if verdict else None
    if attains is not True:
        said = by_language(of_county(attains, "zh"), of_county(attains, "en"))
        open_.append(Message("reports.pack_verdict", {"verdict": said}))
    known = figures.ref.items
    rows = [row for row in figures.rows("county_assessment", standard_id=_STANDARD)
            if row["item_id"] in known]  # fmt: skip
    rows.sort(key=lambda row: known[row["item_id"]]["position"])
    for code in ("not_met", "unverified", "not_reported"):
        names = [known[row["item_id"]]["name_zh"] for row in rows if row["verdict"] == code]
        if names:
            told = {"verdict": coded("verdict", code), "items": names}
            open_.append(Message("reports.pack_items", told))
    folder = county_folder(settings.reports, county)
    for one in kept(folder, (document.name for document in _DOCUMENTS)):
        told = {"edited": [path.name for path in one.edited], "new": one.new.name}
        open_.append(Message("reports.pack_edited", told))
    return Standing(sign_off.hard_open, tuple(open_))


def pack(published: Published, settings: Settings, county: CountyYear, standing: Standing) -> bytes:
    """The zip; raises ``OSError`` where a document cannot be read."""
    files = [*_documents(settings, county), *_lists(settings, county)]
    cover = Packed(COVER, "", _cover(published, county, files, standing))
    files = [cover, *files]
    sums = "".join(f"{hashlib.sha256(f.content).hexdigest()}  {f.name}\n" for f in files)
    files.append(Packed(SUMS, "", sums.encode()))
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for file in files:
            entry = ZipInfo(f"{title_of(county)}/{file.name}", _LONG_AGO)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.content, ZIP_DEFLATED)
    return made.getvalue()


def name_of(county: CountyYear, standing: Standing) -> str:
    """The file name of a pack; a draft says so."""
    return f"{title_of(county)}{'（草稿）' if standing.hard else ''}.zip"


def title_of(county: CountyYear) -> str:
    """What the pack and the folder in it are called."""
    return make_file_name(f"{county.county_code}-{county.county_name}-{county.school_year}报送材料")


def _documents(settings: Settings, county: CountyYear) -> Iterator[Packed]:
    """The documents as they stand: what somebody edited, and the newer one beside it."""
    folder = county_folder(settings.reports, county)
    for document in _DOCUMENTS:
        names = dict.fromkeys((document.name, newest(folder, document.name)))
        for name in names:
            path = folder / name
            if not path.exists():
                continue
            what = document.name.partition(".")[0]
            if is_edited(folder, name):
                what = Message("reports.pack_by_hand", {"what": what}).text("zh")
            elif name != document.name:
                what = Message("reports.pack_newer", {"what": what}).text("zh")
            yield Packed(name, what, path.read_bytes())
            printed = path.with_suffix(".pdf")
            if printed != path and printed.exists():
                yield Packed(printed.name, f"{what}（PDF）", printed.read_bytes())


def _lists(settings: Settings, county: CountyYear) -> Iterator[Packed]:
    """The correction lists of the county and its schools, as far as there are any."""
    year = settings.warehouse / "corrections" / str(county.school_year)
    folders = sorted(year.glob(f"{county.county_code}*")) if year.is_dir() else ()
    for folder in folders:
        if folder.name.partition(" ")[0] == county.county_code:
            for path in sorted(folder.rglob("*.xlsx")):
                yield Packed(f"{LISTS}/{path.name}", LISTS, path.read_bytes())


def _cover(
    published: Published, county: CountyYear, files: list[Packed], standing: Standing
) -> bytes:
    at = in_beijing(published.published_at)
    name = county.county_name or county.county_code
    context: dict[str, Any] = {
        "county": name,
        "year": county.school_year,
        "next_year": county.school_year + 1,
        "draft": standing.hard > 0,
        "hard": standing.hard,
        "files": [{"name": f.name, "what": f.what, "size": f"{len(f.content):,}"} for f in files],
        "sums": SUMS,
        "open": [message.text("zh").rstrip("。") for message in standing.open],
        "published": f"{at:%Y年%m月%d日}",
    }
    properties = {"title": f"{name}报送材料清单", "created": at, "modified": at}
    return fill(_TEMPLATE, context, properties)
