"""Where a section stands among its peers, robustly: modified z-scores of log ratios.

Peers are the sections of the same year, term and stage in the same county if there are at least
``PEERS_NEEDED`` of them with the figure, else all of the same year, term and stage. Ratios are
compared as logarithms, because twice as much and half as much are equally far away, and with the
median and the median absolute deviation (MAD), because a few gross errors must not hide each other:

    z = 0.6745 · (ln x − median) / max(MAD, MAD_FLOOR)        (Iglewicz and Hoaglin 1993, §3.4)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

PEERS_NEEDED = 20
# Below five percent of spread, peers are so alike that any ordinary difference would look extreme.
MAD_FLOOR = 0.05
NORMAL_CONSISTENCY = 0.6745

_ASPECTS = {
    "peer_z_": "level",
    "peer_median_": "level",
    "peer_count_": "level",
    "change_z_": "change",
    "change_median_": "change",
    "change_": "change",
}


@dataclass(frozen=True)
class PeerSql:
    """Pieces of the section frame: changes since last year, statistics, columns and joins."""

    changes: list[str] = field(default_factory=list)
    ctes: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)


def peer_sql(words: Iterable[str], bases: Iterable[str]) -> PeerSql:
    """The SQL for every peer column among ``words``; ``bases`` are the fields and measures known.

    Columns made: ``peer_z_<x>``, ``peer_median_<x>`` (in the unit of x), ``peer_count_<x>``,
    ``change_<x>`` (factor since last year), ``change_z_<x>``, ``change_median_<x>`` (factor).
    """
    bases = set(bases)
    wanted: dict[tuple[str, str], set[str]] = {}
    for word in sorted(words):
        for prefix, aspect in _ASPECTS.items():
            name = word.removeprefix(prefix)
            if word.startswith(prefix) and name in bases:
                wanted.setdefault((aspect, name), set()).add(prefix)
    if not wanted:
        return PeerSql()
    sql = PeerSql()
    logs, aggregates = [], []
    for (aspect, name), prefixes in wanted.items():
        if aspect == "change":
            sql.changes.append(
                f"if(ratio.{name} > 0 and prev.{name} > 0, ratio.{name} / prev.{name}, null) "
                f"as change_{name},"
            )
        if prefixes == {"change_"}:
            continue
        value = f"change_{name}" if aspect == "change" else name
        logs.append(f"if({value} > 0 and isfinite({value}), ln({value}), null) as ln_{value}")
        aggregates += [
            f"median(ln_{value}) as mid_{value}",
            f"mad(ln_{value}) as mad_{value}",
            f"count(ln_{value}) as n_{value}",
        ]
        sql.columns.extend(_columns(value, name, prefixes))
    if aggregates:
        sql.ctes.append(
            "peer_log as not materialized (select school_year, term, stage, county_code, "
            + ", ".join(logs)
            + " from related)"
        )
        sql.ctes.append(
            "peer as materialized (select school_year, term, stage, county_code, "
            "grouping(county_code) as is_nation, " + ", ".join(aggregates) + " from peer_log "
            "group by grouping sets ((school_year, term, stage), "
            "(school_year, term, stage, county_code)))"
        )
        key = "{0}.school_year = related.school_year and {0}.term = related.term " \
            "and {0}.stage = related.stage"  # fmt: skip
        sql.joins.extend(
            [
                f"left join peer as near on {key.format('near')} and near.is_nation = 0 "
                "and near.county_code = related.county_code",
                f"left join peer as wide on {key.format('wide')} and wide.is_nation = 1",
            ]
        )
    return sql


def _columns(value: str, name: str, prefixes: set[str]) -> list[str]:
    def chosen(statistic: str) -> str:
        return (
            f"case when near.n_{value} >= {PEERS_NEEDED} then near.{statistic}_{value} "
            f"when wide.n_{value} >= {PEERS_NEEDED} then wide.{statistic}_{value} end"
        )

    score = (
        f"if({value} > 0, {NORMAL_CONSISTENCY} * (ln({value}) - ({chosen('mid')})) "
        f"/ greatest({chosen('mad')}, {MAD_FLOOR}), null)"
    )
    made = {
        "peer_z_": f"{score} as peer_z_{name},",
        "peer_median_": f"exp({chosen('mid')}) as peer_median_{name},",
        "peer_count_": f"{chosen('n')} as peer_count_{name},",
        "change_z_": f"{score} as change_z_{name},",
        "change_median_": f"exp({chosen('mid')}) as change_median_{name},",
    }
    return [made[prefix] for prefix in _ASPECTS if prefix in prefixes and prefix in made]
