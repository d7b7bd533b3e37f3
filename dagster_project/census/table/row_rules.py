"""The columns by which a profile tells the rows that count, where every row fills them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dagster_project.census.figures import clean_text
from dagster_project.census.table.profile_model import Profile

MOSTLY_FILLED = 0.8  # share of the rows but one


def filled_columns(
    profile: Profile, positions: Mapping[str, int], rows: Sequence[Sequence[object]]
) -> frozenset[int]:
    """The columns of row rules that (almost) all ``rows`` fill, unless a rule speaks of blanks.

    Where all others are filled, a blank says nothing: what a lost word would have skipped is no
    school.
    """
    rules = [r for r in (*profile.skip_rows, *profile.keep_rows) if r.column in positions]
    columns = {positions[rule.column] for rule in rules}
    columns -= {positions[rule.column] for rule in rules if rule.fits("")}
    counts = {c: sum(bool(clean_text(cells[c])) for cells in rows) for c in columns}
    least = MOSTLY_FILLED * (len(rows) - 1)
    return frozenset(column for column, count in counts.items() if count and count >= least)
