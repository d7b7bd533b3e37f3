"""``junheng check``: what a load would make of files, before they are handed in."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dagster_project.census.reading import Drift, Place
from dagster_project.census.schema import fields as dictionary
from dagster_project.census.table.profile import load_profiles
from dagster_project.census.table.profile_model import Profiles
from dagster_project.check.check import check
from dagster_project.check.indicators import Computable
from dagster_project.check.inputs import Input, inputs, raw_of, running_school_year
from dagster_project.check.outcome import NOTHING_USABLE, Checked, FileOutcome, Totals
from dagster_project.cli.console import err, out
from dagster_project.lake.append_log import StorageDamaged
from dagster_project.lake.readers import Limits
from dagster_project.lake.store import Lake
from dagster_project.messages import named, say, spoken
from dagster_project.settings import Settings
from dagster_project.spreadsheets.formula_injection import csv_cell

MOST = 12  # entries of a kind that are named on the screen
CSV_COLUMNS = (
    "file", "kind", "severity", "school_year", "stage", "school_id", "school_name", "sheet", "cell",
    "what", "message", "remedy",
)  # fmt: skip


def run(
    settings: Settings,
    paths: Sequence[Path],
    *,
    form: str,
    list_folder: Path | None,
    school_year: int | None = None,
    term: str | None = None,
    profiles: Profiles | None = None,
) -> int:
    """Check and print; returns 0 clean, 3 flags or content not used, 1 nothing usable."""
    files = inputs(paths)
    if not files:
        err.print(say("cli.there_no_file_check", paths=", ".join(map(str, paths))))
        return NOTHING_USABLE
    assumed = Place(school_year or running_school_year(datetime.now()), term or "autumn")
    raw = _raw(files, settings)
    if profiles is None:
        profiles = load_profiles(raw)
    limits = Limits(settings.file_seconds, settings.file_memory_bytes)
    known = Lake(settings.lake) if settings.lake.is_dir() else None
    try:
        outcome = check(files, profiles, assumed, raw=raw, known=known, limits=limits)
    except StorageDamaged as damaged:
        err.print(say("cli.not_compared_warehouse", why=damaged))
        outcome = check(files, profiles, assumed, raw=raw, limits=limits)
    {"text": print_text, "json": _print_json, "csv": _print_csv}[form](outcome)
    if list_folder is not None:
        _write_list(outcome, files, list_folder)
    return outcome.exit_code


def _raw(files: Sequence[Input], settings: Settings) -> Path | None:
    """Where the profiles stand that these files would be read with."""
    found = raw_of(files[0].location)
    return found or (settings.raw if settings.raw.is_dir() else None)


# ------------------------------------------------------------------------------ text


def print_text(outcome: Checked) -> None:
    """The outcome for people."""
    for file in outcome.files:
        _print_file(file)
    if outcome.totals:
        out.print()
        for totals in outcome.totals:
            _print_totals(totals)
        out.print()
        _print_indicators(outcome.indicators)
    _print_flags(outcome)
    out.print()
    out.print(_verdict(outcome))


def _verdict(outcome: Checked) -> str:
    if outcome.exit_code == NOTHING_USABLE:
        return f"[bold red]{say('cli.nothing_could_loaded')}[/]"
    if outcome.exit_code == 0:
        return f"[bold green]{say('cli.clean_everything_used_nothing_flagged')}[/]"
    hard = sum(flag["severity"] == "hard" for flag in outcome.flags)
    soft = len(outcome.flags) - hard
    unused = sum(not file.is_whole for file in outcome.files)
    return f"[bold yellow]{say('cli.do')}[/] " + say(
        "cli.hard_soft_flags_file_s",
        hard=hard,
        soft=soft,
        unused=unused,
    )


def _print_file(file: FileOutcome) -> None:
    out.print(f"[bold]{file.name}[/]")
    if file.refusal is not None:
        where = ", ".join(p for p in (file.refusal.sheet, file.refusal.cell) if p)
        head = f"  [red]{say('cli.refused')}[/]{f' ({where})' if where else ''}"
        out.print(f"{head}: {file.refusal.message}")
        return
    out.print(
        "  "
        + say(
            "cli.taken_school_year",
            shape=say(_SHAPES[file.shape]),
            profile=file.profile,
            year=", ".join(map(str, file.school_years)),
            term=named("term", file.term),
        )
    )
    if file.assumed:
        sentence = "cli.neither_file_nor_folder_says"
        out.print(f"  [yellow]{say('cli.assumed')}[/] {say(sentence)}")
    if file.parts:
        told = ", ".join(f"{name} {rows}" for name, rows in file.parts.items())
        out.print("  " + say("cli.rows", rows=told))
    else:
        out.print(
            "  "
            + say(
                "cli.section_s_column_s_cell",
                sections=file.rows,
                columns=len(file.used),
            )
        )
    _print_some("cli.ignored", [_drift(d) for d in file.ignored])
    _print_some("cli.unread", [_entry(e) for e in file.unread_sheets])
    _print_some("cli.not_used", [_entry(e) for e in file.doubtful])
    _print_some("cli.missing", [_drift(d) for d in file.missing], mark="dim")
    if file.skipped:
        told = ", ".join(f"{_reason(name)} {rows}" for name, rows in file.skipped.items())
        out.print("  " + say("cli.no_figures_left_out", rows=told))


_SHAPES = {
    "workbook": "cli.school_s_census_workbook",
    "flat": "cli.wide_table",
    "table": "cli.table_profile",
    "returns": "cli.return_template",
}


def _print_some(what: str, lines: Sequence[str], mark: str = "yellow") -> None:
    for line in lines[:MOST]:
        out.print(f"  [{mark}]{say(what)}[/] {line}")
    if len(lines) > MOST:
        out.print(say("cli.more_2", more=len(lines) - MOST))


def _drift(drift: Drift) -> str:
    where = f"{drift.sheet}: " if drift.sheet and drift.sheet != drift.label else ""
    field = f" → {field_name(drift.field_id)}" if drift.field_id else ""
    found = f" ({drift.found})" if drift.found else ""
    return f"{where}{drift.label}{field}{found}"


def _entry(entry) -> str:
    where = ", ".join(p for p in (entry.sheet, entry.cell) if p)
    sentence = entry.sentence_zh if _is_zh() and entry.sentence_zh else entry.sentence
    return f"{where}: {sentence}" if where else sentence


def _reason(code: str) -> str:
    from dagster_project.census.set_aside import reasons

    return reasons()[code]["name_zh" if _is_zh() else "name_en"]


def _is_zh() -> bool:
    return spoken() == "zh"


def field_name(field_id: str) -> str:
    """What a field is called in the language spoken; ids of attributes as they are."""
    found = dictionary().get(field_id)
    return field_id if found is None else found.name_zh if _is_zh() else found.name_en


def _print_totals(totals: Totals) -> None:
    names = ("pupils", "classes", "teachers")
    parts = []
    for name in names:
        value, before = getattr(totals, name), totals.before.get(name)
        ago = say("cli.year_ago", before=before) if before is not None else ""
        parts.append(f"{say(f'cli.{name}')} {'–' if value is None else f'{value:,.0f}'}{ago}")
    schools = say(
        "cli.school_s",
        schools=totals.schools,
    )
    known = (
        say("cli.them_known_from_year_ago", known=totals.schools_before) if totals.before else ""
    )
    head = f"[bold]{totals.school_year} {named('stage', totals.stage)}[/] {schools}{known}"
    out.print(f"{head}: {', '.join(parts)}")


def _print_indicators(indicators: Sequence[Computable]) -> None:
    for standard in dict.fromkeys(item.standard_id for item in indicators):
        mine = [item for item in indicators if item.standard_id == standard]
        if not mine[0].applies:
            sentence = "cli.not_computed_source_does_not"
            out.print("[dim]" + say(sentence, standard=standard) + "[/]")
            continue
        for stage in dict.fromkeys(item.stage for item in mine):
            of_stage = [item for item in mine if item.stage == stage]
            whole = sum(item.computed == item.sections for item in of_stage)
            out.print(
                say(
                    "cli.indicators_every_section",
                    standard=standard,
                    stage=named("stage", stage),
                    whole=whole,
                    all=len(of_stage),
                )
            )
            for item in of_stage:
                if item.is_open:
                    out.print(f"  [yellow]{item.indicator_id}[/] {lack_of(item)}")


def lack_of(item: Computable) -> str:
    """What an indicator lacks, in a sentence."""
    name = item.name_zh if _is_zh() else item.name_en
    most = max((lack.sections for lack in item.lacks), default=0)
    lacking = [field_name(x.field_id) for x in item.lacks if x.sections == most or most == 0]
    sentence = say(
        "cli.not_computed_section_s_missing",
        name=name,
        open=item.sections - item.computed,
        sections=item.sections,
        fields=(say("cli.between_clauses") if len(lacking) > 3 else ", ").join(
            dict.fromkeys(lacking)
        ),
    )
    if item.whole is not None and any(x.status == "not_collected" for x in item.lacks):
        sentence += say("cli.as_such", whole=field_name(item.whole))
    return sentence


def _print_flags(outcome: Checked) -> None:
    if not outcome.flags:
        return
    out.print()
    for flag in outcome.flags[: 4 * MOST]:
        where = " ".join(str(flag[n]) for n in ("source_file", "sheet", "cell") if flag[n])
        who = flag["school_name"] or flag["school_id"] or flag["county_name"] or flag["county_code"]
        colour = "red" if flag["severity"] == "hard" else "yellow"
        stage = f" ({named('stage', flag['stage'])})" if flag["stage"] else ""
        out.print(f"[{colour}]{named('severity', flag['severity'])}[/] {who}{stage} {where}")
        out.print(f"  {flag['message']}")
        out.print(f"  [dim]{flag['remedy']}[/]")
    if len(outcome.flags) > 4 * MOST:
        more = len(outcome.flags) - 4 * MOST
        out.print(say("cli.more_format_csv_shows_all", more=more))


# ------------------------------------------------------------------------------ json, csv


def _print_json(outcome: Checked) -> None:
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    json.dump(outcome.as_json(), sys.stdout, ensure_ascii=False, indent=1, default=str)
    sys.stdout.write("\n")


def _print_csv(outcome: Checked) -> None:
    stream = sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8", newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in _lines(outcome):
        writer.writerow([csv_cell(row.get(name)) for name in CSV_COLUMNS])


def _lines(outcome: Checked):
    """Everything that is to be looked at, a line each: the same columns for all kinds."""
    for file in outcome.files:
        name = {"file": file.name, "school_year": file.school_year}
        if file.refusal is not None:
            refused = file.refusal
            yield {**name, "kind": "refused", "severity": "hard", "sheet": refused.sheet,
                   "cell": refused.cell, "message": refused.reason,
                   "remedy": refused.advice}  # fmt: skip
        for kind, drifts in (("ignored", file.ignored), ("missing", file.missing)):
            for drift in drifts:
                yield {**name, "kind": kind, "sheet": drift.sheet, "what": drift.label,
                       "message": drift.found}  # fmt: skip
        for kind, entries in (("unread", file.unread_sheets), ("not_used", file.doubtful)):
            for entry in entries:
                yield {**name, "kind": kind, "sheet": entry.sheet, "cell": entry.cell,
                       "school_id": entry.school_id, "school_name": entry.school_name,
                       "message": entry.sentence}  # fmt: skip
    for item in outcome.indicators:
        if item.is_open:
            yield {"kind": "not_computed", "stage": item.stage, "what": item.indicator_id,
                   "message": lack_of(item)}  # fmt: skip
    for flag in outcome.flags:
        yield {**{n: flag.get(n) for n in CSV_COLUMNS}, "file": flag["source_file"],
               "kind": "flag", "what": flag["rule_id"]}  # fmt: skip


# ------------------------------------------------------------------------------ correction list


def _write_list(outcome: Checked, files: Sequence[Input], folder: Path) -> None:
    """The correction lists of a load, with copies of the sheets at fault, into ``folder``."""
    from tempfile import TemporaryDirectory

    from dagster_project.followup.corrections import write_corrections

    with TemporaryDirectory(prefix="junheng-list-") as work:
        for file in files:
            if file.obstacle is None:
                target = Path(work) / file.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.location, target)
        written = write_corrections(outcome.flags, folder, Path(work), workers=1)
    for place in written:
        out.print(say("cli.correction_lists", folder=place))
