"""What a reader hands on: the canonical tables of one file and what was odd about its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dagster_project.census.set_aside import SetAside

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Place:
    """What a file's place below ``raw/`` says about it; ``None`` where the path is silent."""

    school_year: int | None
    term: str | None


@dataclass(frozen=True)
class Drift:
    """One difference between a file's columns and the column map that reads it.

    ``kind`` is ``missing`` (mapped, not in the file) or ``new`` (in the file, neither mapped nor
    known). ``label`` is the form address or header path, ``field_id`` the canonical field that
    stays empty because of it, ``found`` the nearest labels that the file does have.
    """

    kind: str
    label: str
    field_id: str | None = None
    sheet: str | None = None
    found: str = ""


@dataclass(frozen=True)
class Reading:
    """One file in canonical form (see :mod:`dagster_project.census.schema`).

    ``sections`` may be produced lazily, batch by batch, so that a nation's file never stands in
    memory at once; a :class:`FileRejected` can therefore still be raised while it is consumed.

    Returns have no sections; what they bring stands in ``parts``, by the name of the part.

    ``school_years`` are all of a file that has several, each batch of ``sections`` being of one;
    ``school_year`` is then the latest.

    ``set_aside`` is what the reader did not use (see :mod:`dagster_project.census.set_aside`). A
    reader that hands on its sections lazily may add to it meanwhile: it is looked at last.
    """

    shape: str  # workbook | flat | table | returns
    profile: str
    vintage: str
    school_year: int
    term: str
    sections: Iterable[pa.RecordBatch]
    origins: pa.Table
    cells: pa.Table | None = None
    drift: tuple[Drift, ...] = field(default=())
    parts: Mapping[str, pa.Table] = field(default_factory=dict)
    set_aside: Sequence[SetAside] = field(default=())
    school_years: tuple[int, ...] = field(default=())
