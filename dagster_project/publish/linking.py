"""Files of the version that a build began with, taken over as hard links where they say the same.

Nothing of a version is written again, so two may share a file. One whose bytes are not those that
were published is not taken over: it is written anew.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster_project.publish.checksums import is_as_published
from dagster_project.publish.content import ACT_OF_LOADING
from dagster_project.publish.versions import manifest_of

Said = tuple[int, str, list[dict[str, Any]]]
"""What a table says: its rows, the hash of its content, its columns with their comments."""


@dataclass(frozen=True)
class Linking:
    """The files below ``published/`` of the version in ``folder``."""

    folder: Path
    _tables: Mapping[tuple[str, str], Mapping[str, Any]]

    @classmethod
    def of(cls, folder: Path) -> Linking:
        """The files of a version, by its manifest."""
        tables = manifest_of(folder).get("tables", ())
        return cls(folder, {(table["schema"], table["name"]): table for table in tables})

    def link_table(self, schema: str, name: str, said: Said, target: Path) -> bool:
        """Put the file of a table that says the same at ``target``; whether there is one.

        What tells of the act of loading is no content, so such a table is not taken over.
        """
        table = self._tables.get((schema, name))
        if table is None or (schema, name) in ACT_OF_LOADING:
            return False
        if (table["rows"], table["content"], table["columns"]) != said:
            return False
        return self.link_part(f"{name}.parquet", target)

    def link_part(self, file: str, target: Path) -> bool:
        """Put the file ``published/<file>`` of the version at ``target``, if it is sound."""
        source = self.folder / "published" / file
        if not source.exists() or not is_as_published(self.folder, f"published/{file}"):
            return False
        try:
            os.link(source, target)
        except OSError:  # a file system without them, or too many
            return False
        return True
