"""Errors that only last year, or the peers, can tell: slips of digits and units, stuck figures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from dagster_project.census.schema import fields
from dagster_project.judgement.rules.catalogue import default_folder, parse
from tests.judgement.planting.record import GRADES, MU, tail
from tests.judgement.planting.slip import NotHere, Slip


def graduates_too_many(slip: Slip) -> None:
    """Half as many again as could graduate, or more."""
    last = slip.before()
    top, fourth = slip.rule.fields[3:5]
    due = slip.now(top, last) + (slip.known("flow_transfers_in") or 0)
    due += slip.known("flow_resumed") or 0
    if slip.is_("stage") == "junior":
        due += slip.known(fourth, last) or 0
    slip.put("graduates", int(due * slip.rng.uniform(1.5, 3)) + 9)


def graduates_too_few(slip: Slip) -> None:
    """The last digit of the graduates left out."""
    last = slip.before()
    slip.need(slip.is_("stage") == "primary" or not slip.known("pupils_grade_4", last))
    slip.need(slip.now("pupils") > 0)
    top = slip.now(slip.rule.fields[2], last, least=40)
    slip.put("graduates", min(slip.now("graduates"), top) // 10)


def _grade(slip: Slip, value: float) -> None:
    """Another figure in the upper grade, and the total that follows from it."""
    upper = slip.rule.fields[0]
    slip.put("pupils", slip.now("pupils") + value - slip.now(upper))
    slip.put(upper, value)


def grade_up(slip: Slip) -> None:
    upper, lower = slip.rule.fields[:2]
    slip.now(upper)
    last = slip.now(lower, slip.before(), least=1)
    more = int(last * slip.rng.uniform(0.6, 2)) + slip.some(27, 60)
    _grade(slip, last + more + (slip.known("flow_transfers_in") or 0))


def grade_down(slip: Slip) -> None:
    upper, lower = slip.rule.fields[:2]
    last = slip.now(lower, slip.before(), least=45)
    _grade(slip, min(slip.now(upper), last) // 10)


def _other_digits(slip: Slip, name: str, least: float, factors=(10, 0.1)) -> None:
    value, last = slip.now(name, least=1), slip.now(name, slip.before(), least=1)
    fitting = [f for f in factors if max(value * f, last) >= least and value * f >= 1]
    value *= slip.one_of(fitting)
    slip.put(name, value if name.endswith(("_m2", "_yuan")) else int(value))


def _same_size_as_last_year(slip: Slip) -> None:
    now, last = slip.school("pupils", least=1), slip.now("pupils", slip.before(), least=1)
    slip.need(now > 0 and last > 0)


def digit_slip(slip: Slip) -> None:
    """One digit too many, or the last one left out."""
    _same_size_as_last_year(slip)
    name = slip.rule.fields[0]
    _other_digits(slip, name, {"pupils": 120, "classes": 20, "teachers_pe": 20}.get(name, 80))


def premises_digit_slip(slip: Slip) -> None:
    """One digit too many or too few, or ten thousand for one."""
    _same_size_as_last_year(slip)
    name = slip.rule.fields[0]
    factors = (10, 0.1, 10000, 0.0001) if name == "books" or "_yuan" in name else (10, 0.1, 100)
    _other_digits(slip, name, 20, factors)


def mu_slip(slip: Slip) -> None:
    name = slip.rule.fields[0]
    slip.now(name, slip.before(), least=100)
    slip.put(name, slip.now(name, least=100) / MU)


def swapped(slip: Slip) -> None:
    """The two columns in each other's place."""
    one, other = slip.rule.fields
    premises = "premises" in slip.rule.rule_id
    a, b = (slip.now(name, least=1 if premises else 5) for name in (one, other))
    slip.now(one, slip.before(), least=1), slip.now(other, slip.before(), least=1)
    slip.need(max(a, b) / min(a, b) > (1.9 if premises else 2.8))
    slip.put(one, b), slip.put(other, a)


def grades_swapped(slip: Slip) -> None:
    """Two neighbouring grades in each other's place; both moved up as they were."""
    one, two, below = slip.rule.fields
    last = slip.before()
    own, under = slip.now(one, last, least=20), slip.now(below, last, least=20)
    slip.need(abs(own - under) >= max(12, 0.15 * under))
    slip.now(one), slip.now(two)
    slip.put(one, own), slip.put(two, under)


PUPIL_ROW = ("pupils", "pupils_girls", *GRADES, *(f"girls_grade_{n}" for n in range(1, 7)))


def _copy_pupils(slip: Slip, source: int, row: int) -> None:
    for name in PUPIL_ROW:
        if slip.census.columns[name][row] == slip.census.columns[name][row]:  # reported now
            slip.put(name, slip.known(name, source), row)


def pupils_stuck(slip: Slip) -> None:
    """The pupils' row of three years ago sent again ever since."""
    first = slip.before(3)
    slip.now("pupils", first, least=100)
    for years in (2, 1, 0):
        _copy_pupils(slip, first, slip.before(years) if years else slip.row)


def grades_copied(slip: Slip) -> None:
    """Last year's pupils' row sent again."""
    last = slip.before()
    slip.now("pupils", last, least=60), slip.now("pupils")
    grades = [slip.now(name, last) for name in GRADES[:3]]
    slip.need(len(set(grades)) > 1)
    _copy_pupils(slip, last, slip.row)


def equipment_stuck(slip: Slip) -> None:
    slip.put("equipment_value_yuan", slip.now("equipment_value_yuan", slip.before()))
    slip.put("equipment_new_yuan", slip.some(1, 500) * 100)


def merged_and_neither(slip: Slip) -> None:
    """A school took over another, and its flow opens with what neither reported."""
    slip.need(not slip.census.copies)  # a succession speaks of all copies of a school
    county = slip.census.of_county[
        slip.is_("school_year"), slip.is_("county_code"), slip.is_("stage")
    ]
    other = slip.one_of(row for row in county if row != slip.row)
    both = slip.now("pupils", slip.before()) + slip.now("pupils", slip.before(row=other))
    slip.relations["succession"] = [{
        "school_id": slip.is_("school_id", other), "successor_school_id": slip.is_("school_id"),
        "school_year": slip.is_("school_year"), "kind": "merge", "share": 1.0,
    }]  # fmt: skip
    slip.also_schools.add(slip.is_("school_id", other))
    slip.put("flow_opening", both + slip.some(5, 300))


def marked_new(slip: Slip) -> None:
    slip.now("pupils", slip.before(), least=1)
    slip.write("is_new", True)


def marked_closed(slip: Slip) -> None:
    slip.now("pupils", least=1)
    slip.write("was_closed", True)


def type_changed(slip: Slip) -> None:
    last = slip.is_("school_type_code", slip.before())
    slip.need(last)
    slip.write("school_type_code", slip.one_of({"211", "311", "312", "341"} - {last}))


def county_changed(slip: Slip) -> None:
    last = slip.is_("county_code", slip.before())
    other = slip.one_of(sorted({*slip.census.columns["county_code"]} - {last}) or ["640222"])
    slip.write("county_code", other)


def _has_peers(slip: Slip) -> None:
    """The school's first section, with clearly more than the 20 peers that a comparison needs."""
    slip.school("pupils", least=100)
    slip.need(slip.row == min(slip.rows, key=lambda row: str(slip.is_("stage", row))))
    slip.need(len(slip.census.of_stage[slip.is_("school_year"), slip.is_("stage")]) >= 22)


def level_outlier(slip: Slip) -> None:
    """Two digits too many in the figure that the measure rests on."""
    _has_peers(slip)
    name = slip.rule.fields[0]
    if name == "pupils":  # it is the denominator of everything else as well
        slip.put("pupils", slip.now("pupils") * 100)
        return
    _scaled(slip, name, (100, 0.01) if name.endswith(("_m2", "_yuan")) else (100,))


def change_outlier(slip: Slip) -> None:
    """One digit too many, or too few, in the figure that the measure rests on."""
    _has_peers(slip)
    slip.now("pupils", slip.before(), least=100)
    name = slip.rule.fields[0]
    slip.now(name, slip.before(), least=1)
    if tail(slip) in ("above_standard_per_teacher", "backbone_per_teacher"):
        slip.now("teachers", slip.before(), least=1), slip.now("teachers", least=1)
    _scaled(slip, name, (10, 0.1) if slip.now(name) >= 20 else (10,))


def _scaled(slip: Slip, name: str, factors) -> None:
    value = slip.now(name, least=1) * slip.one_of(factors)
    slip.put(name, value if name.endswith(("_m2", "_yuan")) else max(int(value), 1))


@cache
def _fingerprints() -> Mapping[str, tuple[str, ...]]:
    return parse(default_folder())[0].fingerprints


def twins(slip: Slip) -> None:
    """All the figures of a group copied from another school."""
    names = _fingerprints()[tail(slip)]
    year, stage, own = (slip.is_(n) for n in ("school_year", "stage", "school_id"))
    other = slip.one_of(slip.census.of_county[year, slip.is_("county_code"), stage])
    slip.need(slip.is_("school_id", other) != own)
    if sum((slip.known(name, other) or 0) >= 10 for name in names) < 7:
        raise NotHere("too few figures with two digits")
    for name in names:
        slip.put(name, slip.known(name, other))
    slip.also_schools.add(slip.is_("school_id", other))


def own_case(slip: Slip) -> None:
    """The rule's own failing test row, its figures written over those of a real one."""
    for column, value in slip.one_of(slip.rule.cases["fail"]).items():
        years = 0
        for shift, back in (("prev_", 1), ("carried_", 1), ("prev2_", 2), ("prev3_", 3)):
            if column.startswith(shift):
                column, years = column.removeprefix(shift), back
        if column == "has_succession":
            slip.need(not value)
            continue
        slip.need(column in fields())
        slip.put(column, value, slip.before(years) if years else slip.row)


PLANTERS = {
    "years.graduates_exceed_last_top_grade": graduates_too_many,
    "years.graduates_fall_short_of_last_top_grade": graduates_too_few,
    "years.grade_jumps_up": grade_up,
    "years.grade_drops": grade_down,
    "years.digit_slip": digit_slip,
    "years.premises_digit_slip": premises_digit_slip,
    "years.mu_slip": mu_slip,
    "years.columns_swapped": swapped,
    "years.premises_columns_swapped": swapped,
    "years.pupils_stuck": pupils_stuck,
    "years.grades_copied_from_last_year": grades_copied,
    "years.equipment_stuck_despite_additions": equipment_stuck,
    "flow.opening_differs_after_merger": merged_and_neither,
    "years.grades_swapped": grades_swapped,
    "years.new_school_existed_before": marked_new,
    "years.closed_school_has_pupils": marked_closed,
    "years.type_changed": type_changed,
    "years.county_changed": county_changed,
    "peers.level_outlier": level_outlier,
    "peers.change_outlier": change_outlier,
    "stages.twin_figures": twins,
}
