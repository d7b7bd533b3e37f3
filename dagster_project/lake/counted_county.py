"""Sections whose county code no list knows, and the county that they count in nevertheless.

A slip of a digit in 所在地区编码 would make a second county of one school, with coefficients and
verdicts of its own. The code is flagged (``codes.county_unknown``); the school counts where it
evidently belongs:

1. in the county of the same school in the nearest year, or of its other stage;
2. else in the county of the file, where all others of it are of one county;
3. else in the one county of the file (of a workbook: of the year) whose code differs by a slip of
   one digit, or of two neighbours.

A file that speaks mostly of the unknown code is of a county that the list lacks: it stays its own,
as does a code that nothing above decides. Whatever a reviewed mapping names is known, and so is the
code of a source with codes of its own (no mainland standard, or a profile that lists its codes).
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from dagster_project.divisions import PLACEHOLDER, divisions
from dagster_project.lake.store import Lake
from dagster_project.sql import read_parquet

# Sources that national standards apply to use the codes of the national list.
MAINLAND = "2017"

SCHEMA = (
    "school_year smallint, term varchar, school_id varchar, reported_code varchar, "
    "county_code varchar, county_name varchar"
)

_SECTIONS = """
    create temp table placed as
    select section.school_year, section.term, section.school_id, section.sha256,
           section.county_code, max(section.county_name) as county_name
    from (
        select school_year, term, school_id, stage, sha256, county_code, county_name, standards,
               county_is_named
        from (from read_parquet($paths, union_by_name = true) union all by name from empty_section)
    ) as section
    join current using (school_year, term, school_id, stage, sha256)
    where list_contains(string_split(section.standards, ','), $mainland)
        and not coalesce(section.county_is_named, false)
        and length(section.county_code) = 6
    group by all
"""

_COUNTED = """
    create table counted_county as
    with
    stray as (from placed where county_code not in (from known_code)),
    sure as (from placed where county_code in (from known_code)),
    same_school as (
        select stray.school_year, stray.term, stray.school_id, stray.county_code as stray_code,
               arg_min(
                   sure.county_code,
                   (abs(sure.school_year - stray.school_year), -sure.school_year, sure.county_code)
               ) as county_code
        from stray
        join sure on sure.school_id = stray.school_id
        group by all
    ),
    file as (
        select sha256, school_year, term, count(*) as schools
        from placed
        group by all
    ),
    -- the counties that a stray may belong to: those of its file, or of its year for a workbook
    candidate as (
        select distinct stray.school_year, stray.term, stray.school_id,
               stray.county_code as stray_code, sure.county_code, file.schools > 1 as is_of_file
        from stray
        join file using (sha256, school_year, term)
        join sure
            on sure.school_year = stray.school_year and sure.term = stray.term
            and (sure.sha256 = stray.sha256 or file.schools = 1)
        where file.schools = 1 or (
            select count(*) from placed as other
            where other.sha256 = stray.sha256 and other.school_year = stray.school_year
                and other.term = stray.term and other.county_code = stray.county_code
        ) * 2 <= file.schools
    ),
    same_file as (
        select school_year, term, school_id, stray_code,
               case
                   when count(*) = 1 and bool_and(is_of_file) then min(county_code)
                   when count(*) filter (where is_slip) = 1
                       then min(county_code) filter (where is_slip)
               end as county_code
        from (
            select *, damerau_levenshtein(county_code, stray_code) = 1 as is_slip
            from candidate
        )
        group by all
    )
    select stray.school_year, stray.term, stray.school_id, stray.county_code as reported_code,
           coalesce(same_school.county_code, same_file.county_code) as county_code,
           (
               select max(named.county_name) from sure as named
               where named.county_code
                   = coalesce(same_school.county_code, same_file.county_code)
           ) as county_name
    from stray
    left join same_school
        on same_school.school_year = stray.school_year and same_school.term = stray.term
        and same_school.school_id = stray.school_id
        and same_school.stray_code = stray.county_code
    left join same_file
        on same_file.school_year = stray.school_year and same_file.term = stray.term
        and same_file.school_id = stray.school_id and same_file.stray_code = stray.county_code
    where coalesce(same_school.county_code, same_file.county_code) is not null
    order by all
"""


def create_known_code(connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    """Create the table ``known_code`` of all codes that the list or a reviewed mapping names."""
    listed = [d.code for d in divisions() if d.kind != PLACEHOLDER]
    connection.register("listed_code", pa.table({"code": listed}))
    connection.execute("create or replace temp table known_code as from listed_code")
    for mapping, columns in (("division", ("code",)), ("county_code", ("old_code", "new_code"))):
        path = lake.root / "mapping" / f"{mapping}.parquet"
        for column in columns if path.exists() else ():
            connection.execute(
                f"insert into known_code select {column} from {read_parquet([path])}"
            )


def select_counted_county(
    connection: duckdb.DuckDBPyConnection, lake: Lake, paths: list[str]
) -> None:
    """Create the table ``counted_county``: a row per school and unknown code that counts elsewhere.

    Needs the table ``current``; ``paths`` are the sections of the files in force.
    """
    from dagster_project.census.schema import section_schema

    connection.execute(f"create or replace table counted_county ({SCHEMA})")
    if not paths:
        return
    connection.register("empty_section", section_schema().empty_table())
    create_known_code(connection, lake)
    connection.execute(_SECTIONS, {"paths": paths, "mainland": MAINLAND})
    stray = "select 1 from placed where county_code not in (from known_code) limit 1"
    if connection.execute(stray).fetchall():
        connection.execute("drop table counted_county")
        connection.execute(_COUNTED)
