"""``junheng template``: the project's own returns, ready to be filled in."""

from __future__ import annotations

from pathlib import Path

from dagster_project.cli.console import err, out
from dagster_project.messages import say
from dagster_project.settings import Settings


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
        write_template(path, layout.profile, heading, schools)
        out.print(say("cli.template_written", path=path))
    if schools:
        out.print(say("cli.template_prefilled", count=len(schools), county=name or county))
    elif county:
        out.print(say("cli.template_no_schools", county=county))
    out.print(say("cli.template_what_next"))
    return 0
