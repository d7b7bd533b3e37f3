"""Restatements: which published figures a new version moves, from what to what, because of what.

Before a build is swapped in it is compared with the version that readers see. ``marts.restatement``
keeps the answer of every publication: the rows of earlier ones are carried over. A figure that is
published for the first time (a new year, county, stage or standard) restates nothing; a school that
joins or leaves a county already published does, and so does a verdict that turns.

Comparing is cheap where little moved: every version keeps digests of its tables by county and year
(:mod:`~dagster_project.publish.digest`), and only the counties whose digests differ are joined row
by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.messages import Message, coded
from dagster_project.publish.attaching import attach
from dagster_project.publish.digest import Digests
from dagster_project.publish.opening import CannotRead
from dagster_project.publish.suspects import find_suspects, named_suspects, same
from dagster_project.sql import literal

# The tables whose figures are compared, with the key of their rows.
_SECTION = ("school_year", "school_id", "stage", "standard_id")
_COUNTY = ("school_year", "county_code")
KEYS: Mapping[str, tuple[str, ...]] = {
    "school_indicator": (*_SECTION, "indicator_id"),
    "school_attainment": _SECTION,
    "cv_contribution": (*_SECTION, "indicator_id"),
    "county_coefficient": (*_COUNTY, "stage", "standard_id", "indicator_id"),
    "county_composite": (*_COUNTY, "stage", "standard_id"),
    "county_assessment": (*_COUNTY, "standard_id", "item_id"),
    "county_verdict": (*_COUNTY, "standard_id"),
    "county_enrolment": (*_COUNTY, "stage"),
    "retention": (*_COUNTY, "stage", "cohort_years", "school_id"),
    "class_size": ("school_year", "term", "school_id", "stage"),
    "gap": ("school_year", "school_id", "stage", "part_id"),
    "trend": ("county_code", "stage", "item_id", "school_year"),
    "policy_target": ("county_code", "target_id", "school_year"),
    "claim_audit": ("claim_id",),
    "region_coefficient": (
        *("school_year", "level", "region_code", "stage", "standard_id", "indicator_id"),
    ),
    "region_item": ("school_year", "level", "region_code", "stage", "item_id"),
    "region_summary": ("school_year", "level", "region_code", "standard_id"),
}
_NUMBERS = ("DOUBLE", "FLOAT", "INTEGER", "BIGINT", "SMALLINT", "HUGEINT", "DECIMAL")
_JUDGEMENTS = ("verdict", "attains", "direction")
# A section that joins one of these is news; the first section of a new one is not.
_SCOPE = ("school_year", "term", "county_code", "region_code", "level", "stage", "standard_id")

# Sums of the same figures in another order differ in the last bits; that restates nothing.
RELATIVE_NOISE = 1e-12
ABSOLUTE_NOISE = 1e-15

COLUMNS = {
    "publish_id": (
        "varchar",
        "改动该数据的发布，见 manifest.json |"
        " Publication that moved the figure; see manifest.json.",
    ),
    "table_name": ("varchar", "该数据所在的 marts 表 | Table of marts that holds the figure."),
    "row_key": (
        "varchar",
        "行的主键：列=值，以分号连接 | Key of the row, as column=value pairs joined by semicolons.",
    ),
    "column_name": ("varchar", "该数据所在的列 | Column of the figure."),
    "old_value": (
        "varchar",
        "此前公布的值；此前没有则为空 | Value published before; null if there was none.",
    ),
    "new_value": (
        "varchar",
        "现在公布的值；不再有则为空 | Value published now; null if there is none any more.",
    ),
    "kind": (
        "varchar",
        "changed 改动、added 新增（此前已公布的区县中新出现的行）、removed 删除 |"
        " changed, added (the row is new in a county published before) or removed.",
    ),
    "school_year": (
        "integer",
        "该行的学年；没有则为空 | School year 学年 of the row; null where it has none.",
    ),
    "county_code": (
        "varchar",
        "该行的区县；没有则为空 | County 区县 of the row; null where it has none.",
    ),
    "source_file": (
        "varchar",
        "上一版以来为该校或该县提供数据的最新文件在 raw/ 下的路径；"
        "没有（规则、对照表或审核有变）或可能有多个时为空 |"
        " Path below raw/ of the newest delivery since the version before that speaks for the"
        " school or county; null if none does (rules, mappings or reviews changed) or several may.",
    ),
}
TABLE_COMMENT = (
    "每次发布、表、行、列一行：被改动的已公布数据（数据更正），历次发布一并保留；"
    "首次公布的不算更正 |"
    " One row per publication, table, row and column: the published figures that moved 数据更正."
    " Kept through all publications; figures published for the first time are no restatement."
)
MOST_LINES = 12


@dataclass(frozen=True)
class Restatement:
    """What a publication moves. ``compared_with`` is ``None`` where nothing was compared.

    ``is_missing`` says that it should have been: figures may have moved, and nobody knows which.
    """

    compared_with: str | None
    head: Message
    counts: Mapping[str, int] = field(default_factory=dict)  # kind → figures
    messages: Sequence[Message] = ()
    is_missing: bool = False

    @property
    def note(self) -> str:
        """What moved, in one English sentence."""
        return self.head.text("en")

    @property
    def lines(self) -> list[str]:
        """Where figures moved, and which verdicts turned, in English."""
        return [message.text("en") for message in self.messages]

    @property
    def facts(self) -> dict[str, object]:
        """The entry of the manifest."""
        return {
            "compared_with": self.compared_with,
            "note": self.note,
            "is_missing": self.is_missing,
            **{kind: self.counts.get(kind, 0) for kind in ("changed", "added", "removed")},
            "summary": self.lines,
            "messages": [message.to_json() for message in (self.head, *self.messages)],
        }

    @property
    def text(self) -> str:
        """The summary as Markdown in both languages, ``restatement.md`` beside the manifest."""
        blocks = []
        for language, title in (("zh", "数据更正"), ("en", "Restatement")):
            items = "".join(f"- {message.text(language)}\n" for message in self.messages)
            blocks.append(f"# {title}\n\n{self.head.text(language)}\n" + (items and f"\n{items}"))
        return "\n".join(blocks)


def told(restatement: Mapping[str, Any]) -> list[str]:
    """The entry of a manifest as sentences in the language of this process, the note first."""
    stored = restatement.get("messages")
    if stored is None:  # a manifest of an earlier version
        return [restatement["note"], *restatement["summary"]]
    return [Message.from_json(text).text() for text in stored]


def write_restatement(
    connection: duckdb.DuckDBPyConnection,
    publish_id: str,
    before: tuple[str, Path] | None,
    digests: Digests,
    *,
    is_look_back: bool = False,
) -> Restatement:
    """Create ``marts.restatement`` in the open build and return its summary.

    ``before`` is the publication to compare with and its database file. A look back (``--as-of``)
    is compared with nothing, for it corrects nothing: it only carries the earlier restatements.
    A version before that cannot be read at all is no reason not to publish; ``is_missing`` and the
    note say so.
    """
    columns = ", ".join(f"{name} {type_}" for name, (type_, _) in COLUMNS.items())
    connection.execute(f"create or replace table marts.restatement ({columns})")
    _comment(connection)
    if before is None:
        return Restatement(None, Message("publish.first_publication"))
    earlier, database = before
    try:
        attach(connection, database, "before")
    except CannotRead as why:
        told_of = {"earlier": earlier, "why": why.message}
        return Restatement(None, Message("publish.not_compared", told_of), is_missing=True)
    try:
        _carry_over(connection)
        if is_look_back:
            return Restatement(None, Message("publish.look_back"))
        _compare(connection, publish_id, digests)
    finally:
        connection.execute("detach before")
    return _summary(connection, publish_id, earlier)


def _comment(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"comment on table marts.restatement is {literal(TABLE_COMMENT)}")
    for name, (_, text) in COLUMNS.items():
        connection.execute(f"comment on column marts.restatement.{name} is {literal(text)}")


def _carry_over(connection: duckdb.DuckDBPyConnection) -> None:
    earlier = _columns(connection, "before", "restatement")
    kept = ", ".join(name for name in COLUMNS if name in earlier)
    if kept:
        connection.execute(
            f"insert into marts.restatement by name select {kept} from before.marts.restatement"
        )


def _compare(connection: duckdb.DuckDBPyConnection, publish_id: str, digests: Digests) -> None:
    moved = ", ".join(f"{name} {type_}" for name, (type_, _) in COLUMNS.items())
    connection.execute(f"create temp table moved ({moved}, school_id varchar)")
    here = connection.execute("select current_database()").fetchall()[0][0]
    for table, key in KEYS.items():
        old, new = _columns(connection, "before", table), _columns(connection, here, table)
        shared = {name: type_ for name, type_ in new.items() if name in old}
        figures = [name for name in shared if name not in key and _is_figure(name, shared[name])]
        if figures and all(name in shared for name in key):
            find_suspects(connection, table, key, shared, figures, digests)
            _compare_table(connection, table, key, shared, figures)
    _name_sources(connection)
    connection.execute(
        f"""
        insert into marts.restatement by name
        select * exclude (school_id) replace ('{publish_id}' as publish_id) from moved
        order by table_name, row_key, column_name
        """
    )
    connection.execute("drop table moved")


def _is_figure(name: str, type_: str) -> bool:
    return type_.startswith(_NUMBERS) or name in _JUDGEMENTS or name.endswith("_verdict")


def _compare_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    key: Sequence[str],
    shared: Mapping[str, str],
    figures: Sequence[str],
) -> None:
    """Add to ``moved`` every figure of the suspects that is another one now."""
    if connection.execute("select count(*) from suspect").fetchall() == [(0,)]:
        return
    groups = [row[0] for row in connection.execute("describe suspect").fetchall()]
    groups = [name for name in groups if name in shared]
    scope = [name for name in _SCOPE if name in shared]

    def entry(name: str) -> str:
        if shared[name].startswith(_NUMBERS):
            noise = (
                f"abs(o.{name}::double - n.{name}::double) <= {ABSOLUTE_NOISE} + {RELATIVE_NOISE}"
                f" * greatest(abs(o.{name}::double), abs(n.{name}::double))"
            )
        else:
            noise = "false"
        return (
            f"{{'column_name': '{name}', 'old_value': o.{name}::varchar,"
            f" 'new_value': n.{name}::varchar,"
            f" 'is_moved': o.{name} is distinct from n.{name} and not coalesce({noise}, false)}}"
        )

    def either(name: str, type_: str) -> str:
        return f"coalesce(n.{name}, o.{name})" if name in shared else f"null::{type_}"

    named = (f"'{name}=' || coalesce({either(name, '')}::varchar, '')" for name in key)
    row_key = " || ';' || ".join(named)
    of_suspects = f"semi join suspect s on {same(groups, 't', 's')}"
    of_suspects += f" where {named_suspects(connection, groups)}"
    connection.execute(
        f"""
        insert into moved by name
        with
        o as (select t.*, true as is_there from before.marts.{table} t {of_suspects}),
        n as (select t.*, true as is_there from marts.{table} t {of_suspects}),
        known as (select distinct {", ".join(scope) or "true as anything"} from o),
        paired as (
            select
                {row_key} as row_key,
                case when o.is_there is null then 'added'
                     when n.is_there is null then 'removed' else 'changed' end as kind,
                {either("school_year", "integer")} as school_year,
                {either("county_code", "varchar")} as county_code,
                {either("school_id", "varchar")} as school_id,
                unnest([{", ".join(map(entry, figures))}]) as figure
            from o
            full join n on {same(key, "o", "n")}
            where o.is_there or exists (select 1 from known where {same(scope, "known", "n")})
        )
        select '{table}' as table_name, row_key, kind, school_year, county_code, school_id,
               figure.column_name, figure.old_value, figure.new_value
        from paired where figure.is_moved
        """
    )


def _name_sources(connection: duckdb.DuckDBPyConnection) -> None:
    """Set ``source_file``: the newest new delivery for the school, else county, else the only one.

    A figure that spans years (retention, trends) may move because of another year's file, so the
    county's newest delivery of any year is asked before giving up.
    """
    connection.execute(
        """
        create or replace temp table arrived as
        select path, sha256, school_year, term, loaded_at
        from quality.load anti join before.quality.load as known using (path, sha256)
        """
    )
    connection.execute(
        """
        create or replace temp table spoken as
        select distinct arrived.path, arrived.loaded_at, place.school_year, place.county_code,
               place.school_id
        from arrived
        join quality.section_origin as origin using (sha256, school_year, term)
        join marts.dim_section as place using (school_year, term, school_id, stage)
        """
    )
    newest = "arg_max(path, (loaded_at, path)) as path"
    connection.execute(
        f"""
        update moved set source_file = found.path
        from (
            with
            by_school as (
                select school_year, school_id, {newest} from spoken group by all
            ),
            by_county_year as (
                select school_year, county_code, {newest} from spoken group by all
            ),
            by_county as (select county_code, {newest} from spoken group by all),
            by_year as (
                select school_year, any_value(path) as path from arrived
                group by school_year having count(*) = 1
            ),
            only_one as (select any_value(path) as path from arrived having count(*) = 1)
            select row_keys.*, coalesce(
                by_school.path, by_county_year.path, by_county.path, by_year.path, only_one.path
            ) as path
            from (select distinct school_year, county_code, school_id from moved) as row_keys
            left join by_school using (school_year, school_id)
            left join by_county_year using (school_year, county_code)
            left join by_county using (county_code)
            left join by_year using (school_year)
            left join only_one on true
        ) as found
        where moved.school_year is not distinct from found.school_year
            and moved.county_code is not distinct from found.county_code
            and moved.school_id is not distinct from found.school_id
        """
    )


def _summary(connection: duckdb.DuckDBPyConnection, publish_id: str, earlier: str) -> Restatement:
    def ask(sql: str) -> list[tuple]:
        return connection.execute(sql, [publish_id]).fetchall()

    mine = "from marts.restatement where publish_id = ?"
    counts = dict(ask(f"select kind, count(*) {mine} group by kind"))
    if not counts:
        return Restatement(earlier, Message("publish.nothing_moved", {"earlier": earlier}))
    places = ask(
        f"""
        select school_year, county_code, count(*), count(distinct table_name),
               list_sort(list(distinct source_file)) {mine}
        group by 1, 2 order by 3 desc, 1, 2
        """
    )
    lines = [_place_line(*place) for place in places[:MOST_LINES]]
    if len(places) > MOST_LINES:
        lines.append(Message("publish.more_places", {"count": len(places) - MOST_LINES}))
    turned = ask(
        f"""
        select table_name, row_key, old_value, new_value {mine} and kind = 'changed'
            and column_name in ('verdict', 'attains') and table_name not in ('trend', 'gap')
        order by table_name not in ('county_verdict', 'county_composite', 'county_coefficient'),
            table_name, row_key
        """
    )
    none = Message("census.none")
    lines += [
        Message(
            "publish.verdict_turned",
            {"table": table, "key": key, "old": old or none, "new": new or none},
        )
        for table, key, old, new in turned[:MOST_LINES]
    ]
    if len(turned) > MOST_LINES:
        lines.append(Message("publish.more_verdicts", {"count": len(turned) - MOST_LINES}))
    kinds = [kind for kind in ("changed", "added", "removed") if kind in counts]
    total = [
        Message(
            "publish.figures_of_kind",
            {"count": counts[kind], "kind": coded("restatement", kind)},
        )
        for kind in kinds
    ]
    head = Message("publish.figures_moved", {"earlier": earlier, "total": total})
    return Restatement(earlier, head, counts, lines)


def _place_line(year, county, figures: int, tables: int, sources: Sequence[str] | None) -> Message:
    place = county or Message("publish.roll_ups")
    named = [source for source in sources or () if source]
    files: list[str | Message] = [*named[:3]]
    if len(named) > 3:
        files.append(Message("publish.more_files", {"count": len(named) - 3}))
    values = {"place": place, "year": f" {year}" if year else "", "figures": figures}
    identity = "publish.figures_at_because" if named else "publish.figures_at"
    return Message(identity, {**values, "tables": tables, "files": files})


def _columns(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> dict[str, str]:
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns()"
        " where database_name = ? and schema_name = 'marts' and table_name = ?"
        " order by column_index",
        [database, table],
    ).fetchall()
    return dict(rows)
