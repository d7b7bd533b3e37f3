"""How the command line speaks: results on stdout, progress and complaints on stderr."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.errors import MarkupError
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from dagster_project.census.rejection import visible
from dagster_project.messages import say
from dagster_project.runs.progress import listening

WIDTH_IN_LOGS = 200
_OUR_MARKUP = re.compile(r"(\[/\]|\[(?:(?:bold|dim|red|green|yellow) ?)+\])")


class _Console(Console):
    """Prints names and cells from files as what they are: they neither style nor steer a screen."""

    def render_str(self, text: str, **options):
        lines = "\n".join(map(visible, text.split("\n")))
        pieces = _OUR_MARKUP.split(lines)  # every second one is ours
        known = "".join(p if n % 2 else escape(p) for n, p in enumerate(pieces))
        try:
            is_markup = options.get("markup") is not False
            return super().render_str(known if is_markup else lines, **options)
        except MarkupError:  # a name that closes what nobody opened
            return super().render_str(lines, **{**options, "markup": False})

    def on_broken_pipe(self) -> None:
        """Nobody reads any more (``| head``): what there is to do is done all the same."""
        self.quiet = True
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), (sys.stderr if self.stderr else sys.stdout).fileno()
        )


def _console(stderr: bool = False) -> Console:
    # In a pipe or a log nothing is cut to the width of a terminal that is not there.
    on_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    width = None if on_terminal else WIDTH_IN_LOGS
    return _Console(stderr=stderr, highlight=False, soft_wrap=True, width=width)


out = _console()
err = _console(stderr=True)


@contextmanager
def progress_bars() -> Iterator[None]:
    """Show the stages of a load: bars on a terminal, one line a stage in a log."""
    if err.is_terminal:
        with _bars() as bars:
            tasks: dict[str, TaskID] = {}

            def show(stage: str, done: int, total: int, detail: str) -> None:
                if stage not in tasks:
                    tasks[stage] = bars.add_task(
                        say(f"cli.step_{stage}"), total=total or None, detail=""
                    )
                bars.update(tasks[stage], completed=done, total=total or None, detail=detail[-50:])

            with listening(show):
                yield
    else:
        seen: set[str] = set()

        def note(stage: str, done: int, total: int, detail: str) -> None:
            if stage not in seen:
                seen.add(stage)
                err.print(f"{say(f'cli.step_{stage}')} …")

        with listening(note):
            yield


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description:<9}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", style="dim"),
        console=err,
        transient=True,
    )
