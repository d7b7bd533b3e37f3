"""Errors of whole counties and files."""

from __future__ import annotations

from dagster_project.census.figures import STATUSES
from dagster_project.census.schema import fields, status_column
from tests.judgement.planting.slip import NotHere, Slip

NOT_ASKED = (STATUSES.index("not_applicable"), STATUSES.index("not_collected"))


def _county(slip: Slip) -> list[int]:
    """The county's sections of the row's stage, largest first."""
    rows = slip.census.of_county[
        slip.is_("school_year"), slip.is_("county_code"), slip.is_("stage")
    ]
    return sorted(rows, key=lambda row: -(slip.known("pupils", row) or 0))


def _county_last_year(slip: Slip) -> list[int]:
    key = slip.is_("school_year") - 1, slip.is_("county_code"), slip.is_("stage")
    slip.need(key in slip.census.of_county)
    return slip.census.of_county[key]


def _total(slip: Slip, name: str, rows) -> float:
    return sum(slip.known(name, row) or 0 for row in rows)


def no_area(slip: Slip) -> None:
    slip.need(len(_county(slip)) > 1)
    slip.now("pupils", least=1)
    slip.write("urban_rural_code", slip.one_of([None, "9X9"]), [slip.row])


def no_sponsor(slip: Slip) -> None:
    slip.need(len(_county(slip)) > 1)
    slip.now("pupils", least=1)
    slip.write("sponsor_code", None, [slip.row])


def schools_not_sent(slip: Slip) -> None:
    """A part of the county's schools did not report."""
    rows, last = _county(slip), _county_last_year(slip)
    gone = int(max(3, 0.08 * len(last))) + 1
    slip.need(len(rows) > gone and len(rows) == len(last))
    slip.removed.update(slip.rng.permutation(rows)[:gone].tolist())


def schools_sent_under_new_ids(slip: Slip) -> None:
    rows, last = _county(slip), _county_last_year(slip)
    more = int(max(3, 0.08 * len(last))) + 1
    slip.need(len(rows) == len(last))
    for number in range(more):
        row = rows[number % len(rows)]
        slip.added.append((row, {"school_id": f"99{slip.is_('school_id', row)[2:9]}{number}"}))


def school_count(slip: Slip) -> None:
    slip.one_of([schools_not_sent, schools_sent_under_new_ids])(slip)


def no_pupil_figure(slip: Slip) -> None:
    slip.put("pupils", None, status=slip.one_of(["blank", "unreadable", "undefined"]))


def many_pupils_missing(slip: Slip) -> None:
    rows, last = _county(slip), _total(slip, "pupils", _county_last_year(slip))
    slip.need(last >= 500)
    now = _total(slip, "pupils", rows)
    for row in rows[:-1]:
        slip.removed.add(row)
        now -= slip.known("pupils", row) or 0
        if now < 0.75 * last:
            return
    raise NotHere("one school holds nearly all pupils")


def cohort_lost(slip: Slip) -> None:
    """The grade left blank in the county's largest schools."""
    upper, lower = slip.rule.fields[:2]
    last = _total(slip, lower, _county_last_year(slip))
    slip.need(last >= 200)
    now = _total(slip, upper, _county(slip))
    for row in _county(slip):
        if now < last - max(50, 0.15 * last):
            break
        now -= slip.now(upper, row)
        slip.put(upper, 0, row)
    slip.need(slip.figures)


def graduates_with_a_digit_more(slip: Slip) -> None:
    last = _total(slip, "pupils_grade_6", _county_last_year(slip))
    slip.need(last >= 200)
    row = max(_county(slip), key=lambda r: slip.known("graduates", r) or 0)
    slip.need(9 * slip.now("graduates", row) > 0.3 * last)
    slip.put("graduates", 10 * slip.now("graduates", row), row)


def _primary(slip: Slip) -> float:
    key = slip.is_("school_year"), slip.is_("county_code"), "primary"
    slip.need(key in slip.census.of_county)
    graduates = _total(slip, "graduates", slip.census.of_county[key])
    slip.need(graduates >= 100)
    return graduates


def entrants_with_a_digit_more(slip: Slip) -> None:
    graduates = _primary(slip)
    row = max(_county(slip), key=lambda r: slip.known("entrants", r) or 0)
    slip.need(9 * slip.now("entrants", row) > 0.4 * graduates)
    slip.put("entrants", 10 * slip.now("entrants", row), row)


def entrants_left_out(slip: Slip) -> None:
    graduates = _primary(slip)
    rows = _county(slip)
    now = _total(slip, "entrants", rows)
    for row in rows:
        if now < 0.75 * graduates:
            break
        now -= slip.known("entrants", row) or 0
        slip.put("entrants", None, row)
    slip.need(slip.figures)


def girls_with_a_digit_more(slip: Slip) -> None:
    rows = _county(slip)
    row = max(rows, key=lambda r: slip.known("pupils_girls", r) or 0)
    girls, pupils = _total(slip, "pupils_girls", rows), _total(slip, "pupils", rows)
    slip.need(girls + 9 * slip.now("pupils_girls", row) > pupils)
    slip.put("pupils_girls", 10 * slip.now("pupils_girls", row), row)


def empty_county(slip: Slip) -> None:
    slip.need(_total(slip, "pupils", _county_last_year(slip)) > 0)
    for row in _county(slip):
        slip.put("pupils", 0, row)


# -------------------------------------------------------------------------------- files


def _file(slip: Slip) -> list[int]:
    return slip.census.of_file[slip.is_("sha256")]


def _asked(slip: Slip) -> list[str]:
    return [name for name in fields()
            if slip.census.columns[status_column(name)][slip.row] not in NOT_ASKED]  # fmt: skip


def figure_unreadable(slip: Slip) -> None:
    slip.put_here(slip.one_of(_asked(slip)), None, slip.row, "unreadable")


def _columns(slip: Slip, share: float, status: str) -> None:
    asked = _asked(slip)
    rows = _file(slip)
    start = slip.some(0, len(asked) - 1)
    for number in range(max(1, int(len(asked) * share), -(-24 // len(rows)))):
        for row in rows:
            slip.put_here(asked[(start + number) % len(asked)], None, row, status)


def columns_unreadable(slip: Slip) -> None:
    _columns(slip, 0.12, "unreadable")


def columns_undefined(slip: Slip) -> None:
    _columns(slip, 0.06, "undefined")


def column_missing(slip: Slip) -> None:
    slip.relations["drift"] = [{
        "sha256": slip.is_("sha256"), "kind": "missing", "sheet": None, "label": "图书册数",
        "field_id": "books",
    }]  # fmt: skip


def _pupils_of_file(slip: Slip, share: float, value: float | None) -> None:
    rows = _file(slip)
    slip.need(len(rows) >= 4)
    for row in slip.rng.permutation(rows)[: int(len(rows) * share) + 1].tolist():
        slip.put("pupils", value, row)


def pupils_not_found(slip: Slip) -> None:
    _pupils_of_file(slip, slip.rng.uniform(0.5, 0.99), None)


def empty_template(slip: Slip) -> None:
    _pupils_of_file(slip, slip.rng.uniform(0.3, 0.99), 0)


def last_year_in_the_file(slip: Slip) -> None:
    slip.write("sha256", slip.is_("sha256"), [slip.before()])


PLANTERS = {
    "county.pupils_without_area": no_area,
    "county.pupils_without_sponsor": no_sponsor,
    "county.schools_gone": schools_not_sent,
    "county.school_count_changed": school_count,
    "county.schools_without_pupil_figure": no_pupil_figure,
    "county.pupils_changed": many_pupils_missing,
    "county.cohort_changed": cohort_lost,
    "county.graduates_exceed_last_top_grade": graduates_with_a_digit_more,
    "county.junior_entrants_exceed_primary_graduates": entrants_with_a_digit_more,
    "county.junior_entrants_far_below_primary_graduates": entrants_left_out,
    "county.girls_exceed_pupils": girls_with_a_digit_more,
    "county.no_pupils_at_all": empty_county,
    "file.unreadable_figures": figure_unreadable,
    "file.mostly_unreadable": columns_unreadable,
    "file.many_undefined": columns_undefined,
    "file.mapped_columns_missing": column_missing,
    "file.most_sections_without_pupils": pupils_not_found,
    "file.most_sections_empty": empty_template,
    "file.several_school_years": last_year_in_the_file,
}
