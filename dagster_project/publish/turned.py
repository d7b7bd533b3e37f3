"""Verdicts that a publication turns, as sentences by county: from what to what, because of what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from dagster_project.divisions import name_of
from dagster_project.figures.rounding import shown
from dagster_project.messages import Message, by_language, coded
from dagster_project.words import word

STANDARD = "2017"
MOST_CELLS = 3
_VERDICTS = {
    "county_verdict": "attains",
    "county_coefficient": "verdict",
    "county_assessment": "verdict",
}
_CAUSES = """
    select distinct school.school_name, origin.path, origin.cell
    from marts.restatement as moved
    join marts.school_indicator as school
        on moved.row_key like '%school_id=' || school.school_id || ';%'
        and school.school_year = $year and school.county_code = $county
        and school.stage = $stage and school.indicator_id = $indicator
        and school.standard_id = $standard
    join ref.indicator_term as term on term.indicator_id = $indicator and term.stage = $stage
    join quality.figure_origin as origin
        on origin.school_year = $year and origin.school_id = school.school_id
        and origin.stage = $stage
        and origin.field_id
            = case moved.column_name when 'pupils' then 'pupils' else term.field_id end
    where moved.publish_id = $publication and moved.table_name = 'school_indicator'
        and moved.kind = 'changed' and moved.column_name in ('numerator', 'pupils')
        and moved.school_year = $year and moved.county_code = $county
        and moved.row_key like '%indicator_id=' || $indicator || '%'
        and moved.row_key like '%stage=' || $stage || ';%'
        and moved.source_file = origin.path
    order by all limit 20
"""


@dataclass(frozen=True)
class _Turned:
    """A verdict that is another one now."""

    table: str
    key: Mapping[str, str]
    old: str | None
    new: str | None
    file: str | None
    values: tuple[str | None, str | None]

    @property
    def rank(self) -> tuple[int, str]:
        """The county's own verdict first, then coefficients, then the other items."""
        return list(_VERDICTS).index(self.table), ";".join(self.key.values())


def turned(connection: duckdb.DuckDBPyConnection, publish_id: str) -> list[Message]:
    """A sentence for every verdict on a county that turned; schools' verdicts are counted."""
    rows = connection.execute(
        """
        select table_name, row_key, column_name, old_value, new_value, source_file
        from marts.restatement
        where publish_id = ? and kind = 'changed' and table_name in (select unnest(?))
            and column_name in ('verdict', 'attains', 'cv')
        """,
        [publish_id, list(_VERDICTS)],
    ).fetchall()
    moved = {(table, key): (old, new) for table, key, column, old, new, _ in rows if column == "cv"}
    found = [
        _Turned(table, _key(key), old, new, file, moved.get((table, key), (None, None)))
        for table, key, column, old, new, file in rows
        if column == _VERDICTS[table]
    ]
    # An item of the seven indicators turns with its coefficient, which says more.
    said = {(t.key["county_code"], t.key["school_year"], t.key["indicator_id"]) for t in found
            if t.table == "county_coefficient"}  # fmt: skip
    found = [
        one
        for one in found
        if (one.key["county_code"], one.key["school_year"], one.key.get("item_id")) not in said
    ]
    names = county_names(connection, {one.key["county_code"] for one in found})
    items = _item_names(connection)
    sentences = [
        _sentence(one, names, items, _cells(connection, publish_id, one))
        for one in sorted(found, key=lambda one: one.rank)
    ]
    return sentences + _of_schools(connection, publish_id)


def county_names(
    connection: duckdb.DuckDBPyConnection, codes: Iterable[str | None]
) -> dict[str, str]:
    """``平罗县 640221`` by code: as files call the county, else the list of divisions."""
    rows: Sequence[tuple] = ()
    if _there(connection, "marts.county_coefficient"):
        rows = connection.execute(
            "select county_code, arg_max(county_name, school_year), max(school_year)"
            " from marts.county_coefficient group by county_code"
        ).fetchall()
    known = {code: name or name_of(code, year) for code, name, year in rows}
    return {code: f"{known.get(code) or ''} {code}".strip() for code in codes if code}


def _key(text: str) -> dict[str, str]:
    return dict(pair.partition("=")[::2] for pair in text.split(";"))


def _sentence(
    one: _Turned, names: Mapping[str, str], items: Mapping[str, str], cells: Sequence[str]
) -> Message:
    key, kind = one.key, "attains" if one.table == "county_verdict" else "verdict"
    indicator = key.get("indicator_id") or key.get("item_id") or ""
    files = [f"{one.file} {'、'.join(cells)}".strip()] if one.file else []
    standard = key.get("standard_id", STANDARD)
    return Message(
        f"publish.turned_{one.table}",
        {
            "county": names.get(key["county_code"], key["county_code"]),
            "year": key["school_year"],
            "stage": coded("stage", key.get("stage", "all")),
            "item": f"{indicator} {items.get(indicator, '')}".strip(),
            "value": _moved(*one.values),
            "old": _word(kind, one.old),
            "new": _word(kind, one.new),
            "standard": Message("publish.of_standard", {"standard": standard})
            if standard != STANDARD
            else "",
            "because": Message("publish.because_of", {"files": files}) if files else "",
        },
    )


def _moved(old: str | None, new: str | None) -> str:
    if old is None and new is None:
        return ""
    before, now = (shown(None if v is None else float(v), "coefficient") for v in (old, new))
    return f" {before} → {now}"


def _word(kind: str, code: str | None) -> Message:
    """The Chinese word; English readers look for the code in the tables."""
    stored = "null" if code is None else code.lower()
    return by_language(
        word(kind, stored, "zh"), stored if kind == "verdict" else word(kind, stored, "en")
    )


def _cells(connection: duckdb.DuckDBPyConnection, publish_id: str, one: _Turned) -> list[str]:
    """The cells behind the school figures that moved the coefficient; of many none."""
    tables = ("marts.school_indicator", "quality.figure_origin", "ref.indicator_term")
    if one.table != "county_coefficient" or not all(_there(connection, t) for t in tables):
        return []
    values = {
        "publication": publish_id,
        "year": int(one.key["school_year"]),
        "county": one.key["county_code"],
        "stage": one.key["stage"],
        "indicator": one.key["indicator_id"],
        "standard": one.key["standard_id"],
    }
    rows = connection.execute(_CAUSES, values).fetchall()
    found = [f"{name} {cell}" for name, path, cell in rows if path == one.file and cell]
    return found if len(found) <= MOST_CELLS else []


def _of_schools(connection: duckdb.DuckDBPyConnection, publish_id: str) -> list[Message]:
    rows = connection.execute(
        """
        select county_code, school_year, count(*) from marts.restatement
        where publish_id = ? and kind = 'changed' and column_name in ('verdict', 'attains')
            and table_name in ('school_indicator', 'school_attainment') and row_key like '%=2017;%'
        group by all order by all
        """,
        [publish_id],
    ).fetchall()
    names = county_names(connection, {code for code, _, _ in rows})
    return [
        Message("publish.turned_schools", {"county": names[code], "year": year, "count": count})
        for code, year, count in rows
        if code
    ]


def _item_names(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    if not _there(connection, "ref.item"):
        return {}
    return dict(connection.execute("select item_id, name_zh from ref.item").fetchall())


def _there(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    schema, table = name.split(".")
    found = connection.execute(
        "select count(*) from information_schema.tables where table_catalog = current_database()"
        " and table_schema = ? and table_name = ?",
        [schema, table],
    ).fetchall()
    return found != [(0,)]
