"""Errors of codes and between the stages of a school; parents of 教学点."""

from __future__ import annotations

from dagster_project.census.codes import codes
from dagster_project.census.schema import label_column
from dagster_project.divisions import divisions
from tests.judgement.planting.record import tail
from tests.judgement.planting.slip import NotHere, Slip

_KNOWN = {division.code for division in divisions()}
ORDINARY = {"primary": "211", "junior": "311"}


def stages_differ(slip: Slip) -> None:
    """A shared figure divided between the stages by the school itself."""
    slip.need(len(slip.rows) > 1)
    name = slip.rule.fields[0]
    part = slip.now(name, least=2) * slip.rng.uniform(0.3, 0.7)
    slip.put_here(name, part if name.endswith(("_m2", "_yuan")) else int(part), slip.row)


def teachers_in_two_stages(slip: Slip) -> None:
    more = slip.now("staff_teachers") - slip.school("teachers") + slip.some(1, 20)
    slip.put("teachers", slip.now("teachers") + more)


def teachers_left_out(slip: Slip) -> None:
    slip.need(slip.is_("school_type_code") in ("211", "218", "311", "312"))
    slip.now("staff_teachers", least=1)
    teachers = int(slip.now("teachers", least=1))
    slip.put("teachers", teachers - slip.some(1, teachers))


def form_against_type(slip: Slip) -> None:
    """A stage's form that was not sent, or a type that has other stages."""
    code = slip.is_("school_type_code")
    if code == "312":
        gone = [row for row in slip.rows if slip.is_("stage", row) == tail(slip)]
        slip.need(0 < len(gone) < len(slip.rows))
        slip.removed.update(gone)
    elif code == "211":
        slip.write("school_type_code", "312" if tail(slip) == "junior" else "311")
    elif code == "311":
        slip.write("school_type_code", "312" if tail(slip) == "primary" else "211")
    else:
        raise NotHere("type")


def not_assessed(slip: Slip) -> None:
    slip.school("pupils", least=1)
    slip.write("school_type_code", slip.one_of(["511", "342", "221", "111"]))


def vocational(slip: Slip) -> None:
    slip.school("pupils", least=1)
    slip.write("school_type_code", slip.one_of(["321", "371"]))


def in_two_counties(slip: Slip) -> None:
    slip.need(len(slip.rows) > 1)
    own = slip.is_("county_code")
    others = sorted({*slip.census.columns["county_code"]} - {own}) or ["640222"]
    slip.write("county_code", slip.one_of(others), [slip.row])


def types_differ(slip: Slip) -> None:
    slip.need(len(slip.rows) > 1)
    slip.write("school_type_code", ORDINARY.get(slip.is_("stage"), "342"), [slip.row])
    slip.need(slip.is_("school_type_code") not in ORDINARY.values())


def names_differ(slip: Slip) -> None:
    slip.need(len(slip.rows) > 1)
    slip.write("school_name", f"{slip.is_('school_name')}分校", [slip.row])


def id_shape(slip: Slip) -> None:
    """A spreadsheet's way with ids: the first digit gone, or a blank put in."""
    own = slip.is_("school_id")
    wrong = slip.one_of([own[1:], f"{own[:5]} {own[5:]}", f"{own[:-1]}-"])
    slip.write("school_id", wrong)
    slip.subject = {"school_id": wrong}


def county_shape(slip: Slip) -> None:
    code = slip.is_("county_code")
    slip.write("county_code", slip.one_of([code[:5], f"{code}000000", slip.is_("county_name")]))


def county_of_no_list(slip: Slip) -> None:
    """Two digits of the county's code in each other's place, or one wrong."""
    code = str(slip.is_("county_code"))
    near = [f"{code[:4]}{code[5]}{code[4]}", f"{code[:5]}9", f"{code[:4]}9{code[5]}", "640998"]
    wrong = slip.one_of(c for c in near if c not in _KNOWN and c != code)
    slip.need(wrong not in slip.census.columns["county_code"])
    slip.write("county_code", wrong)


def county_of_old(slip: Slip) -> None:
    """The code of a county that was merged long ago: 陶乐县, 惠农县."""
    slip.write("county_code", slip.one_of(["640222", "640223"]))


def county_of_the_neighbour(slip: Slip) -> None:
    name = slip.is_("county_name")
    own = [d.code for d in divisions() if d.name == name]
    slip.need(len(own) == 1)
    others = [d.code for d in divisions() if d.code[:4] == own[0][:4] and d.to_year == 9999]
    slip.write("county_code", slip.one_of(c for c in others if c not in own and c[4:] != "00"))


def word_of_another_code(slip: Slip) -> None:
    """The code of a neighbouring line of the code list; the word stays."""
    name = tail(slip)
    word, own = slip.is_(label_column(name)), slip.is_(f"{name}_code")
    known = codes(f"{name}_code")
    slip.need(word in known)
    slip.write(f"{name}_code", slip.one_of(sorted({*known.values()} - {own})))


def stages_in_two_places(slip: Slip) -> None:
    slip.need(len(slip.rows) > 1)
    column = f"{tail(slip)}_code"
    other = {"urban_rural": ["111", "121", "220"], "sponsor": ["831", "999"]}[tail(slip)]
    slip.write(column, slip.one_of(sorted({*other} - {slip.is_(column)})), [slip.row])


def unknown_code(slip: Slip) -> None:
    slip.write(f"{tail(slip)}_code", slip.one_of(["9X1", "000", "小学"]))


def missing_code(slip: Slip) -> None:
    slip.write(f"{tail(slip)}_code", None)


def point_counted(slip: Slip) -> None:
    slip.need(slip.is_("school_type_code") in ("218", "219", "319"))
    slip.write("is_counted", True)


def school_not_counted(slip: Slip) -> None:
    slip.need(slip.is_("school_type_code") in ("211", "311", "312", "341", "345"))
    slip.write("is_counted", False)


def _mapping(slip: Slip) -> dict:
    own = slip.is_("school_id")
    for entry in slip.census.relations.get("teaching_point", []):
        if entry["school_id"] == own:
            return entry
    raise NotHere("no 教学点")


def _other_parent(slip: Slip, parent: str | None) -> None:
    entry = _mapping(slip)
    slip.dropped["teaching_point"] = [entry]
    if parent is not None:
        slip.relations["teaching_point"] = [{**entry, "parent_school_id": parent}]


def without_parent(slip: Slip) -> None:
    _other_parent(slip, None)


def parent_absent(slip: Slip) -> None:
    _other_parent(slip, "2199999999")


def parent_is_a_point(slip: Slip) -> None:
    year = slip.is_("school_year")
    _mapping(slip)
    points = [e["school_id"] for e in slip.census.relations.get("teaching_point", [])
              if (year, e["school_id"]) in slip.census.of_school]  # fmt: skip
    _other_parent(slip, slip.one_of(points))


def parent_elsewhere(slip: Slip) -> None:
    year, own = slip.is_("school_year"), slip.is_("county_code")
    _mapping(slip)
    schools = [s for (y, s), rows in slip.census.of_school.items()
               if y == year and slip.is_("county_code", rows[0]) != own]  # fmt: skip
    _other_parent(slip, slip.one_of(schools))


def reported_twice(slip: Slip) -> None:
    """The same row once more, in the same file or in another county's."""
    others = sorted({*slip.census.columns["county_code"]} - {slip.is_("county_code")})
    again = {"sha256": "again", "county_code": others[0]} if others else {"sha256": "again"}
    slip.added.append((slip.row, slip.one_of([{}, {"sha256": "again"}, again])))


PLANTERS = {
    "stages.shared_figure_differs": stages_differ,
    "stages.teachers_exceed_staff_teachers": teachers_in_two_stages,
    "stages.teachers_differ_from_staff_teachers": teachers_left_out,
    "stages.form_of_primary_differs_from_type": form_against_type,
    "stages.form_of_junior_differs_from_type": form_against_type,
    "stages.type_without_compulsory_stage": not_assessed,
    "stages.type_outside_the_assessment": vocational,
    "stages.section_reported_twice": reported_twice,
    "codes.school_in_two_counties": in_two_counties,
    "codes.type_differs_between_stages": types_differ,
    "codes.names_differ_between_stages": names_differ,
    "codes.school_id_shape": id_shape,
    "codes.county_code_shape": county_shape,
    "codes.county_unknown": county_of_no_list,
    "codes.county_code_not_in_force": county_of_old,
    "codes.county_name_of_another": county_of_the_neighbour,
    "codes.word_differs": word_of_another_code,
    "codes.differs_between_stages": stages_in_two_places,
    "codes.unknown_code": unknown_code,
    "codes.missing_code": missing_code,
    "codes.teaching_point_counted_as_school": point_counted,
    "codes.school_not_counted": school_not_counted,
    "parent.teaching_point_without_parent": without_parent,
    "parent.parent_school_absent": parent_absent,
    "parent.parent_is_itself_a_point": parent_is_a_point,
    "parent.parent_in_other_county": parent_elsewhere,
}
