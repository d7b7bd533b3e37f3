"""The tables that rules are written against, built in DuckDB from the lake's relations.

A frame is one table, ``frame_<name>``, one row per thing judged:

* ``section`` – a school's stage in a year: its figures and their ``__status``, ``prev_``,
  ``prev2_`` and ``prev3_`` (one to three years before), ``sibling_`` (primary for junior and the
  reverse), the measures of ``measures.yml`` and where they stand among peers;
* ``school`` – its sections together: sums of section figures and their ``__status``; shared
  figures with ``least_`` and ``most_`` over the stages; ``primary_`` and ``junior_``; codes looked
  up; the parent of a 教学点;
* ``county`` – county and stage: ``sum_``, ``prev_sum_``, ``sibling_sum_``, coverage;
* ``file`` – one file: tokens that could not be read, columns that drifted;
* ``cohort`` – one cohort of a county or school and source that tells of it (``basis``): entrants,
  movements, dropouts, graduates, both formulas and the balance, as ``marts.retention`` has them;
* ``entry`` – one row or cell of any file that was set aside as doubtful: where it stands, what was
  found, and (``taints``) what it would have counted in.
* ``answer``, ``school_answer`` – what a county, a school answered, by item, beside the census;
* ``roster`` – a school's stage in a semester: its classes, beside those of the census;
* ``movement`` – a cohort or stage of a school or county in a semester: who came and went.
* ``measure``, ``project`` – an entry of other data and the item it means; a building project
  beside the census of its school.

Needed relation: ``section``. Optional, empty if absent: ``delivery``, ``drift``,
``doubtful_entry``, ``teaching_point``, ``county_code``, ``succession`` and the parts of the
returns ``answer``, ``roster``, ``movement``, ``cohort``. The code lists ``school_type``,
``sponsor``, ``urban_rural`` are the dbt project's seeds.
Rows are joined on keys only, never on names.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

from dagster_project.census.figures import UNDEFINED, UNREADABLE
from dagster_project.census.schema import COHORT_FIGURES, STAGES, part_schema, status_column
from dagster_project.census.schema import fields as dictionary
from dagster_project.judgement.frames import returns as returns_frames
from dagster_project.judgement.frames.carried import JOINS as CARRIED_JOINS
from dagster_project.judgement.frames.carried import (
    find_carried_fields,
    write_carried_sql,
    write_gains_sql,
)
from dagster_project.judgement.frames.cohorts import build_cohorts, drop_cohorts
from dagster_project.judgement.frames.columns import ATTRIBUTES, drop_judged_section, judged_section
from dagster_project.judgement.frames.known_places import build_places, drop_places
from dagster_project.judgement.frames.peers import PEER_KIND, write_peer_sql
from dagster_project.judgement.frames.relations import JUDGED_PARTS
from dagster_project.judgement.frames.required_columns import (
    find_base_name,
    find_required_names,
    strip_shift,
)
from dagster_project.judgement.rules.catalogue import FRAMES, Catalogue
from dagster_project.lake.counted_county import SCHEMA as COUNTED_COUNTY
from dagster_project.seeds import seed_path, setting

if TYPE_CHECKING:
    import duckdb

# Two schools agree by chance in small figures, or in a few: a fingerprint tells only if at least
# six of its figures have two digits.
TWIN_FIGURES_NEEDED = 6
TWIN_FIGURE_LEAST = 10

EVERY_YEAR = (1000, 9999)

# What judging reads of an item of other data, shipped or a county's own.
MEASURE_ITEM = {
    "item_id": "varchar", "name_zh": "varchar", "also": "varchar", "unit": "varchar",
    "split_by": "varchar", "low": "double", "high": "double", "county_code": "varchar",
}  # fmt: skip

OPTIONAL_RELATIONS = {
    "delivery": "sha256 varchar, path varchar, shape varchar, accepted boolean",
    "drift": "sha256 varchar, kind varchar, sheet varchar, label varchar, field_id varchar",
    "teaching_point": "school_id varchar, parent_school_id varchar, from_year integer, "
    "to_year integer",
    "succession": "school_id varchar, successor_school_id varchar, school_year integer, "
    "kind varchar, share double",
    "doubtful_entry": "school_year integer, term varchar, county_code varchar, "
    "county_name varchar, school_id varchar, school_name varchar, stage varchar, sha256 varchar, "
    "sheet varchar, cell varchar, source_row integer, part varchar, part_zh varchar, "
    "field_id varchar, token varchar, sentence varchar, sentence_zh varchar, taints varchar, "
    "rows integer",
    "county_code": "old_code varchar, new_code varchar, from_year integer",
    "own_measure_item": ", ".join(f"{name} {kind}" for name, kind in MEASURE_ITEM.items()),
    "division": "code varchar, name varchar, from_year integer, to_year integer",
    "counted_county": COUNTED_COUNTY,
}

# The code lists are seeds of the dbt project; they are read from there and kept nowhere else.
CODE_LISTS = {
    "school_type": {
        "school_type_code": "varchar", "name_zh": "varchar", "kind": "varchar",
        "is_counted": "boolean", "has_primary": "boolean",
        "has_junior": "boolean", "has_senior": "boolean", "is_assessed": "boolean",
        "is_teaching_point": "boolean",
    },
    "sponsor": {"sponsor_code": "varchar"},
    "urban_rural": {"urban_rural_code": "varchar", "urban_rural": "varchar"},
    "return_unit": {
        "position": "integer", "unit": "varchar", "label": "varchar", "factor": "double",
    },
    "measure_item": MEASURE_ITEM,
}  # fmt: skip


def build(
    connection: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    school_years: tuple[int, int] | None = None,
) -> tuple[str, ...]:
    """Create (or replace) every frame that some rule is written against; returns their names.

    Needs the relation ``section`` (:func:`~dagster_project.census.schema.section_schema`) in the
    connection. ``school_years`` (first, last) limits the frames to the years that are judged; the
    relations hold the years before them as well. Raises ``duckdb.Error`` if a relation lacks a
    column that the frames need.
    """
    _fill_in_relations(connection)
    names = tuple(name for name in FRAMES if catalogue.of_frame(name))
    judged_section(connection, catalogue, school_years)
    connection.execute(_read_template("key").substitute())
    first, last = school_years or EVERY_YEAR
    years = {"first": first, "last": last, "before": first - 1, "long_before": first - 2}
    build_places(connection)
    gains = write_gains_sql(find_carried_fields(find_required_names(catalogue.of_frame("section"))))
    connection.execute(_read_template("succession").substitute(years, gains=gains))
    if "cohort" in names:
        build_cohorts(connection)
    for name in names:
        parts = _PARTS[name](catalogue, first, last)
        connection.execute(_read_template(name).substitute(parts, **years))
    drop_cohorts(connection)
    drop_places(connection)
    for name in ("section_link", "section_fact", "section_gain", "school_event", "section_repeat",
                 "section_key"):  # fmt: skip
        connection.execute(f"drop table if exists {name}")
    drop_judged_section(connection)
    return names


def build_empty(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> tuple[str, ...]:
    """The frames without a row: what rules are bound against before there is any data."""
    from dagster_project.census.schema import section_schema

    empty = section_schema().empty_table()
    connection.register("empty_section", empty)
    connection.execute("create or replace temp view section as select * from empty_section")
    return build(connection, catalogue)


def _fill_in_relations(connection: duckdb.DuckDBPyConnection) -> None:
    there = {
        row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()
    }
    there |= {
        row[0] for row in connection.execute("select view_name from duckdb_views()").fetchall()
    }
    for name, columns in OPTIONAL_RELATIONS.items():
        if name not in there:
            connection.execute(f"create temp table {name} ({columns})")
    for part in (*JUDGED_PARTS, "cohort"):
        if part not in there:
            connection.register(f"empty_{part}", part_schema(part).empty_table())
            connection.execute(f"create temp view {part} as from empty_{part}")
    for name, kinds in CODE_LISTS.items():
        if name not in there:
            kept = ", ".join(f"{column}::{kind} as {column}" for column, kind in kinds.items())
            connection.execute(
                f"create temp table {name} as select {kept} "
                f"from read_csv(?, header = true, all_varchar = true)",
                [str(seed_path(name))],
            )


def _read_template(name: str) -> Template:
    return Template((resources.files(__package__) / f"{name}.sql").read_text("utf-8"))


def write_classes_sql() -> str:
    """SQL of the classes of the rosters, a row each; the figures of ``roster.csv`` are of them."""
    return _read_template("class").template


def _write_section_parts(catalogue: Catalogue, first: int, last: int) -> dict[str, str]:
    words = find_required_names(catalogue.of_frame("section"))
    known = set(dictionary()) | set(ATTRIBUTES) | set(catalogue.measures)
    known |= {status_column(field) for field in dictionary()}
    related, related_names, joins, rows, row_joins = [], [], [], [], []
    for shift, back in (("prev", 1), ("prev2", 2), ("prev3", 3), ("sibling", 0)):
        wanted = sorted(strip_shift(words, shift) & known)
        stage = "judged_section.stage"
        if not back:
            stage = f"if({stage} = 'primary', 'junior', 'primary')"
        if wanted or shift == "prev":
            rows.append(f"{shift}_key.first_row as {shift}_row,")
            row_joins.append(
                f"left join section_key as {shift}_key "
                f"on {shift}_key.school_id = judged_section.school_id "
                f"and {shift}_key.term = judged_section.term and {shift}_key.stage = {stage} "
                f"and {shift}_key.school_year = judged_section.school_year - {back}"
            )
            # The years are given again, so that no other year is read.
            joins.append(
                f"left join ratio as {shift} on {shift}.row_id = section_link.{shift}_row "
                f"and {shift}.school_year between {first} - {back} and {last} - {back}"
            )
        related += [f"{shift}.{name} as {shift}_{name}," for name in wanted]
        asked_for = (f"{shift}_{name}" for name in wanted)
        related_names += [column for column in asked_for if column in words]
    bases = sorted(set(catalogue.measures) | set(dictionary()))
    peers = write_peer_sql(words, bases)
    hashes, twin_columns, twin_ctes, twin_joins = _write_twins(catalogue, words)
    kept = [*ATTRIBUTES, *sorted((words & known) - set(ATTRIBUTES)), *related_names]
    kept += [f"change_{name}" for name in bases if f"change_{name}" in words]
    carried = find_carried_fields(words)
    kept += ["has_succession", *(f"carried_{name}" for name in carried)]
    return {
        "measures": " ".join(f"{m.sql} as {m.name}," for m in catalogue.measures.values()),
        "related": "\n        ".join([*related, *peers.changes]),
        "joins": "\n    ".join([*joins, CARRIED_JOINS]),
        "carried": write_carried_sql(carried),
        "peer_kind": PEER_KIND.replace("school_pupils", "ratio.school_pupils"),
        "related_rows": " ".join(rows),
        "row_joins": "\n".join(row_joins),
        "last_looked_at": str(first - 3),
        "fingerprint_hashes": hashes,
        "kept": ", ".join(f"related.{name}" for name in kept),
        "peers": "".join(f",\n{cte}" for cte in (*peers.ctes, *twin_ctes)),
        "peer_columns": " ".join(peers.columns),
        "peer_joins": "\n".join(peers.joins),
        "twin_columns": twin_columns,
        "twin_joins": twin_joins,
    }


def _write_twins(catalogue: Catalogue, words: set[str]) -> tuple[str, str, list[str], str]:
    """Sections of different schools of a county that agree in a whole fingerprint of figures.

    Rows are copied by whoever makes a county's table; among the schools of a nation some always
    agree by chance.
    """
    hashes, columns, ctes, joins = "", "", [], ""
    for name, group in catalogue.fingerprints.items():
        if f"twin_{name}" not in words:
            continue
        telling = " + ".join(
            f"coalesce(({field} >= {TWIN_FIGURE_LEAST})::integer, 0)" for field in group
        )
        hashes += f"hash(row({', '.join(group)})) as print_{name}, {telling} as telling_{name},\n"
        ctes.append(
            f"twin_{name} as (select school_year, term, county_code, stage, print_{name}, "
            f"min(school_id) as one, max(school_id) as other from section_link "
            f"where telling_{name} >= {TWIN_FIGURES_NEEDED} "
            f"group by all having min(school_id) <> max(school_id))"
        )
        twin = f"if(related.school_id = twin_{name}.one, twin_{name}.other, twin_{name}.one)"
        columns += f"{twin} as twin_{name}, if(twin_{name}.one is not null, telling_{name}, null) "
        columns += f"as twin_{name}_figures,\n"
        joins += (
            f"left join twin_{name} on twin_{name}.school_year = related.school_year "
            f"and twin_{name}.county_code = related.county_code "
            f"and twin_{name}.term = related.term and twin_{name}.stage = related.stage "
            f"and twin_{name}.print_{name} = related.print_{name} "
            f"and related.telling_{name} >= {TWIN_FIGURES_NEEDED}\n"
        )
    return hashes, columns, ctes, joins


# A school's sections are of different stages; sorting them in an aggregate takes seconds.
_STAGES_OF_A_SCHOOL = "concat_ws(',', " + ", ".join(
    f"if(bool_or(stage = '{stage}'), '{stage}', null)" for stage in sorted(STAGES)
) + ")"  # fmt: skip


def _write_status_of_school(field: str) -> str:
    """The status of a school's figure: unknown if that of a stage that is added up is unknown."""
    status = status_column(field)
    told = f"min({status})"  # reported in one stage is reported; STATUSES are in that order
    if dictionary()[field].scope == "school":
        return told
    unknown = f"max({status}) filter (where {status} in ('{UNDEFINED}', '{UNREADABLE}'))"
    return f"coalesce({unknown}, {told})"


def _write_school_parts(catalogue: Catalogue, *_years: int) -> dict[str, str]:
    aggregates, before, related = [], {}, []
    for word in sorted(find_required_names(catalogue.of_frame("school"))):
        name = find_base_name(word, "school")
        if word.removesuffix("__status") in dictionary() and word not in dictionary():
            aggregates.append(
                f"{_write_status_of_school(word.removesuffix('__status'))} as {word},"
            )
            continue
        if name not in dictionary():
            continue
        whole = "max" if dictionary()[name].scope == "school" else "sum"
        prefix = word.removesuffix(name)
        if prefix in ("prev_", "prev2_"):
            related.append(f"{prefix}row.{name} as {word},")
            before[name] = f"{whole}({name}) as {name},"
            continue
        aggregates.append(
            {
                "": f"{whole}({name}) as {name},",
                "least_": f"min({name}) as {word},",
                "most_": f"max({name}) as {word},",
                "primary_": f"max({name}) filter (where stage = 'primary') as {word},",
                "junior_": f"max({name}) filter (where stage = 'junior') as {word},",
            }[prefix]
        )
    return {
        "aggregates": "\n        ".join(aggregates),
        "stages": _STAGES_OF_A_SCHOOL,
        "before_aggregates": "\n        ".join(before.values()),
        "related": "\n    ".join(related),
    }


def _write_county_parts(catalogue: Catalogue, *_years: int) -> dict[str, str]:
    words = find_required_names(catalogue.of_frame("county"))
    aggregates, related = {}, []
    for word in sorted(words):
        name = find_base_name(word, "county")
        if name not in dictionary() or word == name:
            continue
        aggregates[name] = f"sum({name}) as sum_{name},"
        for shift in ("prev", "prev2", "sibling"):
            if word.startswith(f"{shift}_sum_"):
                related.append(f"{shift}.sum_{name} as {word},")
    return {
        "aggregates": "\n        ".join(aggregates.values()),
        "related": "\n    ".join(related),
    }


def _leave_out_catalogue(make: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    return lambda catalogue, *_years: make(catalogue)


def _write_cohort_parts(*_: object) -> dict[str, str]:
    formula = setting("retention_formula")
    return {
        "census_term": setting("census_term"),
        "formula": formula,
        "other": "a" if formula == "b" else "b",
        # Their names are not those of the census: a flag on a cohort taints no figure of a form.
        "figures": ", ".join(f"cohort.{name} as cohort_{name}" for name in COHORT_FIGURES),
        "chosen": ", ".join(f"chosen.{name} as chosen_{name}" for name in COHORT_FIGURES),
    }


_PARTS: dict[str, Callable[[Catalogue, int, int], dict[str, str]]] = {
    "section": _write_section_parts,
    "school": _write_school_parts,
    "county": _write_county_parts,
    "file": lambda *_: {},
    "cohort": _write_cohort_parts,
    "entry": lambda *_: {},
    "answer": _leave_out_catalogue(returns_frames.write_answer_parts),
    "school_answer": _leave_out_catalogue(returns_frames.write_school_answer_parts),
    "roster": _leave_out_catalogue(
        lambda catalogue: returns_frames.write_roster_parts(catalogue, write_classes_sql())
    ),
    "movement": _leave_out_catalogue(returns_frames.write_movement_parts),
    "measure": lambda *_: returns_frames.write_measure_parts(),
    "project": lambda *_: {"census_term": setting("census_term")},
}
