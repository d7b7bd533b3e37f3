"""``junheng profile``: a draft for a table nobody has described, or a profile explained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from dagster_project.census.opening import strict_yaml
from dagster_project.census.reading import Place
from dagster_project.census.rejection import FileRejected
from dagster_project.census.table.profile import read_beside
from dagster_project.census.table.profile_check import parse_profile
from dagster_project.census.table.profile_model import BrokenProfile, Profile, Profiles
from dagster_project.check.check import check
from dagster_project.check.inputs import Input, inputs, raw_of, running_school_year
from dagster_project.check.outcome import NOTHING_USABLE, WITH_FAULTS, Checked
from dagster_project.cli.check import field_name, lack_of, print_text
from dagster_project.cli.console import err, out
from dagster_project.messages import say

READY = 0
MOST_DOUBTS = 12
_KEYS = 5  # of a previewed row, before its figures


def run(
    file: Path,
    target: Path | None,
    *,
    school_year: int | None = None,
    term: str | None = None,
) -> int:
    """Draft a profile for ``file`` into ``target``, or onto the screen.

    Returns 0 where the draft reads the file, 3 where it must be filled in first, 1 without a table.
    """
    from dagster_project.draft.profile import draft

    # The draft alone goes to stdout, so that it can be sent into a file.
    screen = out if target is not None else err
    try:
        drafted = draft(file.resolve())
    except FileRejected as refusal:
        err.print(f"[red]{say('cli.refused')}[/] {file}: {refusal.message}")
        return NOTHING_USABLE
    profile = parse_profile(drafted.text.encode(), file.name, is_user=True)
    text, code = drafted.text, WITH_FAULTS
    if isinstance(profile, BrokenProfile):
        screen.print(say("cli.draft_must_filled_before_can"))
        for problem in profile.problems:
            screen.print(f"  {problem}")
    else:
        checked, rows = _tried(file, profile, school_year, term)
        text += _missing(checked)
        _print_preview(screen.print, rows)
        _print_lacks(screen.print, checked)
        code = READY if drafted.is_complete and checked.files[0].is_used else WITH_FAULTS
        if checked.files[0].refusal is not None:
            screen.print(f"[red]{say('cli.refused')}[/] {checked.files[0].refusal.message}")
    found = sum(len(fields) for fields in drafted.fields.values())
    screen.print(
        say(
            "cli.figures_found_columns_not_understood",
            found=found,
            unused=len(drafted.unused),
            doubts=len(drafted.doubts),
        )
    )
    for doubt in drafted.doubts[:MOST_DOUBTS]:
        screen.print(f"  [yellow]??[/] {doubt}")
    if target is None:
        print(text)
        return code
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    screen.print(say("cli.draft", path=target))
    screen.print(say("cli.look_over_then_check_file", file=file))
    return code


def explain(
    profile_path: Path, file: Path, *, school_year: int | None = None, term: str | None = None
) -> int:
    """Say how a profile reads ``file``; 1 where it cannot, else as ``junheng check`` ends."""
    name = str(profile_path)
    data = profile_path.read_bytes()[: strict_yaml.MOST_BYTES + 1]
    beside = partial(read_beside, profile_path.resolve().parent)
    profile = parse_profile(data, name, is_user=True, beside=beside)
    if isinstance(profile, BrokenProfile):
        err.print(say("cli.profile_cannot_used", path=name))
        for problem in profile.problems:
            err.print(f"  {problem}")
        return NOTHING_USABLE
    checked, rows = _tried(file, profile, school_year, term)
    outcome = checked.files[0]
    if outcome.refusal is None and outcome.shape != "table":
        err.print(say("cli.profile_does_not_take", path=name, file=file))
        return NOTHING_USABLE
    if outcome.refusal is not None and (lost := _lost(file, profile)):
        sentence = "cli.profile_not_taken_file_lacks"
        err.print(say(sentence, columns=", ".join(lost)))
    for used in outcome.used:
        for field_id in used.fields:
            where = f"{used.sheet} " if used.sheet else ""
            out.print(f"  {field_name(field_id)} ({field_id}) ← {where}{used.column} {used.label}")
    _print_preview(out.print, rows)
    print_text(checked)
    return checked.exit_code


def _tried(
    file: Path, profile: Profile, school_year: int | None, term: str | None
) -> tuple[Checked, list[dict[str, object]]]:
    """What a check says of the file with this profile alone, and its first rows."""
    from dagster_project.draft.preview import preview

    assumed = Place(school_year or running_school_year(datetime.now()), term or "autumn")
    (item,) = inputs([file])
    checked = check([item], Profiles((profile,)), assumed, raw=raw_of(item.location))
    try:
        rows = preview(item.location, profile, item.place, assumed)
    except FileRejected:
        rows = []  # the check has said why
    return checked, rows


def _lost(file: Path, profile: Profile) -> list[str]:
    """The columns that tell a profile's tables and that the file does not have."""
    from dagster_project.census.opening.source import open_source
    from dagster_project.census.table.profile import header_of

    item: Input = inputs([file])[0]
    try:
        _, labels = header_of(open_source(item.location, profile.encoding), profile)
    except FileRejected:
        return []
    return [column for column in profile.recognise if column not in labels]


def _print_preview(show: Callable[..., None], rows: Sequence[dict[str, object]]) -> None:
    if not rows:
        return
    show(say("cli.first_rows_as_they_would"))
    for row in rows:
        told = list(row.items())
        keys = " ".join(str(value) for _, value in told[:_KEYS] if value is not None)
        figures = ", ".join(f"{name} {_number(value)}" for name, value in told[_KEYS:])
        show(f"  [bold]{keys}[/] {figures}")


def _number(value: object) -> str:
    return f"{value:,.10g}" if isinstance(value, int | float) else str(value)


def _print_lacks(show: Callable[..., None], checked: Checked) -> None:
    for item in checked.indicators:
        if item.is_open:
            show(f"  [yellow]{item.indicator_id}[/] {lack_of(item)}")


def _missing(checked: Checked) -> str:
    """What the draft lacks for which indicator, as comments."""
    lines = [
        f"#   {item.indicator_id} {item.stage}: {lack_of(item)}"
        for item in checked.indicators
        if item.is_open
    ]
    return "\n".join(["", f"# {say('cli.missing_indicators')}", *lines, ""]) if lines else ""
