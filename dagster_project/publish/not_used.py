"""What a published version did not use of its files, and which indicators it has no figure of.

The summary of a load, ``runs/latest.md``, ``status`` and the index say the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from dagster_project.census.schema import fields
from dagster_project.messages import Message, by_language, coded
from dagster_project.publish.attaching import attach
from dagster_project.seeds import seed_rows
from dagster_project.settings import DATABASE

if TYPE_CHECKING:
    import pyarrow as pa

MOST_NAMES = 12  # columns or figures that one sentence names

_IGNORED = """
    select path, sheet, count(*), list(label order by label)[1 : $most]
    from quality.drift where kind = 'new'
    group by path, sheet order by path, sheet
"""
_UNREAD = """
    select distinct path, sheet, sentence, sentence_zh
    from quality.set_aside where reason = 'hidden' and sheet is not null and is_standing
    order by all
"""
# An indicator that no section has: the parts of its numerator that no file of the year has.
_OPEN = """
    with open_one as (
        select school_year, standard_id, stage, indicator_id
        from marts.school_indicator
        group by all having count(value) = 0
    ),
    collected as (
        select distinct load.school_year, origin.stage, origin.field_id
        from quality.field_origin as origin join quality.load as load using (sha256)
        where load.superseded_by is null
    ),
    term as (
        select * replace (unnest(string_split(instead, ' ')) as instead) from not_used_term
    ),
    lacking as (
        select open_one.*, term.field_id, term.is_whole
        from open_one join term using (indicator_id, stage)
        left join collected as own
            on own.school_year = open_one.school_year and own.stage = open_one.stage
            and own.field_id = term.field_id
        left join collected as other
            on other.school_year = open_one.school_year and other.stage = open_one.stage
            and other.field_id = term.instead
        where own.field_id is null
        group by all having not bool_and(other.field_id is not null)
    )
    select open_one.school_year, open_one.standard_id, open_one.stage, open_one.indicator_id,
           list(distinct lacking.field_id order by lacking.field_id)
               filter (not lacking.is_whole),
           max(lacking.field_id) filter (lacking.is_whole)
    from open_one
    left join lacking using (school_year, standard_id, stage, indicator_id)
    group by all
    order by open_one.school_year desc, open_one.standard_id desc, open_one.stage desc,
             open_one.indicator_id
"""
# Years of which no source names the standard of the country's supervision.
_NO_STANDARD = """
    select school_year from marts.school_indicator
    group by school_year having count(*) filter (standard_id <> 'general') = 0
    order by school_year
"""
COMPUTED = "select exists (from marts.school_indicator where value is not null)"


@dataclass(frozen=True)
class NotUsed:
    """What a version leaves open: what it did not compute, and what nobody reads."""

    ignored: tuple[Message, ...] = ()
    not_computed: tuple[Message, ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        """All of them, what was not computed first."""
        return (*self.not_computed, *self.ignored)


def not_used(connection: duckdb.DuckDBPyConnection) -> NotUsed:
    """What the published version in ``connection`` did not use and did not compute."""
    computed = connection.execute(COMPUTED).fetchall()[0][0]
    open_ = [] if computed else [Message("publish.nothing_computed")]
    open_ += [*_without_standard(connection), *_not_computed(connection)]
    return NotUsed(tuple(_ignored(connection)), tuple(open_))


def not_used_of(version: Path) -> NotUsed:
    """:func:`not_used` of the version in a folder."""
    with duckdb.connect() as connection:
        attach(connection, version / DATABASE, "version")
        connection.execute("use version")
        return not_used(connection)


def _ignored(connection: duckdb.DuckDBPyConnection) -> Iterator[Message]:
    rows = connection.execute(_IGNORED, {"most": MOST_NAMES}).fetchall()
    for path, sheet, count, names in rows:
        said = {
            "file": f"{path} ({sheet})" if sheet else path,
            "count": count,
            "names": names,
            "more": count - len(names),
        }
        is_cut = count > len(names)
        yield Message("publish.ignored_columns_more" if is_cut else "publish.ignored_columns", said)
    for path, _, english, chinese in connection.execute(_UNREAD).fetchall():
        sentence = by_language(chinese or english, english)
        yield Message("publish.unread_sheet", {"file": path, "sentence": sentence})


def _not_computed(connection: duckdb.DuckDBPyConnection) -> Iterator[Message]:
    # The terms are this project's own: those of a version may be of an older layout.
    connection.register("not_used_term", _terms())
    for year, standard, stage, indicator, names, whole in connection.execute(_OPEN).fetchall():
        said: dict[str, object] = {
            "year": year,
            "stage": coded("stage", stage),
            "indicator": f"{standard} {indicator}",
        }
        if not names:
            yield Message("publish.not_computed_blank", said)
            continue
        said["names"] = [_name(field_id) for field_id in names[:MOST_NAMES]]
        if whole:
            yield Message("publish.not_computed_nor_whole", {**said, "whole": _name(whole)})
        else:
            yield Message("publish.not_computed", said)


def _terms() -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(
        [
            {
                "indicator_id": row["indicator_id"],
                "stage": row["stage"],
                "field_id": row["field_id"],
                "is_whole": row["is_whole"] == "true",
                "instead": row["replaced_by"],
            }
            for row in seed_rows("indicator_term")
        ]
    )


def _name(field_id: str) -> Message:
    field = fields()[field_id]
    return by_language(field.name_zh, field.name_en)


def _without_standard(connection: duckdb.DuckDBPyConnection) -> Iterator[Message]:
    years = [year for (year,) in connection.execute(_NO_STANDARD).fetchall()]
    if years:
        told = str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"
        yield Message("publish.no_standard_named", {"years": told})
