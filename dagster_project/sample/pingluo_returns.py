"""What the Pingluo-like county returns beside the census, with the figures of its circular.

Where the circular is silent (special-education funding, pay, monitoring, satisfaction, budgets)
nothing is returned: "not reported" is then the honest verdict.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dagster_project.sample import movements, other_data, pingluo, returns

# circular of 2024-02-04: exchange (II.2.5), nearby enrolment (II.2.7), quotas (II.2.8), migrant and
# left-behind children (II.2.9), disabled children (III.2)
COUNTY_2023 = {
    "exchange_eligible": 1081,
    "exchange_moved": 143,
    "exchange_moved_backbone": 52,
    "nearby_rate_primary": 1.0,
    "nearby_rate_junior": 1.0,
    "quota_places": 664,
    "senior_places": 1107,
    "migrant_children": 4207,
    "migrant_children_placed": 4207,
    "left_behind_children": 183,
    "left_behind_children_placed": 183,
    "disabled_registered": 218,
    "disabled_deferred": 3,
    "disabled_special_class": 0,
    "disabled_inclusive": 121,
    "disabled_special_school": 59,
    "disabled_home": 30,
}
# III.3: these five spend less than 5 % of their running budget on training; the shares are ours
SHORT_OF_TRAINING_MONEY = {
    "平罗六中": 0.041,
    "陶乐中学": 0.036,
    "城关五小": 0.044,
    "城关八小": 0.038,
    "红瑞燕宝小学": 0.047,
}
PER_PUPIL_YUAN = {"primary": 720, "junior": 940}


def returns_rows(school_years: Iterable[int]) -> returns.Rows:
    """Rows of every return of the ``school_years``, by kind.

    Rosters stand for both semesters (autumn only in the last year), movements for the semesters of
    2020 to 2022, school and county returns for 2023.
    """
    return returns.joined(_of_year(year) for year in school_years)


def _of_year(year: int) -> returns.Rows:
    batch = pingluo.county(year)
    rows: returns.Rows = {"roster": returns.rosters(batch)}
    if year < pingluo.LAST_YEAR:
        histories = {stage: pingluo.history(stage) for stage in returns.COMPULSORY}
        later = {stage: past.net(year, ("autumn",)) for stage, past in histories.items()}
        rows["roster"] += returns.rosters(batch, "spring", later)
        rows["movement"] = [
            row
            for term in movements.TERMS
            for row in returns.movement_rows(batch, histories, year, term)
        ]
        return rows
    budget = returns.running_budget(batch, PER_PUPIL_YUAN)
    names = [str(name) for name in batch.schools["school_name"]]
    shares = [
        SHORT_OF_TRAINING_MONEY.get(name, 0.05 + 0.001 * (n % 9)) for n, name in enumerate(names)
    ]
    training = np.ceil(budget * np.array(shares))
    rows["answer"] = returns.school_answers(batch, training, budget)
    rows["answer"] += returns.county_answers(batch, COUNTY_2023, returns.GOOD_COUNTY)
    rows["art_room"] = returns.art_rooms(batch)
    rows["measure"] = other_data.lines(batch)
    return rows
