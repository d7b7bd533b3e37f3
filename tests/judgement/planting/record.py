"""Errors within one section or one school: parts, sums, bins, digits, units, wrong columns."""

from __future__ import annotations

from tests.judgement.planting.slip import Slip

BINS = (
    *(f"classes_{size}" for size in ("le25", "26_30", "31_35", "36_40", "41_45")),
    *(f"classes_{size}" for size in ("46_50", "51_55", "56_60", "61_65", "ge66")),
)
GRADES = tuple(f"pupils_grade_{n}" for n in range(1, 7))
AGES = tuple(f"pupils_age_{n}" for n in range(5, 16))
MU = 666.67


def tail(slip: Slip) -> str:
    return slip.rule.rule_id.rsplit(".", 1)[-1]


def part_exceeds_whole(slip: Slip) -> None:
    """The whole's figure and some more in the cell of the part."""
    part, whole = slip.rule.fields[:2]
    whole = slip.now(whole)
    more = slip.some(1, max(2, int(whole)))
    slip.put(part, whole + (more / 10 if part.endswith("_m2") else more))


def teachers_above_standard(slip: Slip) -> None:
    """All teachers entered as holders of a bachelor's degree, the others besides."""
    others = [slip.known(name) or 0 for name in ("teachers_doctor", "teachers_master")]
    if slip.is_("stage") == "primary":
        others.append(slip.known("teachers_associate") or 0)
    slip.need(sum(others))
    fewer = slip.some(0, int(sum(others)) - 1)
    slip.put("teachers_bachelor", slip.now("teachers", least=1) - fewer)


def numerator_differs(slip: Slip) -> None:
    """A county's total beside the form's degrees, a few fewer."""
    whole, *parts = slip.rule.fields
    total = sum(slip.known(part) or 0 for part in parts)
    slip.need(total >= 1)
    slip.put(whole, total - slip.some(1, int(total)))


def pe_and_arts(slip: Slip) -> None:
    teachers, arts = slip.now("teachers", least=2), slip.now("teachers_arts", least=1)
    slip.put("teachers_pe", teachers - arts + slip.some(1, int(arts)))


def arts_too_few(slip: Slip) -> None:
    """艺术 holds only what is neither music nor fine art: an older form's column."""
    parts = slip.now("teachers_music") + slip.now("teachers_fine_art")
    slip.need(parts >= 1)
    slip.put("teachers_arts", parts - slip.some(1, int(parts)))


def sum_differs(slip: Slip) -> None:
    """The total, or one of its parts, a few more or fewer."""
    whole, *parts = slip.rule.fields
    total = slip.now(whole)
    slip.need(any(slip.known(part) is not None for part in parts))
    area = whole.endswith("_m2")
    choices = [part for part in parts if (slip.known(part) or 0) >= 1 and "multigrade" not in part]
    name = slip.one_of([whole, *choices])
    value = total if name == whole else slip.now(name)
    digits = [value * 10] if value else []
    fewer = [value - slip.some(1, int(value))] if value >= 1 else []
    more = value + slip.some(1, 30)
    if area:
        more = value + slip.some(4, 3000) / 100
    if whole == "classes" and "grade" in slip.rule.rule_id:  # multigrade classes may be inside
        more += slip.known("classes_multigrade") or 0
        fewer = fewer if name == whole else []
    slip.put(name, slip.one_of([more, *fewer, *digits]))


def degrees_to_2020(slip: Slip) -> None:
    """The form to 2020 has one row for doctors and masters."""
    slip.now("teachers_bachelor")
    both = (slip.known("teachers_doctor") or 0) + (slip.known("teachers_master") or 0)
    slip.put("teachers_postgraduate", both)
    for name in ("teachers_doctor", "teachers_master"):
        slip.put(name, None, status="not_collected")
    sum_differs(slip)


def not_a_count(slip: Slip) -> None:
    name = slip.rule.fields[0]
    value = slip.now(name, least=1)
    slip.put(name, slip.one_of([-value, value + 0.5, value + 0.0001]))


def negative(slip: Slip) -> None:
    name = slip.rule.fields[0]
    slip.put(name, -slip.now(name, least=0.01))


def unreadable(slip: Slip) -> None:
    slip.put(slip.rule.fields[0], None, status="unreadable")


def zero(slip: Slip) -> None:
    """The first field left at nought although the second says otherwise."""
    first, *others = slip.rule.fields
    for other in others[:1]:
        slip.now(other, least=1)
    slip.put(first, 0)


def grade_without_class(slip: Slip) -> None:
    slip.now(slip.rule.fields[1], least=25)
    slip.need(not slip.known("classes_multigrade"))
    slip.put(slip.rule.fields[0], 0)


def grade_without_pupils(slip: Slip) -> None:
    grade = slip.now(slip.rule.fields[0])
    slip.now(slip.rule.fields[1], least=1)
    slip.need(slip.now("pupils") > grade)
    slip.put(slip.rule.fields[0], 0)


def teachers_without_pupils(slip: Slip) -> None:
    slip.now("teachers", least=10)
    slip.put("pupils", 0)


def pupils_and_classes_swapped(slip: Slip) -> None:
    pupils, classes = slip.now("pupils"), slip.now("classes", least=1)
    slip.need(pupils > classes)
    slip.put("pupils", classes)
    slip.put("classes", pupils)


def classes_left_out(slip: Slip) -> None:
    """One class where there are many, or a digit too many in the pupils."""
    pupils, classes = slip.now("pupils", least=1), slip.now("classes", least=1)
    ways = [("classes", 1.0)] if pupils > 100 else []
    ways += [("pupils", pupils * 10)] if pupils * 10 > 100 * classes else []
    slip.put(*slip.one_of(ways))


def bins_shifted_up(slip: Slip) -> None:
    """The bins' columns three to six places too far to the right."""
    _shift_bins(slip, slip.some(3, 6))


def bins_shifted_down(slip: Slip) -> None:
    slip.need(slip.now("pupils") > 35 * slip.now("classes", least=1))
    _shift_bins(slip, -slip.some(3, 6))


def _shift_bins(slip: Slip, places: int) -> None:
    counts = [slip.known(name) for name in BINS]
    slip.need(sum(c or 0 for c in counts) >= 1 and None not in counts[:5])
    slip.need(sum(c or 0 for c in counts) == slip.now("classes"))
    shifted = [0.0] * len(BINS)
    for i, count in enumerate(counts):
        shifted[min(max(i + places, 0), len(BINS) - 1)] += count or 0
    for name, count in zip(BINS, shifted, strict=True):
        slip.put(name, count)


def grade_beyond_its_classes(slip: Slip) -> None:
    """A class of the grade left out, or pupils of another grade added."""
    grade, classes = slip.rule.fields[:2]
    _needs_whole_bins(slip, "classes_ge66", classes)
    slip.need(not slip.known("pupils_multigrade"))
    slip.put(grade, slip.known(classes) * 66 + slip.some(0, 9))


def grade_short_of_its_classes(slip: Slip) -> None:
    grade, classes = slip.rule.fields[:2]
    _needs_whole_bins(slip, "classes_le25", classes)
    slip.put(grade, slip.known(classes) * 25 - slip.some(0, 9))


def _needs_whole_bins(slip: Slip, empty: str, classes: str) -> None:
    slip.now(classes, least=1)
    slip.need(not slip.known("classes_multigrade") and not slip.known(empty))
    slip.need(sum(slip.known(name) or 0 for name in BINS) == slip.now("classes"))


def pupils_in_the_class_column(slip: Slip) -> None:
    name = slip.rule.fields[0]
    slip.now(name)
    slip.put(name, slip.now(name.replace("classes", "pupils"), least=21))


def migrant_and_left_behind(slip: Slip) -> None:
    pupils = int(slip.now("pupils", least=4))
    slip.put("pupils_migrant", pupils - slip.some(0, pupils // 2 - 1))
    slip.put("pupils_left_behind", pupils - slip.some(0, pupils // 2 - 1))


def too_many_entrants(slip: Slip) -> None:
    grade = slip.now("pupils_grade_1")
    slip.put("entrants", grade + max(5, int(0.1 * grade)) + slip.some(2, 20 + int(grade)))


def too_few_entrants(slip: Slip) -> None:
    """The last digit of the entrants left out."""
    slip.put("entrants", slip.now("pupils_grade_1", least=30) // 10)


def expected_graduates(slip: Slip) -> None:
    """The last digit left out, one too many, or all pupils in their place."""
    top = slip.now(slip.rule.fields[1], least=15)
    slip.need(slip.is_("stage") == "primary" or not slip.known("pupils_grade_4"))
    slip.put("expected_graduates", slip.one_of([top // 10, top * 10]))


def one_sex(slip: Slip) -> None:
    slip.put("pupils_girls", slip.one_of([0, slip.now("pupils", least=60)]))


def ages_shifted(slip: Slip) -> None:
    """The rows of the ages four to six places too far down."""
    slip.now("age_form_pupils", least=60)
    ages = [slip.known(name) or 0 for name in AGES]
    places = slip.some(4, 6)
    for i, name in enumerate(AGES):
        slip.put(name, ages[i - places] if i >= places else 0)


def green_and_sports(slip: Slip) -> None:
    site, sports = slip.now("site_area_m2", least=10), slip.now("sports_ground_area_m2", least=1)
    slip.need(sports <= site)
    slip.put("green_area_m2", site - sports * slip.rng.uniform(0, 0.9))


def nothing_reported(slip: Slip) -> None:
    slip.school("pupils", least=200)
    slip.now(slip.rule.fields[0])
    slip.put(slip.rule.fields[0], 0)


def wan_for_yuan(slip: Slip) -> None:
    """元 taken for 万元 or the reverse."""
    slip.school("pupils", least=50)
    value = slip.now("equipment_value_yuan", least=1)
    slip.put("equipment_value_yuan", value * slip.one_of([10000, 0.0001]))


def in_mu(slip: Slip) -> None:
    name = slip.rule.fields[0]
    slip.school("pupils", least=100)
    value = slip.now(name, least=200)
    slip.put(name, max(value / slip.one_of([MU, 10000]), 0.01))


def ten_thousand_books(slip: Slip) -> None:
    slip.school("pupils", least=100)
    books = slip.now("books", least=1)
    slip.put("books", slip.one_of([max(books // 10000, 1), books * 10000]))


def books_in_the_computers(slip: Slip) -> None:
    slip.need(slip.now("books") > 4 * slip.school("pupils", least=100))
    slip.now("computers")
    slip.put("computers", slip.now("books"))


def other_form_differs(slip: Slip) -> None:
    one, other = slip.rule.fields[:2]
    name = one if one.startswith("flow") else other
    slip.now(one), slip.now(other)
    slip.put(name, max(0, slip.now(name) + slip.one_of([-1, 1]) * slip.some(1, 20)) or 999)


def flow_balance(slip: Slip) -> None:
    name = slip.one_of(["flow_closing", "flow_opening", "flow_increase", "flow_decrease"])
    slip.now("flow_closing"), slip.now("flow_opening")
    slip.put(name, (slip.known(name) or 0) + slip.some(1, 40))


def flow_opening(slip: Slip) -> None:
    last = slip.now("pupils", slip.before())
    slip.put("flow_opening", last + slip.one_of([slip.some(1, 30), -slip.some(1, int(last) or 1)]))


def flow_leavers(slip: Slip) -> None:
    part = slip.rule.fields[0]
    there = slip.now("flow_opening") + (slip.known("flow_increase") or 0)
    slip.put(part, there + slip.some(1, int(there) + 1))


def no_titles(slip: Slip) -> None:
    slip.now("backbone_teachers", least=1)
    slip.put("teachers_title_none", slip.now("teachers_by_title", least=6))


PLANTERS = {
    "pupils.part_exceeds_whole": part_exceeds_whole,
    "pupils.sum_differs": sum_differs,
    "classes.sum_differs.grades": sum_differs,
    "pupils.origin_exceeds": part_exceeds_whole,
    "pupils.migrant_and_left_behind_exceed_pupils": migrant_and_left_behind,
    "pupils.not_a_count": not_a_count,
    "pupils.unreadable": unreadable,
    "pupils.entrants_exceed_first_grade": too_many_entrants,
    "pupils.first_grade_exceeds_entrants": too_few_entrants,
    "pupils.expected_graduates_differ_from_top_grade": expected_graduates,
    "pupils.one_sex_only": one_sex,
    "pupils.overage_share": ages_shifted,
    "classes.pupils_without_classes": zero,
    "classes.no_pupils": zero,
    "classes.fewer_pupils_than_classes": pupils_and_classes_swapped,
    "classes.mean_size_impossible": classes_left_out,
    "classes.bins_need_more_pupils": bins_shifted_up,
    "classes.bins_hold_fewer_pupils": bins_shifted_down,
    "classes.grade_exceeds_bins": grade_beyond_its_classes,
    "classes.grade_below_bins": grade_short_of_its_classes,
    "classes.grade_without_class": grade_without_class,
    "classes.grade_without_pupils": grade_without_pupils,
    "classes.teachers_without_pupils": teachers_without_pupils,
    "classes.more_than_twenty_tracks": pupils_in_the_class_column,
    "teachers.part_exceeds_whole": part_exceeds_whole,
    "teachers.above_standard_exceed_teachers": teachers_above_standard,
    "numerator.exceeds_teachers": part_exceeds_whole,
    "numerator.above_degree_differs_from_degrees": numerator_differs,
    "teachers.pe_and_arts_exceed_teachers": pe_and_arts,
    "teachers.music_and_fine_art_exceed_arts": arts_too_few,
    "teachers.sum_differs": sum_differs,
    "teachers.sum_differs.degrees_to_2020": degrees_to_2020,
    "staff.part_exceeds_whole": part_exceeds_whole,
    "staff.sum_differs.kinds": sum_differs,
    "premises.part_exceeds_whole": part_exceeds_whole,
    "premises.green_and_sports_exceed_site": green_and_sports,
    "premises.sum_differs": sum_differs,
    "premises.negative": negative,
    "premises.not_a_count": not_a_count,
    "premises.nothing_reported": nothing_reported,
    "premises.equipment_per_pupil_range": wan_for_yuan,
    "premises.area_in_mu": in_mu,
    "premises.books_per_pupil_range": ten_thousand_books,
    "premises.more_computers_than_plausible": books_in_the_computers,
    "forms.same_figure_differs": other_form_differs,
    "forms.backbone_without_any_titled_teacher": no_titles,
    "flow.increase_differs": sum_differs,
    "flow.decrease_differs": sum_differs,
    "flow.balance_broken": flow_balance,
    "flow.opening_differs_from_last_year": flow_opening,
    "flow.differs_from_pupil_form": other_form_differs,
    "flow.part_exceeds_available": flow_leavers,
}
