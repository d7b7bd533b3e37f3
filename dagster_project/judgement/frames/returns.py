"""The parts that the frames of returns are filled in with: answers, rosters, movements.

What stands beside them of the census is built only as far as some rule asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dagster_project.census.schema import fields as dictionary
from dagster_project.census.schema import items, status_column
from dagster_project.judgement.frames.required_columns import find_required_names
from dagster_project.judgement.frames.returned import (
    ANSWER,
    GRADES,
    MOVEMENT,
    ROSTER,
    SCHOOL_ANSWER,
    CensusWord,
    find_census_words,
    list_answers,
    movement_kinds,
    roster_columns,
)
from dagster_project.judgement.rules.catalogue import COMPULSORY, Catalogue
from dagster_project.seeds import setting
from dagster_project.words import words

# What follows the name of a figure of a stage, and the rows that it is of.
_STAGES = {"": "", **{f"_{stage}": f" and stage = '{stage}'" for stage in COMPULSORY}}
_COUNTED = "not coalesce(was_closed, false) or pupils > 0"  # closed schools stand there once more


def write_answer_parts(catalogue: Catalogue) -> dict[str, str]:
    """Answers of counties, of their schools together, and sums of the census."""
    census, last_years = _census(catalogue, ANSWER, _sum_of_county)
    by_school = {
        f"{what}_{item}{stage}": f"{total}(value) filter (where item_id = '{item}'{rows})"
        for item in list_answers(SCHOOL_ANSWER)
        for stage, rows in _STAGES.items()
        if not stage or items()[item].level == "section"
        for what, total in (("schools", "sum"), ("answered", "count"))
    }
    columns = [f"answered.{i}, prev.{i} as prev_{i}," for i in list_answers(ANSWER)]
    columns += [
        f"schools_answered.{word}, prev_schools.{word} as prev_{word}," for word in by_school
    ]
    columns += [
        f"census.census_schools{s}, prev_census.census_schools{s} as prev_census_schools{s},"
        for s in _STAGES
    ]
    return {
        "census_term": _census_term(),
        "answers": _lines(_pivot(list_answers(ANSWER))),
        "school_answers": _lines(f"{total} as {word}," for word, total in by_school.items()),
        "census_schools": _lines(
            f"count(distinct school_id) filter (where ({_COUNTED}){rows}) as census_schools{s},"
            for s, rows in _STAGES.items()
        ),
        "census": census,
        "columns": _lines([*columns, *last_years]),
    }


def write_school_answer_parts(catalogue: Catalogue) -> dict[str, str]:
    """Answers of schools and stages beside the census of the same school or stage."""
    census, columns = _census(catalogue, SCHOOL_ANSWER, _sum_of_school)
    mine = list_answers(SCHOOL_ANSWER)
    # For rules that ask for census_pupils as well.
    if "county_budget_per_pupil" in find_required_names(catalogue.of_frame(SCHOOL_ANSWER)):
        columns.append(
            "median(answered.running_budget_yuan / greatest(census.census_pupils, 100)) over "
            "(partition by answered.school_year, answered.county_code) as county_budget_per_pupil,"
        )
    columns += [f"answered.{item}, prev.{item} as prev_{item}," for item in mine]
    return {
        "census_term": _census_term(),
        "answers": _lines(_pivot(mine)),
        "census": census,
        "columns": _lines(columns),
    }


def write_roster_parts(catalogue: Catalogue, one_class: str) -> dict[str, str]:
    """Rosters of a school's stage (``one_class``: SQL of classes), and the census beside them."""
    mine = [word for word in _words(catalogue, ROSTER) if word.stage is None]
    figures = sorted({word.field for word in mine} - {"pupils"})
    columns = [
        f"{'prev_census' if word.is_last_years else 'census'}.{word.field} as {word.column},"
        for word in mine
    ]
    own = roster_columns()
    columns += [f"listed.{name}, prev.{name} as prev_{name}," for name in own]
    return {
        "census_term": _census_term(),
        "class": one_class,
        "census": "".join(f", {field}" for field in figures),
        "roster": _lines(f"{column.sql} as {name}," for name, column in own.items()),
        "columns": _lines(columns),
    }


def write_movement_parts(catalogue: Catalogue) -> dict[str, str]:
    """Kinds of movement as columns, this semester's, this and last year's, and the usual ones."""
    census, columns = _census(catalogue, MOVEMENT, _sum_of_school, always=("pupils",))
    kinds = movement_kinds()
    columns += [
        f"moved.movement_{kind}, usual.this_year_{kind}, usual.usual_{kind}, "
        f"last_year.last_year_{kind},"
        for kind in kinds
    ]
    grades = [f"pupils_grade_{n}" for n in GRADES]
    return {
        "census_term": _census_term(),
        "kinds": _lines(
            f"if(bool_or(kind = '{kind}' and pupils is null), null, "
            f"coalesce(sum(pupils) filter (where kind = '{kind}'), 0)) as movement_{kind},"
            for kind in kinds
        ),
        "usual": _lines(
            f"median(movement_{kind}) over recent as usual_{kind}, "
            f"sum(movement_{kind}) over this_year as this_year_{kind},"
            for kind in kinds
        ),
        "last_year": _lines(
            f"if(count(movement_{kind}) = count(*), sum(movement_{kind}), null) "
            f"as last_year_{kind},"
            for kind in kinds
        ),
        "census": census,
        "grades": ", ".join(grades),
        "grades_unknown": ", ".join(
            f"{status_column(grade)} in ('unreadable', 'undefined')" for grade in grades
        ),
        "columns": _lines(columns),
    }


def write_measure_parts() -> dict[str, str]:
    """How a name of an item is looked up, and what items may be told by: levels and stages."""
    known = [("level", *pair) for pair in words("award_level").items()]
    known += [("stage", code, words("stage")[code]) for code in COMPULSORY]
    key = "lower(replace(translate({}, '（）：，；％', '():,;%'), ' ', ''))"
    return {
        "parts": ", ".join(f"('{by}', '{code}', '{word}')" for by, code, word in known),
        "key": key.format("name_zh"),
        "other_keys": key.format("also"),
    }


def _census(
    catalogue: Catalogue,
    frame: str,
    total: Callable[[CensusWord], str],
    always: Iterable[str] = (),
) -> tuple[str, list[str]]:
    """The sums of the census that a frame asks for, and its columns of them, last year's too."""
    words = _words(catalogue, frame)
    words += [
        CensusWord(f"{prev}census_{field}", field, bool(prev), None)
        for field in always
        for prev in ("", "prev_")
    ]
    sums, columns = {}, {}
    for word in words:
        name = word.column.removeprefix("prev_")
        sums[name] = f"{total(word)} as {name},"
        source = "prev_census" if word.is_last_years else "census"
        columns[word.column] = f"{source}.{name} as {word.column},"
    return _lines(sums.values()), list(columns.values())


def _words(catalogue: Catalogue, frame: str) -> list[CensusWord]:
    words = find_census_words(find_required_names(catalogue.of_frame(frame)))
    if frame == MOVEMENT:  # beside cohorts and stages stands what is counted by stage
        words = (word for word in words if dictionary()[word.field].scope == "section")
    return list(words)


def _sum_of_school(word: CensusWord) -> str:
    """A stage's figure, or its stages' together; a figure of the whole school stands in each."""
    whole = "max" if dictionary()[word.field].scope == "school" else "sum"
    return f"if({_is_unknown(word.field)}, null, {whole}({word.field}))"


def _sum_of_county(word: CensusWord) -> str:
    """The sum over the county's sections, or schools; over both stages only if both are there."""
    if dictionary()[word.field].scope == "school":
        rows = "stands_for_school"
    else:
        rows = f"stage = '{word.stage}'" if word.stage else "true"
    unknown = _is_unknown(word.field, rows)
    if word.stage is None:
        unknown += " or count(distinct stage) < 2"
    return f"if({unknown}, null, sum({word.field}) filter (where {rows}))"


def _is_unknown(field: str, rows: str = "true") -> str:
    """Whether a figure of these rows is missing, other than left blank because there is none."""
    told = f"{status_column(field)} in ('blank', 'not_applicable')"
    return f"coalesce(bool_or({rows} and {field} is null and not {told}), false)"


def _pivot(items: Iterable[str]) -> list[str]:
    return [f"max(value) filter (where item_id = '{item}') as {item}," for item in items]


def _census_term() -> str:
    return setting("census_term")


def _lines(parts: Iterable[str]) -> str:
    return "\n        ".join(parts)
