"""``junheng rollback``: the version before is in force again, in one step."""

from __future__ import annotations

from rich.table import Table

from dagster_project.cli.console import err, out
from dagster_project.cli.faults import of_the_disk
from dagster_project.messages import say
from dagster_project.messages.moments import beijing
from dagster_project.publish.lock import WarehouseBusy, writing
from dagster_project.publish.versions import NoSuchVersion, Version, rollback, versions
from dagster_project.settings import Settings


def run(settings: Settings, *, publish_id: str | None, only_list: bool) -> int:
    """Roll back or list; returns 1 with a sentence where there is nothing to go back to."""
    if only_list:
        _print_versions(versions(settings))
        return 0
    try:
        with writing(settings.warehouse):
            version = rollback(settings, publish_id)
    except (NoSuchVersion, WarehouseBusy) as refusal:
        err.print(say("cli.not_rolled_back", why=refusal), style="bold red")
        return 1
    except OSError as error:
        why = of_the_disk(error, settings.warehouse)
        err.print(say("cli.not_rolled_back", why=why), style="bold red")
        return 1
    out.print(say("cli.force_published", id=version.publish_id, time=beijing(version.published_at)))
    out.print(say("cli.lake_keeps_loaded_next_junheng"))
    return 0


def _print_versions(kept: list[Version]) -> None:
    if not kept:
        out.print(say("cli.nothing_published_yet_2"))
        return
    table = Table(*map(say, ("cli.version", "cli.published_at", "cli.as", "cli.state")), box=None)
    for version in reversed(kept):
        state = (
            "cli.force" if version.is_in_force else "cli.withdrawn" if version.is_withdrawn else ""
        )
        moments = (version.published_at, version.as_of or "")
        shown = (beijing(moment).text() if moment else "" for moment in moments)
        table.add_row(version.publish_id, *shown, say(state))
    out.print(table)
