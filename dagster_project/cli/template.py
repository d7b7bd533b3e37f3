"""``junheng template``: the project's own returns, ready to be filled in."""

from __future__ import annotations

from pathlib import Path

from dagster_project.cli.console import err, out
from dagster_project.messages import say
from dagster_project.settings import Settings

WORD = "word"
"""The kind that is no return: what the Word documents are written with."""


def _write_word_templates(directory: Path) -> int:
    """The project's Word templates and the letterhead, for an office to change."""
    from dagster_project.reports.letterhead import LETTERHEAD
    from dagster_project.reports.templates import NAMES, own_template, read_template
    from dagster_project.reports.word import word_template

    made = {name: word_template(own_template(name)) for name in NAMES if name.endswith(".docx")} | {
        LETTERHEAD: read_template(own_template(LETTERHEAD))
    }
    for path in (directory / name for name in sorted(made)):
        if path.exists():
            err.print(say("cli.template_is_there", path=path))
            return 1
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in sorted(made.items()):
        (directory / name).write_bytes(content)
        out.print(say("cli.template_written", path=directory / name))
    out.print(say("cli.word_template_what_next"))
    return 0


def run(
    settings: Settings,
    directory: Path,
    *,
    kind: str,
    county: str | None,
    school_year: int | None,
    term: str | None,
) -> int:
    """Write the templates of ``kind`` into ``directory``; returns the exit code."""
    if kind == WORD:
        return _write_word_templates(directory)
    from dagster_project.census.returns.layout import layouts
    from dagster_project.returns.prefill import schools_of
    from dagster_project.returns.writer import Heading, write_template

    wanted = [
        layout for layout in layouts().values() if layout.kind and kind in (layout.kind, "all")
    ]
    about = [str(part) for part in (county, school_year, term) if part is not None]
    paths = [directory / f"{'_'.join([layout.file, *about])}.xlsx" for layout in wanted]
    there = [path for path in paths if path.exists()]
    if there:
        # It may have been filled in already.
        err.print(say("cli.template_is_there", path=there[0]))
        return 1
    schools = schools_of(settings.database, county, school_year) if county else []
    name = schools[0]["county_name"] if schools else None
    heading = Heading(county, name, school_year, term)
    for layout, path in zip(wanted, paths, strict=True):
        write_template(path, layout.profile, heading, schools, settings.raw)
        out.print(say("cli.template_written", path=path))
    if schools:
        out.print(say("cli.template_prefilled", count=len(schools), county=name or county))
    elif county:
        out.print(say("cli.template_no_schools", county=county))
    out.print(say("cli.template_what_next"))
    return 0
