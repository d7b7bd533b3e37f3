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
from dagster_project.publish.book import restated
from dagster_project.publish.digest import Digests
from dagster_project.publish.opening import CannotRead
from dagster_project.publish.suspects import find_suspects, named_suspects, same
from dagster_project.publish.turned import county_names, turned

_NUMBERS = ("DOUBLE", "FLOAT", "INTEGER", "BIGINT", "SMALLINT", "HUGEINT", "DECIMAL")
_JUDGEMENTS = ("verdict", "attains", "direction")
# A section that joins one of these is news; the first section of a new one is not.
_SCOPE = ("school_year", "term", "county_code", "region_code", "level", "stage", "standard_id")

# Sums of the same figures in another order differ in the last bits; that restates nothing.
RELATIVE_NOISE = 1e-12
ABSOLUTE_NOISE = 1e-15

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
    """Fill ``marts.restatement`` of the open build and return its summary.

    ``before`` is the publication to compare with and its database file. A look back (``--as-of``)
    is compared with nothing, for it corrects nothing: it only carries the earlier restatements.
    A version before that cannot be read at all is no reason not to publish; ``is_missing`` and the
    note say so.
    """
    connection.execute("delete from marts.restatement")  # of an attempt that failed
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


def _carry_over(connection: duckdb.DuckDBPyConnection) -> None:
    here = connection.execute("select current_database()").fetchall()[0][0]
    earlier = _columns(connection, "before", "restatement")
    kept = ", ".join(n for n in _columns(connection, here, "restatement") if n in earlier)
    if kept:
        connection.execute(
            f"insert into marts.restatement by name select {kept} from before.marts.restatement"
        )


def _compare(connection: duckdb.DuckDBPyConnection, publish_id: str, digests: Digests) -> None:
    connection.execute(
        "create temp table moved as"
        " select *, null::varchar as school_id from marts.restatement where false"
    )
    here = connection.execute("select current_database()").fetchall()[0][0]
    for table, key in restated(connection).items():
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
    verdicts = turned(connection, publish_id)
    lines: list[Message] = []
    if verdicts:
        lines.append(Message("publish.verdicts_turned", {"count": len(verdicts)}))
        lines += verdicts[:MOST_LINES]
    if len(verdicts) > MOST_LINES:
        lines.append(Message("publish.more_verdicts", {"count": len(verdicts) - MOST_LINES}))
    if verdicts:
        lines.append(Message("publish.figures_besides"))
    names = county_names(connection, {county for _, county, *_ in places})
    lines += [_place_line(names, *place) for place in places[:MOST_LINES]]
    if len(places) > MOST_LINES:
        lines.append(Message("publish.more_places", {"count": len(places) - MOST_LINES}))
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


def _place_line(
    names: Mapping[str, str],
    year,
    county,
    figures: int,
    tables: int,
    sources: Sequence[str] | None,
) -> Message:
    place = names[county] if county else Message("publish.roll_ups")
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
