"""What could not be used of the inputs that are no deliveries: mappings and reviews.

They stand in ``refused_input.parquet`` of the selection, from where they are published beside the
files that were refused: a line that was set aside is never passed over in silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.census.opening.admission import obstacle
from dagster_project.census.rejection import FileRejected
from dagster_project.lake.scan import digest, marker
from dagster_project.messages import Message

FILE = "refused_input.parquet"
COLUMNS = ("path", "sha256", "reason", "reason_zh", "message", "sheet", "cell")
SCHEMA = pa.schema([(name, pa.string()) for name in COLUMNS])


@dataclass(frozen=True)
class RefusedInput:
    """A file below raw/ that was not used, or not whole; ``path`` as of deliveries."""

    path: str
    sha256: str
    message: Message
    sheet: str | None = None
    cell: str | None = None

    @property
    def reason(self) -> str:
        """The message in English, as it is published beside the Chinese."""
        return self.message.text("en")


def refused_input(raw: Path, location: Path, path: str, refusal: FileRejected) -> RefusedInput:
    """The entry of a file at ``location`` that people know as ``path``."""
    hindrance = obstacle(location, raw)
    try:
        sha256 = digest(location) if hindrance is None else marker(hindrance)
    except OSError:
        sha256 = marker(refusal)
    return RefusedInput(path, sha256, refusal.message, refusal.sheet, refusal.cell)


def write_refused(folder: Path, refused: Iterable[RefusedInput]) -> None:
    """Write them into the selection in ``folder``, in the order of their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [_row(item) for item in sorted(refused, key=lambda item: (item.path, item.sha256))]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / FILE)


def read_refused(folder: Path) -> list[RefusedInput]:
    """Those of the selection in ``folder``."""
    return [
        RefusedInput(
            row["path"],
            row["sha256"],
            Message.from_json(row["message"]),
            row["sheet"],
            row["cell"],
        )
        for row in pq.read_table(folder / FILE).to_pylist()
    ]


def _row(item: RefusedInput) -> dict[str, str | None]:
    said = {"reason": item.reason, "reason_zh": item.message.text("zh")}
    place = {"sheet": item.sheet, "cell": item.cell}
    return {
        "path": item.path,
        "sha256": item.sha256,
        **said,
        "message": item.message.to_json(),
        **place,
    }
