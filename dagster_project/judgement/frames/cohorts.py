"""Cohorts in the judgement: the rows of the model ``int_cohort``, before dbt computes it.

``marts.retention`` and the rules must speak of the same numbers, so both read one text: the dbt
model, which is rendered here over the relations of the judgement. A test holds the two together.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.census.schema import fields as dictionary
from dagster_project.transform.dbt_sql import files_behind, model_path, render_model

if TYPE_CHECKING:
    import duckdb

# The models between the relations and the cohorts, in the order in which they are built.
_MODELS = (
    "stg_lake__county_code",
    "stg_lake__succession",
    "int_lineage",
    "int_pupil_flow",
    "int_cohort",
)

# What the models read of the sections that stand, under the name that they have in dbt. Longer ago
# than a cohort takes nothing is read; the years after the last one judged are not there.
_SECTIONS = """
    create or replace temp view int_section as
    select judged_section.*, coalesce(school_type.is_assessed, true) as is_assessed
    from judged_section
    anti join section_repeat using (row_id)
    left join school_type using (school_type_code)
"""


def build_cohorts(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the relation ``int_cohort`` from those of the judgement.

    Needs ``judged_section``, ``section_repeat``, ``movement``, ``cohort``, ``county_code``,
    ``succession`` and ``school_type``. :func:`drop_cohorts` takes it away again.
    """
    connection.execute(_SECTIONS)
    for part in ("movement", "cohort"):
        connection.execute(f"create or replace temp view stg_lake__{part} as from {part}")
    for name in _MODELS:
        connection.execute(f"create or replace temp table {name} as {render_model(name)}")


def drop_cohorts(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what :func:`build_cohorts` created."""
    for name in ("int_section", "stg_lake__movement", "stg_lake__cohort"):
        connection.execute(f"drop view if exists {name}")
    for name in _MODELS:
        connection.execute(f"drop table if exists {name}")


def list_cohort_files() -> list[Path]:
    """The files outside the judgement on which its cohorts depend."""
    return files_behind(*_MODELS)


def movement_kind(field_id: str) -> str | None:
    """The kind of movement that tells the same as a figure of form 331; ``None`` for another."""
    name = {"flow_entrants": "entrants", "flow_completed": "completions"}.get(field_id)
    name = name or field_id.removeprefix("flow_")
    return {"entrants": "entrant", **_kinds()}.get(name)


def _kinds() -> dict[str, str]:
    """What the model calls the figures of a cohort, and the kinds of movement that they are."""
    return dict(re.findall(r"'(\w+)': '(\w+)'", model_path("int_cohort").read_text("utf-8")))


def find_cohort_fields() -> set[str]:
    """The census figures that cohorts are made of, as the model names them."""
    text = model_path("int_cohort").read_text("utf-8")
    words = {*re.findall(r"\w+", text), *(f"flow_{name}" for name in _kinds())}
    return words & set(dictionary())
