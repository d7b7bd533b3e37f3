"""What the files of a published version hash to, so that a bit that turns over is seen.

``checksums.sha256`` stands beside the database and is what ``sha256sum --check`` reads. It is
written before a version is put in force; nothing of a version is written afterwards, but marks.
"""

from __future__ import annotations

from pathlib import Path

from dagster_project.machine import durable

CHECKSUMS = "checksums.sha256"


def write_checksums(version: Path) -> None:
    """Write ``checksums.sha256`` of all files below ``version``."""
    found = durable.digests_as_they_stand(sorted(p for p in version.rglob("*") if p.is_file()))
    lines = [
        f"{digest}  {path.relative_to(version).as_posix()}\n" for path, digest in found.items()
    ]
    (version / CHECKSUMS).write_text("".join(lines), "utf-8")


def damaged_files(version: Path) -> list[str]:
    """Files of a version that are not as they were published, or not there.

    None are known of a version that was published before checksums were kept.
    """
    return _damaged(version, None)


def is_as_published(version: Path, name: str) -> bool:
    """Whether a file of a version has the bytes that were published, as far as that is known."""
    return not _damaged(version, name)


def _damaged(version: Path, only: str | None) -> list[str]:
    try:
        text = (version / CHECKSUMS).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except UnicodeDecodeError:
        return [CHECKSUMS]
    lines = [line.partition("  ") for line in text.splitlines()]
    wanted = {name: digest for digest, _, name in lines if only in (None, name)}
    if not wanted:
        return [CHECKSUMS]
    found = durable.digests_as_they_stand(version / name for name in wanted)
    return [name for name, digest in wanted.items() if found[version / name] != digest]
