"""Word documents as PDF, by LibreOffice where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from dagster_project.machine import durable
from dagster_project.messages import MessageError

SECONDS_TO_START, SECONDS_A_FILE = 120, 60


class NoPdf(MessageError):
    """LibreOffice is not there, or made no PDF of a file."""


def office() -> str | None:
    """The program, or ``None`` where it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def write_pdfs(files: Iterable[Path]) -> list[Path]:
    """A PDF beside each of the Word ``files``, replaced whole; returns their paths.

    Raises :class:`NoPdf`.
    """
    program = office()
    if program is None:
        raise NoPdf("reports.no_office")
    made = []
    folders = groupby(sorted(files), key=lambda file: file.parent)
    with TemporaryDirectory(prefix="junheng-pdf-") as scratch:
        # A profile of its own: a LibreOffice that somebody has open would take the files and end.
        for number, (_, group) in enumerate(folders):
            out = Path(scratch) / str(number)
            out.mkdir()
            together = list(group)
            _convert(program, Path(scratch), out, together)
            for file in together:
                pdf = out / f"{file.stem}.pdf"
                if not pdf.exists():
                    raise NoPdf("reports.no_pdf_made", file=file)
                target = file.with_suffix(".pdf")
                with durable.replacing(target) as fresh:
                    shutil.copyfile(pdf, fresh)
                made.append(target)
    return made


def _convert(program: str, scratch: Path, out: Path, files: list[Path]) -> None:
    profile = f"-env:UserInstallation={(scratch / 'profile').as_uri()}"
    options = ["--headless", "--norestore", "--convert-to", "pdf", "--outdir", str(out)]
    command = [program, profile, *options, *map(str, files)]
    seconds = SECONDS_TO_START + SECONDS_A_FILE * len(files)
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=seconds)
    except (OSError, subprocess.SubprocessError) as error:
        raise NoPdf("reports.no_pdf_made", file=files[0]) from error
