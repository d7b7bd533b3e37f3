"""Where a section stands among its peers, robustly: modified z-scores of log ratios.

Ratios are compared as logarithms, because twice as much and half as much are equally far away, and
with the median and the median absolute deviation (MAD), because a few gross errors must not hide
each other:

    z = 0.6745 · (ln x − median) / max(MAD, MAD_FLOOR)        (Iglewicz and Hoaglin 1993, §3.4)

A *level* (pupils per class) is a matter of where a school is and how large: a town school is no
outlier because its county is full of small village schools. Peers are the sections of the same
year, term and stage in schools of the same kind of area and size (``peer_kind``), in the county if
there are ``PEERS_NEEDED`` of them with the figure, else everywhere. Where there are too few of a
kind for a spread of their own, the spread is that of the whole stage (of the county, else of all),
and the median still that of the kind, of ``KIN_NEEDED`` sections at least.

A *change* since last year hardly depends on the kind: peers are the stage's sections in the county
if there are ``PEERS_NEEDED``, else all of the stage.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

PEERS_NEEDED = 20
KIN_NEEDED = 3
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


# The groups that statistics are made of: which rows of them are a section's, and their keys.
_GROUPS = {
    "near": (
        "{0}.is_everywhere = 0 and {0}.is_every_kind = 1 and {0}.county_code = related.county_code",
        ", county_code",
    ),
    "wide": ("{0}.is_everywhere = 1 and {0}.is_every_kind = 1", ""),
    "near_kind": (
        "{0}.is_everywhere = 0 and {0}.is_every_kind = 0 "
        "and {0}.county_code = related.county_code and {0}.peer_kind = related.peer_kind",
        ", county_code, peer_kind",
    ),
    "wide_kind": (
        "{0}.is_everywhere = 1 and {0}.is_every_kind = 0 and {0}.peer_kind = related.peer_kind",
        ", peer_kind",
    ),
}

# Schools of like size: a figure of ten pupils says little about one of a thousand.
PEER_KIND = """
    concat(
        if(area.urban_rural is null, 'unknown', if(area.urban_rural = 'rural', 'rural', 'town')),
        case
            when school_pupils < 100 then ' small'
            when school_pupils < 600 then ' medium'
            else ' large'
        end
    )
"""


@dataclass(frozen=True)
class PeerSql:
    """Pieces of the section frame: changes since last year, statistics, columns and joins."""

    changes: list[str] = field(default_factory=list)
    ctes: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)


def write_peer_sql(words: Iterable[str], bases: Iterable[str]) -> PeerSql:
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
            "peer_kind, " + ", ".join(logs) + " from related)"
        )
        sql.ctes.append(
            "peer as materialized (select school_year, term, stage, county_code, peer_kind, "
            "grouping(county_code) as is_everywhere, grouping(peer_kind) as is_every_kind, "
            + ", ".join(aggregates)
            + " from peer_log group by grouping sets ("
            + ", ".join(f"(school_year, term, stage{keys})" for _, keys in _GROUPS.values())
            + "))"
        )
        key = "{0}.school_year = related.school_year and {0}.term = related.term " \
            "and {0}.stage = related.stage"  # fmt: skip
        for name, (condition, _) in _GROUPS.items():
            sql.joins.append(
                f"left join peer as {name} on {key.format(name)} and {condition.format(name)}"
            )
    return sql


def _columns(value: str, name: str, prefixes: set[str]) -> list[str]:
    is_level = value == name
    spread = ("near_kind", "wide_kind", "near", "wide") if is_level else ("near", "wide")

    def chosen(statistic: str, groups: Iterable[str], needed: int = PEERS_NEEDED) -> str:
        cases = (
            f"when {group}.n_{value} >= {needed} then {group}.{statistic}_{value}"
            for group in groups
        )
        return f"case {' '.join(cases)} end"

    def of_kin(statistic: str) -> str:
        if not is_level:
            return chosen(statistic, spread)
        return chosen(statistic, ("near_kind", "wide_kind"), KIN_NEEDED)

    score = (
        f"if({value} > 0, {NORMAL_CONSISTENCY} * (ln({value}) - ({chosen('mid', spread)})) "
        f"/ greatest({chosen('mad', spread)}, {MAD_FLOOR}), null)"
    )
    made = {
        "peer_z_": f"{score} as peer_z_{name},",
        "peer_median_": f"exp({of_kin('mid')}) as peer_median_{name},",
        "peer_count_": f"{of_kin('n')} as peer_count_{name},",
        "change_z_": f"{score} as change_z_{name},",
        "change_median_": f"exp({of_kin('mid')}) as change_median_{name},",
    }
    return [made[prefix] for prefix in _ASPECTS if prefix in prefixes and prefix in made]
