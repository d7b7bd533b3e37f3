"""Cells left empty, figures below nought, and what a school cannot be without."""

from __future__ import annotations

from tests.judgement.planting.slip import Slip


def _reported(slip: Slip, names, least: float = 1) -> list[str]:
    return [name for name in names if (slip.known(name) or 0) >= least]


def one_negative(slip: Slip) -> None:
    """A sign before one of the figures."""
    name = slip.one_of(_reported(slip, slip.rule.fields))
    slip.put(name, -slip.now(name))


def one_fraction(slip: Slip) -> None:
    """A share or a mean in the place of a count."""
    name = slip.one_of(_reported(slip, slip.rule.fields))
    slip.put(name, slip.now(name) + slip.one_of([0.5, 0.25, -0.5]))


def one_unreadable(slip: Slip) -> None:
    slip.put(slip.one_of(_reported(slip, slip.rule.fields, least=0)), None, status="unreadable")


def total_left_blank(slip: Slip) -> None:
    whole, *parts = slip.rule.fields
    slip.now(whole)
    slip.need(_reported(slip, parts))
    slip.put(whole, None, status=slip.one_of(["blank", "not_applicable"]))


def parts_left_blank(slip: Slip) -> None:
    whole, *parts = slip.rule.fields
    slip.now(whole, least=1)
    slip.need(_reported(slip, parts))
    for part in parts:
        slip.put(part, None, status="blank")


def left_blank(slip: Slip) -> None:
    slip.school("pupils", least=1), slip.now("pupils", least=1)
    slip.now(slip.rule.fields[0])
    slip.put(slip.rule.fields[0], None, status=slip.one_of(["blank", "undefined"]))


def boarders_without_rooms(slip: Slip) -> None:
    slip.school("pupils_boarding", least=1), slip.now("living_area_m2")
    slip.put("living_area_m2", slip.one_of([0, None]))


def boarders_crowded(slip: Slip) -> None:
    boarders = slip.school("pupils_boarding", least=20)
    slip.now("living_area_m2", least=1)
    slip.put("living_area_m2", boarders * slip.rng.uniform(0.02, 0.9))


def no_teacher_of_a_course(slip: Slip) -> None:
    slip.now("pupils", least=200), slip.now("teachers", least=6)
    slip.now(slip.rule.fields[0])
    slip.put(slip.rule.fields[0], slip.one_of([0, None]))


def teachers_left_out(slip: Slip) -> None:
    classes = int(slip.now("classes", least=6))
    slip.need(slip.is_("is_counted") is not False and slip.now("teachers", least=1))
    slip.put("teachers", slip.some(1, classes - 1))


def no_teachers(slip: Slip) -> None:
    slip.now("pupils", least=1)
    slip.need(slip.is_("is_counted") is not False)
    slip.put("teachers", slip.one_of([0, None]))


def point_without_teachers(slip: Slip) -> None:
    slip.now("pupils", least=1)
    slip.put("teachers", 0)
    slip.write("is_counted", False)


def girls_of_another_row(slip: Slip) -> None:
    """The figure of a neighbouring row: minority pupils, boarders."""
    pupils = slip.now("pupils", least=100)
    slip.now("pupils_girls")
    slip.put("pupils_girls", int(pupils * slip.one_of([0.02, 0.1, 0.2, 0.85, 0.97])))


def migrants_for_left_behind(slip: Slip) -> None:
    slip.need(str(slip.is_("urban_rural_code")).startswith("11"))
    pupils = slip.now("pupils", least=100)
    slip.put("pupils_left_behind", int(pupils * slip.rng.uniform(0.1, 0.6)) + 11)


PLANTERS = {
    "figures.negative": one_negative,
    "figures.not_whole": one_fraction,
    "figures.unreadable": one_unreadable,
    "totals.left_blank": total_left_blank,
    "totals.parts_left_blank": parts_left_blank,
    "premises.left_blank": left_blank,
    "teachers.backbone_left_blank": left_blank,
    "premises.boarders_without_rooms": boarders_without_rooms,
    "premises.boarders_crowded": boarders_crowded,
    "teachers.none_in_a_course": no_teacher_of_a_course,
    "classes.fewer_teachers_than_classes": teachers_left_out,
    "classes.pupils_without_teachers": no_teachers,
    "classes.pupils_without_own_teachers": point_without_teachers,
    "pupils.girls_share_odd": girls_of_another_row,
    "pupils.left_behind_in_urban_school": migrants_for_left_behind,
}
