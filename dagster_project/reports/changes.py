"""Whether a county's reports would come out otherwise: hashes of what they are made of."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from functools import cache
from pathlib import Path

from dagster_project.figures.published import CountyYear, Published
from dagster_project.reports.templates import TemplateBroken, Templates, read_template

DECIMALS_THAT_COUNT = 6
"""Sums of the same figures in another order differ further behind; that changes no report."""

_PACKAGE = Path(__file__).parents[1]
_ROOMS = ("figures", "reports")
_ORIGINS = """
    select place.county_code, origin.*, load.path
    from quality.section_origin as origin
    join (select distinct school_year, term, school_id, stage, county_code from marts.dim_section)
        as place using (school_year, term, school_id, stage)
    left join (select distinct sha256, path from quality.load) as load using (sha256)
"""


class Contents:
    """Hashes of the published rows of every county, taken in one scan per table."""

    def __init__(self, published: Published) -> None:
        self._digests: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for number, source in enumerate(_sources(published)):
            rows = published.rows(
                f"select county_code, school_year, sum(hash(t)::hugeint)::varchar as digest"
                f" from ({source}) as t where county_code is not null"
                " group by county_code, school_year"
            )
            for row in rows:
                digest = f"{number}:{row['school_year']}:{row['digest']}"
                self._digests[row["county_code"]].append((row["school_year"] or 0, digest))
        self._shared = _shared(published)

    def of(self, county: CountyYear, templates: Templates) -> str:
        """Hash of all that the county's reports of this school year are made of.

        The rows of the county up to this year (reports look back, never ahead), the rules and
        names in ``ref``, the templates and the program.
        """
        total = hashlib.sha256(self._shared.encode())
        total.update(code_version().encode())
        total.update(repr(county).encode())
        for year, digest in sorted(self._digests[county.county_code]):
            if year <= county.school_year:
                total.update(digest.encode())
        for path in templates.all_for(county.county_code):
            total.update(path.name.encode() + _content(templates, path.name, county.county_code))
        return total.hexdigest()


def _content(templates: Templates, name: str, county_code: str) -> bytes:
    """What a template holds, or what is wrong with it: mended, it is another."""
    try:
        return read_template(templates.find(name, county_code))
    except TemplateBroken as broken:
        return str(broken).encode()


def _sources(published: Published) -> list[str]:
    tables = published.rows(
        """
        select schema_name, table_name, column_name, data_type from duckdb_columns()
        where schema_name in ('marts', 'quality') order by 1, 2, column_index
        """
    )
    columns: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in tables:
        name = f"{row['schema_name']}.{row['table_name']}"
        columns[name].append((row["column_name"], row["data_type"]))
    sources = [
        f"select {', '.join(_steady(*column) for column in found)} from {name}"
        for name, found in columns.items()
        if {"county_code", "school_year"} <= {column for column, _ in found}
    ]
    return [*sources, _ORIGINS]


def _steady(column: str, type_: str) -> str:
    return f"round({column}, {DECIMALS_THAT_COUNT}) as {column}" if type_ == "DOUBLE" else column


def _shared(published: Published) -> str:
    names = published.rows(
        "select schema_name || '.' || table_name as name from duckdb_tables()"
        " where schema_name = 'ref' or (schema_name, table_name) = ('quality', 'rule') order by 1"
    )
    digests = [
        published.rows(f"select sum(hash(t)::hugeint)::varchar as d from {row['name']} as t")[0][
            "d"
        ]
        for row in names
    ]
    return json.dumps(digests)


@cache
def code_version() -> str:
    """Hash of the rooms that documents come from: program, wording and templates."""
    total = hashlib.sha256()
    for path in sorted(path for room in _ROOMS for path in (_PACKAGE / room).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(str(path.relative_to(_PACKAGE)).encode() + path.read_bytes())
    return total.hexdigest()
