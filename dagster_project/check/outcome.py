"""What a check found: of each file, of all together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from dagster_project.census.reading import Drift
from dagster_project.census.rejection import FileRejected
from dagster_project.census.set_aside import SetAside
from dagster_project.check.indicators import Computable

CLEAN, WITH_FAULTS, NOTHING_USABLE = 0, 3, 1


@dataclass(frozen=True)
class Used:
    """A column (or the cells of a form) that became figures: where it stands, which fields."""

    sheet: str | None
    column: str
    label: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Totals:
    """Sums of one year and stage; ``before`` are those of the same schools a year ago."""

    school_year: int
    stage: str
    schools: int
    pupils: float | None
    classes: float | None
    teachers: float | None
    schools_before: int = 0
    before: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file. Of a refused one only ``refusal`` is known.

    ``ignored`` are columns, rows, forms or sheets that hold something nobody reads (drift
    ``new``), ``missing`` what the column map or profile expects and the file lacks (drift
    ``missing``), ``doubtful`` the rows and cells that were set aside and have to be corrected.
    ``assumed`` is the school year and term where neither file nor folder say them;
    ``school_year`` is the latest where a file holds several ``school_years``.
    """

    name: str
    sha256: str
    refusal: FileRejected | None = None
    shape: str = ""
    profile: str = ""
    vintage: str = ""
    school_year: int | None = None
    school_years: tuple[int, ...] = ()
    term: str | None = None
    assumed: bool = False
    rows: int = 0
    parts: Mapping[str, int] = field(default_factory=dict)
    used: tuple[Used, ...] = ()
    ignored: tuple[Drift, ...] = ()
    missing: tuple[Drift, ...] = ()
    doubtful: tuple[SetAside, ...] = ()
    unread_sheets: tuple[SetAside, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_used(self) -> bool:
        """Whether anything of the file became a figure."""
        return self.refusal is None and self.rows > 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing in the file was left unread."""
        return self.is_used and not (self.ignored or self.doubtful or self.unread_sheets)


@dataclass(frozen=True)
class Checked:
    """The outcome of a check; ``flags`` are rows of ``quality.flag``."""

    files: tuple[FileOutcome, ...]
    totals: tuple[Totals, ...] = ()
    indicators: tuple[Computable, ...] = ()
    flags: Sequence[Mapping[str, object]] = ()
    compared_with: tuple[int, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 clean, 3 flags or content that is not used, 1 nothing usable."""
        if not any(file.is_used for file in self.files):
            return NOTHING_USABLE
        is_clean = not self.flags and all(file.is_whole for file in self.files)
        return CLEAN if is_clean else WITH_FAULTS

    def as_json(self) -> dict[str, object]:
        """The whole outcome in plain values."""
        files = []
        for file in self.files:
            told = {k: v for k, v in vars(file).items() if k not in ("refusal", "parts", "skipped")}
            for name in ("used", "ignored", "missing", "doubtful", "unread_sheets"):
                told[name] = [asdict(item) for item in told[name]]
            refusal = file.refusal
            told["refused"] = refusal and {
                "reason": refusal.reason,
                "advice": refusal.advice,
                "sheet": refusal.sheet,
                "cell": refusal.cell,
            }
            told |= {"parts": dict(file.parts), "skipped": dict(file.skipped)}
            files.append(told)
        return {
            "exit_code": self.exit_code,
            "files": files,
            "totals": [asdict(item) for item in self.totals],
            "indicators": [asdict(item) for item in self.indicators],
            "compared_with": list(self.compared_with),
            "flags": [dict(flag) for flag in self.flags],
        }
