"""``junheng doctor``: what is well and what is not, in sentences."""

from __future__ import annotations

from dagster_project.cli.console import err, out
from dagster_project.doctor import Level, examine
from dagster_project.messages import named, say
from dagster_project.publish.lock import WarehouseBusy, writing
from dagster_project.settings import Settings

_STYLE = {Level.well: "green", Level.note: "yellow", Level.fault: "bold red"}


def repair_and_load(settings: Settings) -> int:
    """Put the storage right, then load what is in raw/; the exit code of the load."""
    from dagster_project.cli.load import run as load

    return repair(settings) or load(
        settings, school_years=None, term=None, as_of=None, strict=False
    )


def repair(settings: Settings) -> int:
    """Put the storage right and say what was done; 1 if another process writes the warehouse."""
    from dagster_project.doctor.lake_storage import repair as put_right

    try:
        with writing(settings.warehouse):
            done = put_right(settings)
    except WarehouseBusy as busy:
        err.print(str(busy), style="bold red")
        return 1
    for sentence in done or [say("cli.there_nothing_repair")]:
        out.print(sentence)
    return 0


def run(settings: Settings) -> int:
    """Print the findings; returns 1 if one of them is a fault."""
    findings = examine(settings)
    for finding in findings:
        mark = f"[{_STYLE[finding.level]}]{named('finding', finding.level):<5}[/]"
        subject = named("finding_subject", finding.subject)
        out.print(f"{mark} [bold]{subject:<10}[/] {finding.sentence}")
    faults = sum(finding.level is Level.fault for finding in findings)
    out.print()
    out.print(say("cli.faults_to_mend", count=faults) if faults else say("cli.nothing_in_the_way"))
    return 1 if faults else 0
