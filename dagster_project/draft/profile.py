"""The draft as yaml: every guess a line, its reason and its doubts behind it as a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from dagster_project.census.opening.number_marks import COMMA, NumberMarks
from dagster_project.census.opening.source import TextTable
from dagster_project.draft.keys import UNKNOWN_COUNTY, Key, Keys, keys_of
from dagster_project.draft.match import Guess, Named, guesses, hints, named_columns
from dagster_project.draft.table import Table, open_table
from dagster_project.draft.values import column_of, marks_of

TELLING = 4  # columns of figures that a table is recognised by
DOUBT = "??"
_RESOURCES = {"area", "money"}  # kinds of figures that only sources with indicators have
_HEAD = """\
# Draft of a profile for {name}.
# Every line is a guess. Its reason stands behind it; {doubt} is what to look at before it is used.
# The language: dagster_project/census/profiles/tw_moe_basec.yml. Explain it with
#   junheng profile --check THIS.yml FILE
"""


@dataclass(frozen=True)
class Draft:
    """A drafted profile: its text, what it was guessed from, the columns it does not use.

    ``is_complete`` is whether every key was found that no table can do without.
    """

    text: str
    table: Table
    keys: Keys
    fields: Mapping[str | None, Mapping[str, Guess]]
    unused: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the keys were found that no table can do without, and some figure."""
        unknown = {"constant": UNKNOWN_COUNTY}
        keys = (self.keys.found["school_id"].value, self.keys.found["county_code"].value)
        return None not in keys and unknown not in keys and any(self.fields.values())


def draft(path: Path) -> Draft:
    """Draft a profile for the table in ``path``; raises
    :class:`~dagster_project.census.rejection.FileRejected` where there is none."""
    table = open_table(path)
    keys = keys_of(table)
    cells = [table.column(at) for at in range(len(table.labels))]
    taken = set(keys.places.values())
    marks = marks_of(c for at, c in enumerate(cells) if at not in taken)
    columns = [
        c
        for c in named_columns(table.headings, [column_of(c, marks) for c in cells])
        if c.at not in taken
    ]
    fields: dict[str | None, Mapping[str, Guess]] = {}
    if len(keys.stages) > 1 and "stage" not in keys.found:
        for stage in keys.stages:
            mine = [c for c in columns if _stage(c) in (stage, None)]
            fields[stage] = guesses(mine, stage)
    else:
        fields[None] = guesses(columns, keys.stages[0])
    used = taken | {at for found in fields.values() for g in found.values() for at in g.columns}
    read = {f: g for found in fields.values() for f, g in found.items()}
    reminds = hints(columns, read)
    unused = tuple(
        f"{label}  # {DOUBT} {reminds[at]}" if at in reminds else label
        for at, label in enumerate(table.labels)
        if label and at not in used
    )
    lines = list(_lines(table, keys, fields, marks, unused))
    doubts = [line.split(f"{DOUBT} ", 1)[1] for line in lines if f"# {DOUBT} " in line]
    doubts += [line.split(f"; {DOUBT} ", 1)[1] for line in lines if f"; {DOUBT} " in line]
    head = _HEAD.format(name=path.name, doubt=DOUBT)
    return Draft("\n".join([head, *lines, ""]), table, keys, fields, unused, tuple(doubts))


def _stage(column: Named) -> str | None:
    return column.meaning.stage or column.meaning.stage_of_grade


def _lines(
    table: Table,
    keys: Keys,
    fields: Mapping[str | None, Mapping[str, Guess]],
    marks: NumberMarks | None,
    unused: Sequence[str],
) -> Iterable[str]:
    yield f"profile: {_flow(profile_id(table.path))}"
    yield f"title: {_flow(table.captions[0] if table.captions else table.path.stem)}"
    yield f"recognise: {_flow({'columns': _telling(table, keys, fields)})}"
    yield from _format(table, marks)
    yield ""
    yield _key("school_year", keys.found["school_year"])
    for name in ("term", "stage"):
        if name in keys.found:
            yield _key(name, keys.found[name])
    yield f"standards: {_flow(_standards(fields))}"
    for name in ("school_id", "school_name", "county_code", "county_name"):
        if name in keys.found:
            yield _key(name, keys.found[name])
    if keys.attributes:
        yield "attributes:"
        yield from (f"  {_key(name, key)}" for name, key in keys.attributes.items())
    yield ""
    for stage, found in fields.items():
        if stage is None:
            yield "fields:"
            yield from (f"  {_field(f, guess, table)}" for f, guess in found.items())
            continue
        if stage == next(iter(fields)):
            yield "stages:"
        yield f"  {stage}:"
        yield from (f"    {_field(f, guess, table)}" for f, guess in found.items())
    if unused:
        yield ""
        yield "# Not understood and not used; what may be left out belongs under ignored: [...]"
        yield from (f"#   {label}" for label in unused)


def profile_id(path: Path) -> str:
    """A profile's id after the name of a file."""
    return re.sub(r"\W+", "_", path.stem.lower()).strip("_") or "my_table"


def _format(table: Table, marks: NumberMarks | None) -> Iterable[str]:
    source = table.source
    if isinstance(source, TextTable):
        yield f"# found: encoding {source.encoding}, separator {_shown(source.separator)}"
    elif table.other_sheets:
        yield f"sheet: {_flow(table.sheet)}  # others are there: {', '.join(table.other_sheets)}"
    if table.header_rows != (1,):
        rows = list(table.header_rows)
        yield f"header_rows: {_flow(rows if len(rows) > 1 else rows[0])}"
    if marks == COMMA:
        yield 'decimal: ","  # the numbers say so'
    elif marks is None:
        yield f'# decimal: ","  # {DOUBT} 1.234 may be a thousand: say which mark parts decimals'


def _shown(separator: str) -> str:
    return "tab" if separator == "\t" else separator


def _key(name: str, key: Key) -> str:
    comment = _comment(key.reason, key.doubts)
    if key.value is None:
        return f"# {name}:{comment}"
    return f"{name}: {_flow(key.value)}{comment}"


def _field(field_id: str, guess: Guess, table: Table) -> str:
    labels = [table.labels[at] for at in guess.columns]
    value: object = labels[0] if len(labels) == 1 else labels
    if guess.factor != 1:
        value = {"columns": value, "factor": guess.factor}
    return f"{field_id}: {_flow(value)}{_comment(guess.reason, guess.doubts)}"


def _comment(reason: str, doubts: Sequence[str]) -> str:
    parts = [part for part in (reason, *(f"{DOUBT} {doubt}" for doubt in doubts)) if part]
    return f"  # {'; '.join(parts)}".replace("\n", " ") if parts else ""


def _flow(value: object) -> str:
    """A value as yaml on one line."""
    text = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=10**9
    )
    return text.removesuffix("\n").removesuffix("\n...").strip()


class _Dumper(yaml.SafeDumper):
    """Writes codes in quotes, so that nobody takes them for numbers."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if text.replace("_", "").isdigit() else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _telling(
    table: Table, keys: Keys, fields: Mapping[str | None, Mapping[str, Guess]]
) -> list[str]:
    """The labels that a file must have to be this table: keys, and the first figures."""
    places = [keys.places[name] for name in ("school_id", "county_code") if name in keys.places]
    places += [at for found in fields.values() for g in found.values() for at in g.columns][
        :TELLING
    ]
    return list(dict.fromkeys(table.labels[at] for at in places)) or list(table.labels[:TELLING])


def _standards(fields: Mapping[str | None, Mapping[str, Guess]]) -> list[str]:
    from dagster_project.census.schema import fields as dictionary

    kinds = {dictionary()[f].kind for found in fields.values() for f in found}
    return ["2017", "2012", "general"] if kinds & _RESOURCES else ["general"]
