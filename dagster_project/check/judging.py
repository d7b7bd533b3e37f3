"""Judging the files at hand by the rules that can say something about them.

The catalogue, its frames and the scan are those of a load; Great Expectations, which takes
seconds to start, is left out. So are rules about what is not there: returns where no return
was given, comparisons with earlier years where none is known, with peers where there are too few
for any. Planning their SQL would cost
more than all the rest.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from dagster_project.census.schema import fields as dictionary
from dagster_project.judgement.flags.rows import flag_rows
from dagster_project.judgement.frames.build import build
from dagster_project.judgement.frames.peers import KIN_NEEDED
from dagster_project.judgement.frames.relations import Source, attach, window
from dagster_project.judgement.frames.required_columns import CHANGE_COLUMNS, find_names
from dagster_project.judgement.frames.returned import RETURN_FRAMES
from dagster_project.judgement.rules.catalogue import (
    OTHER_DATA,
    Catalogue,
    CatalogueInvalid,
    Rule,
    default_folder,
    parse,
)
from dagster_project.judgement.scan import evaluate

_LOOKS_BACK = ("prev_", "prev2_", "prev3_", "carried_", *CHANGE_COLUMNS)
SMALL = 5_000  # sections up to which planning a query costs more than answering it badly
_FIRST = {"hard": 0, "soft": 1}


def flags(
    source: Source, years: Collection[int], *, sections: int, returns: bool, earlier: bool
) -> list[dict[str, object]]:
    """The flags of ``years`` as rows of ``quality.flag``, hard ones first.

    ``returns`` and ``earlier`` say whether returns were given and an earlier year is known.
    """
    everything, problems = parse(default_folder())
    if problems:
        raise CatalogueInvalid(problems)
    absent = () if earlier else _LOOKS_BACK
    absent = absent if sections >= KIN_NEEDED else (*absent, "peer_")
    rules = [r for r in everything.rules if _can_speak(r, absent, returns, earlier)]
    catalogue = Catalogue(tuple(rules), everything.measures, everything.fingerprints)
    found: list[dict[str, object]] = []
    with duckdb.connect(config={"threads": 1 if sections <= SMALL else 2}) as connection:
        if sections <= SMALL:
            connection.execute("pragma disable_optimizer")
        attach(connection, source, catalogue, window(years, catalogue))
        build(connection, catalogue, (min(years), max(years)))
        violations = evaluate(connection, catalogue).violations
    import pyarrow as pa
    import pyarrow.compute as pc

    for year in sorted(years):
        mine = pc.equal(violations.column("school_year"), pa.scalar(year, pa.int32()))
        found += flag_rows(source, catalogue, year, violations.filter(mine))
    return sorted(found, key=lambda flag: _FIRST[str(flag["severity"])])


def _can_speak(rule: Rule, absent: tuple[str, ...], returns: bool, earlier: bool) -> bool:
    """Whether nothing that the rule needs is ``absent`` (beginnings of columns)."""
    if rule.frame in (*RETURN_FRAMES, *OTHER_DATA, "cohort"):
        return returns or (earlier and rule.frame == "cohort")
    return not any(w.startswith(absent) and w not in dictionary() for w in find_names(rule))
