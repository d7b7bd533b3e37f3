"""What could not be used of the inputs that are no deliveries: mappings and reviews.

They stand in ``refused_input.parquet`` of the selection, from where they are published beside the
files that were refused: a line that was set aside is never passed over in silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.census.opening.admission import obstacle
from dagster_project.census.rejection import FileRejected
from dagster_project.lake.scan import digest, marker

FILE = "refused_input.parquet"
SCHEMA = pa.schema([(name, pa.string()) for name in ("path", "sha256", "reason", "sheet", "cell")])


@dataclass(frozen=True)
class RefusedInput:
    """A file below raw/ that was not used, or not whole; ``path`` as of deliveries."""

    path: str
    sha256: str
    reason: str
    sheet: str | None = None
    cell: str | None = None


def refused_input(raw: Path, location: Path, path: str, refusal: FileRejected) -> RefusedInput:
    """The entry of a file at ``location`` that people know as ``path``."""
    hindrance = obstacle(location, raw)
    try:
        sha256 = digest(location) if hindrance is None else marker(hindrance)
    except OSError:
        sha256 = marker(refusal)
    return RefusedInput(path, sha256, refusal.sentence, refusal.sheet, refusal.cell)


def write_refused(folder: Path, refused: Iterable[RefusedInput]) -> None:
    """Write them into the selection in ``folder``, in the order of their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [asdict(item) for item in sorted(refused, key=lambda item: (item.path, item.sha256))]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / FILE)


def read_refused(folder: Path) -> list[RefusedInput]:
    """Those of the selection in ``folder``."""
    return [RefusedInput(**row) for row in pq.read_table(folder / FILE).to_pylist()]
