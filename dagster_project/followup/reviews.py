"""Reviews: what the county says to a flag, read from ``raw/reviews``.

Any csv or Excel file with a column of flag ids will do: a table made by hand (``flag_id, decision,
explanation, reviewer, date``) or a filled-in correction list, where an explanation alone confirms
the figure. What the folder says is kept in the lake as a snapshot whenever it changes, so that a
load ``--as-of`` knows the reviews of that time.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.census.addresses import cell_address
from dagster_project.census.opening.admission import obstacle, spoken
from dagster_project.census.opening.archive import unpacked_size
from dagster_project.census.opening.printable import printable
from dagster_project.census.opening.source import TextTable, open_source
from dagster_project.census.rejection import FileRejected
from dagster_project.lake.append_log import AppendLog
from dagster_project.lake.readers import Limits, each_aside
from dagster_project.lake.store import Lake
from dagster_project.machine.clock import later_than
from dagster_project.messages import Message

if TYPE_CHECKING:
    import pyarrow as pa

CONFIRMED, WAIVED, PENDING = "confirmed", "waived", "pending"

# How people head the columns, and how they write a decision; compared without spaces and case.
COLUMNS = {
    "flag_id": ("flag_id", "flagid", "疑点编号", "疑点编码", "疑点id", "标记编号", "编号（勿改）"),
    "decision": ("decision", "审核结论", "处理意见", "结论", "审核意见", "处理结果"),
    "explanation": ("explanation", "情况说明", "说明", "原因说明", "解释", "note"),
    "reviewer": ("reviewer", "审核人", "填写人", "填报人", "负责人"),
    "date": ("date", "日期", "审核日期", "填写日期", "填报日期"),
}
DECISIONS = {
    CONFIRMED: ("confirmed", "confirm", "属实", "确认", "确认属实", "情况属实", "无误", "核实无误"),
    WAIVED: ("waived", "waive", "豁免", "免于更正", "同意豁免", "不予更正"),
    PENDING: ("open", "pending", "待核", "待核实", "待更正", "更正", "将更正", "需更正", "已更正"),
}
MOST_BYTES = 100_000_000  # unpacked
_SUFFIXES = {".csv", ".tsv", ".txt", ".xlsx", ".xls", ".xlsm"}
_HEADER_WITHIN = 30  # rows
_DATE = re.compile(r"^(\d{4})\D{0,2}(\d{1,2})\D{0,2}(\d{1,2})(?:\D.*)?$")


@dataclass(frozen=True)
class Review:
    """One line of a review: the flag, the decision, why, and where the line stands.

    ``problem`` is a sentence if something is wrong with the line, ``message`` the same as id and
    values; ``decision`` is ``None`` if it is so wrong that nothing can be concluded.
    """

    flag_id: str
    decision: str | None
    explanation: str
    reviewer: str
    reviewed_on: str
    file: str
    sheet: str | None
    cell: str | None
    problem: str | None = None
    message: str | None = None

    def at_fault(self, message: Message, **changed: Any) -> Review:
        """The line with what is wrong with it."""
        return replace(self, **changed, problem=message.text("en"), message=message.to_json())


@dataclass(frozen=True)
class Reviews:
    """All reviews in force, in the order of files and lines."""

    entries: tuple[Review, ...]


def read_reviews(
    raw: Path | None,
    lake: Lake,
    *,
    as_of: datetime | None = None,
    now: datetime,
    limits: Limits = Limits(),  # noqa: B008  (immutable)
) -> Reviews:
    """The reviews in ``raw/reviews``, or with ``as_of`` those that were known then.

    ``now`` (naive UTC) is when a changed folder is noted in the lake; ``limits`` are those of one
    file.
    """
    log = _ReviewLog(lake.root / "review_log")
    if raw is None or as_of is not None:
        return Reviews(tuple(log.latest(as_of)))
    entries = tuple(read_folder(raw / "reviews", limits))
    if list(entries) != log.latest(None):
        log.append(entries, now)
    return Reviews(entries)


def read_folder(folder: Path, limits: Limits = Limits()) -> Iterator[Review]:  # noqa: B008
    """Every line of every review file below ``folder``; an unreadable file is one problem."""
    files: dict[tuple[Path, Path], Path] = {}
    refused: dict[tuple[Path, Path], FileRejected] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        hidden = path.name.startswith((".", "~$")) or path.name.lower().startswith("readme")
        if hidden or path.suffix.lower() not in _SUFFIXES or _is_folder(path):
            continue
        if refusal := obstacle(path, folder.parent):
            refused[folder, path] = refusal
        files[folder, path] = path
    found = each_aside(read_file, {k: p for k, p in files.items() if k not in refused}, limits)
    for key, path in files.items():
        result = refused.get(key) or found[key]
        if isinstance(result, FileRejected):
            name = spoken(path.relative_to(folder))
            yield _make_problem(name, result.sheet, result.cell, result.message)
        else:
            yield from result


def read_file(place: tuple[Path, Path]) -> list[Review]:
    """Every line of the review file ``place[1]`` below the folder ``place[0]``.

    Raises :class:`FileRejected`.
    """
    folder, path = place
    if refusal := _find_too_large(path):
        raise refusal
    return list(_read_file(path, spoken(path.relative_to(folder))))


def _find_too_large(path: Path) -> FileRejected | None:
    """Reviews are held in memory by the process that judges, so they must be small."""
    try:
        is_zip = zipfile.is_zipfile(path)
        size = unpacked_size(path) if is_zip else path.stat().st_size
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        return FileRejected("followup.damaged", error=error)
    if size <= MOST_BYTES:
        return None
    return FileRejected("followup.too_large", size=size / 10**6, most=MOST_BYTES // 10**6)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _read_file(path: Path, name: str) -> Iterator[Review]:
    source = open_source(path)
    if isinstance(source, TextTable):
        grids: Iterable[tuple[str | None, Sequence[list]]] = [(None, list(source.rows()))]
    else:
        grids = ((sheet.name, sheet.rows) for sheet in source.sheets())
    recognised = False
    for sheet, rows in grids:
        header = _find_header(rows)
        if header is not None:
            recognised = True
            yield from _read_rows(rows, *header, name, sheet)
    if not recognised:
        yield _make_problem(name, None, None, Message("followup.no_flag_ids"))


def _find_header(rows: Sequence[list]) -> tuple[int, dict[str, int]] | None:
    """Number of the header row and the columns found in it; ``None`` without a flag id column."""
    for number, row in enumerate(rows[:_HEADER_WITHIN]):
        columns: dict[str, int] = {}
        for position, cell in enumerate(row):
            label = _squeeze(cell)
            for column, names in COLUMNS.items():
                if label in names:
                    columns.setdefault(column, position)
        if "flag_id" in columns:
            return number, columns
    return None


def _read_rows(
    rows: Sequence[list], header: int, columns: dict[str, int], file: str, sheet: str | None
) -> Iterator[Review]:
    for number, row in enumerate(rows[header + 1 :], start=header + 1):

        def text(column: str, row=row) -> str:
            position = columns.get(column)
            cell = row[position] if position is not None and position < len(row) else None
            return _read_text(cell)

        def cell(column: str, number=number) -> str:
            return cell_address(number, columns.get(column, columns["flag_id"]))

        said, explanation, flag_id = text("decision"), text("explanation"), text("flag_id")
        if not said and not explanation:
            continue  # a line of the list that nobody has filled in yet
        review = Review(
            flag_id, None, explanation, text("reviewer"), text("date"), file, sheet,
            cell("decision"),
        )  # fmt: skip
        yield _read_decision(review, said, cell)


def _read_decision(review: Review, said: str, cell) -> Review:
    """``review`` with what its line decides, or with what is wrong with the line."""
    if not review.flag_id:
        return review.at_fault(Message("followup.no_flag_id"), cell=cell("flag_id"))
    if not said:
        return _read_date(replace(review, decision=CONFIRMED, cell=cell("explanation")), cell)
    for decision, words in DECISIONS.items():
        if _squeeze(said) in words:
            return _read_date(replace(review, decision=decision), cell)
    return review.at_fault(Message("followup.unknown_decision", {"decision": said}))


def _read_date(review: Review, cell) -> Review:
    """``review`` with its date as ``2024-03-01``."""
    if not review.reviewed_on:
        return review
    found = _DATE.match(review.reviewed_on)
    try:
        year, month, of_month = (int(part) for part in found.groups()) if found else (0, 0, 0)
        day = date(year, month, of_month) if found else None
    except ValueError:
        day = None
    if day is None:
        message = Message("followup.no_date", {"date": review.reviewed_on})
        return review.at_fault(message, reviewed_on="", cell=cell("date"))
    return replace(review, reviewed_on=day.isoformat())


def _make_problem(file: str, sheet: str | None, cell: str | None, message: Message) -> Review:
    return Review("", None, "", "", "", file, sheet, cell).at_fault(message)


def _read_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return printable(str(cell)).strip()


def _squeeze(cell: object) -> str:
    return re.sub(r"\s+", "", _read_text(cell)).lower()


class _ReviewLog:
    """Snapshots of the reviews in the lake: an entry whenever they changed."""

    def __init__(self, folder: Path) -> None:
        self._log = AppendLog(folder)

    def latest(self, as_of: datetime | None) -> list[Review]:
        for at, table in self._snapshots():
            if as_of is None or at <= as_of:
                return [Review(**row) for row in table.to_pylist()]
        return []

    def append(self, entries: Iterable[Review], at: datetime) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        newest = next((moment for moment, _ in self._snapshots()), None)
        schema = pa.schema(
            [(item.name, pa.string()) for item in fields(Review)],
            metadata={"recorded_at": later_than(newest, at).isoformat()},
        )
        table = pa.Table.from_pylist([asdict(entry) for entry in entries], schema)
        self._log.append(lambda path: pq.write_table(table, path))

    def _snapshots(self) -> Iterator[tuple[datetime, pa.Table]]:
        """The snapshots with their times, the newest first."""
        import pyarrow.parquet as pq

        for path in reversed(self._log.files()):
            table = pq.read_table(path)
            yield datetime.fromisoformat(table.schema.metadata[b"recorded_at"].decode()), table
