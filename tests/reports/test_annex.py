"""Every figure in the annex workbook is its mart's cell, and none is invented."""

from __future__ import annotations

import math
from bisect import bisect

import pytest

from dagster_project.reports.annex.document import render
from dagster_project.reports.rounding import kind_of_unit, taint_mark
from dagster_project.reports.templates import Templates
from tests.reports.annex_reading import (
    FIRST_ROW,
    FIRST_SCHOOL,
    LAYOUT,
    STAGES,
    annex_of,
    foot_rows,
    groups,
)

VERDICTS, ATTAINS = LAYOUT["verdicts"], LAYOUT["attains"]
COUNTIES = {"sample": ("640221", 2023), "flawed": ("110121", 2023), "pioneer": ("620999", 2022)}


@pytest.fixture(scope="module")
def written(published):
    """A complete county, a flawed one of one stage, and one with a plan and a long history."""
    return {name: annex_of(published, *county) for name, county in COUNTIES.items()}


@pytest.fixture(params=COUNTIES)
def annex(request, written):
    return written[request.param]


@pytest.fixture
def flawed(written):
    return written["flawed"]


def tables(annex):
    """The tables of indicators: sheet, stage, standard."""
    found = annex.mart("marts.school_indicator", "and standard_id <> 'general'")
    for stage, standard in sorted({(row["stage"], row["standard_id"]) for row in found}):
        name = LAYOUT["indicator_sheet"]["name" if standard == "2017" else "name_other"]
        sheet = annex.values[name.format(stage=STAGES[stage], standard=standard)]
        rows = [r for r in found if (r["stage"], r["standard_id"]) == (stage, standard)]
        yield sheet, stage, standard, rows


def equal(shown, figure):
    """Equal as far as a file of this kind goes: xlsxwriter writes sixteen digits."""
    return isinstance(shown, int | float) and math.isclose(shown, figure, rel_tol=1e-15)


def same(shown, figure):
    """A figure as it stands in the mart, or words where the mart has none."""
    if figure is None:
        return isinstance(shown, str) and shown.startswith("—")
    return equal(shown, figure)


def test_each_school_and_indicator_has_its_parts_value_threshold_and_verdict(annex):
    seen = 0
    for sheet, _, standard, rows in tables(annex):
        schools = sorted({row["school_id"] for row in rows})
        columns = groups(sheet)
        assert {row["indicator_id"] for row in rows} == set(columns)
        for row in rows:
            line = FIRST_SCHOOL + schools.index(row["school_id"])
            first = columns[row["indicator_id"]]
            cells = [sheet.cell(line, first + offset).value for offset in range(5)]
            assert sheet.cell(line, 2).value == (row["school_name"] or row["school_id"])
            assert same(cells[0], row["numerator"]) and same(cells[1], row["denominator"])
            assert same(cells[2], row["value"]), (sheet.title, line, row)
            if standard == "2017":
                assert same(cells[3], row["threshold"])
                assert cells[4] == VERDICTS[row["verdict"]]
            seen += 1
    assert seen == len(annex.mart("marts.school_indicator", "and standard_id <> 'general'")) > 0


def test_the_foot_has_the_parts_of_the_coefficient(annex):
    for sheet, stage, standard, _ in tables(annex):
        rows, columns = foot_rows(sheet), groups(sheet)
        of = {
            row["indicator_id"]: row
            for row in annex.mart(
                "marts.county_coefficient",
                f"and stage = '{stage}' and standard_id = '{standard}'",
            )
        }
        assert set(of) == set(columns)
        for indicator, mart in of.items():
            first = columns[indicator]
            assert same(sheet.cell(rows["total"], first).value, mart["numerator"])
            assert same(sheet.cell(rows["total"], first + 1).value, mart["denominator"])
            for name, key in (
                ("mean", "mean"),
                ("std_dev", "std_dev"),
                ("cv", "cv"),
                ("sections", "sections"),
                ("missing", "sections_missing"),
            ):
                assert same(sheet.cell(rows[name], first + 2).value, mart[key]), (indicator, name)
            if mart["cv_limit"] is not None:
                assert sheet.cell(rows["cv"], first + 3).value == mart["cv_limit"]
                assert sheet.cell(rows["cv"], first + 4).value == VERDICTS[mart["verdict"]]
            if mart["sections_tainted"]:
                clean = sheet.cell(rows["clean"], first + 2).value
                assert same(clean, mart["cv_without_tainted"])


def test_every_coefficient_and_composite_is_listed_with_its_parts(annex):
    columns = [entry["key"] for entry in LAYOUT["coefficient_sheet"]["columns"]]
    listed = {}
    for row in annex.values[LAYOUT["coefficient_sheet"]["name"]].iter_rows(min_row=FIRST_ROW):
        line = dict(zip(columns, (cell.value for cell in row), strict=False))
        if line["standard_id"]:
            listed[line["stage"], line["standard_id"], line["indicator_id"]] = line
    coefficients = annex.mart("marts.county_coefficient")
    composites = annex.mart("marts.county_composite")
    assert len(listed) == len(coefficients) + len(composites)
    for mart in coefficients:
        line = listed[STAGES[mart["stage"]], mart["standard_id"], mart["indicator_id"]]
        for key in ("sections", "sections_missing", "sections_tainted", "mean", "std_dev", "cv"):
            assert same(line[key], mart[key]), (key, line)
        assert line["numerator"] == (mart["numerator"] or 0) or same(
            line["numerator"], mart["numerator"]
        )
        assert line["cv_limit"] == mart["cv_limit"]
        # openpyxl reads an empty result as no value
        assert (line["verdict"] or None) == (VERDICTS[mart["verdict"]] if mart["verdict"] else None)
    for mart in composites:
        line = listed[STAGES[mart["stage"]], mart["standard_id"], None]
        assert same(line["cv"], mart["composite_cv"])
        assert line["cv_limit"] == mart["composite_limit"]
        assert line["verdict"] == VERDICTS[mart["verdict"]]


def test_contributions_are_the_marts_and_add_up(annex):
    for _, stage, standard, rows in tables(annex):
        if standard != "2017":
            continue
        sheet = annex.values[LAYOUT["share_sheet"]["name"].format(stage=STAGES[stage])]
        schools = sorted({row["school_id"] for row in rows})
        columns = groups(sheet)
        shares = annex.mart(
            "marts.cv_contribution", f"and stage = '{stage}' and standard_id = '{standard}'"
        )
        between = dict.fromkeys(columns, 0.0)
        for row in shares:
            line = FIRST_SCHOOL + schools.index(row["school_id"])
            assert same(sheet.cell(line, columns[row["indicator_id"]] + 2).value, row["share"])
            between[row["indicator_id"]] += row["between_urban_rural"] or 0.0
        at = {
            cell.value: cell.row
            for (cell,) in sheet.iter_rows(min_col=1, max_col=1)
            if cell.value in LAYOUT["share_sheet"]["foot"].values()
        }
        line = at[LAYOUT["share_sheet"]["foot"]["between"]]
        for indicator, column in columns.items():
            shown = sheet.cell(line, column + 2).value
            assert shown == pytest.approx(between[indicator], rel=1e-9, abs=1e-12)


def test_whether_each_school_attains(annex):
    sheet = annex.values[LAYOUT["attainment_sheet"]["name"]]
    attainment = {
        (row["stage"], row["school_id"]): row
        for row in annex.mart("marts.school_attainment", "and standard_id = '2017'")
    }
    figures = {
        (row["stage"], row["school_id"], row["indicator_id"]): row
        for row in annex.mart("marts.school_indicator", "and standard_id = '2017'")
    }
    stages = {word: stage for stage, word in STAGES.items()}
    seen = 0
    for row in sheet.iter_rows(min_row=FIRST_ROW, values_only=True):
        if row[1] not in stages:
            break
        stage, school = stages[row[1]], row[3]
        mart = attainment[stage, school]
        for number, shown in enumerate(row[5:12], start=1):
            assert shown == VERDICTS[figures[stage, school, f"L{number}"]["verdict"]]
        counts = [mart[f"{name}_count"] for name in ("met", "floor", "below", "missing")]
        assert list(row[12:16]) == counts
        word = {True: "attains", False: "fails", None: "open"}[mart["attains"]]
        assert row[16] == ATTAINS[word]
        seen += 1
    assert seen == len(attainment)


LISTS = {
    "items": ("marts.county_assessment", ("item_id",), ("value", "threshold", "evidence")),
    "retention": (
        "marts.retention",
        ("school_name", "cohort_years", "stage"),
        ("entrants", "transfers_in", "transfers_out", "resumed", "suspended", "deaths",
         "dropouts", "graduates", "retention", "retention_alternative", "flow_balance"),
    ),
    "class_size": (
        "marts.class_size",
        ("school_id", "term", "stage"),
        ("classes", "pupils", "mean_size", "over_standard", "oversize_56", "super_66",
         "largest_class"),
    ),
    "tasks": (
        "marts.gap",
        ("item_id", "school_name", "stage", "what_to_do"),
        ("value", "threshold", "shortfall_per_pupil", "shortfall", "unit"),
    ),
    "flags": (
        "quality.flag",
        ("flag_id",),
        ("rule_id", "message", "remedy", "source_file", "sheet", "cell"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_each_list_is_its_mart(annex, name):
    table, key, columns = LISTS[name]
    words = {
        column["key"]: LAYOUT["words"][column["words"]]
        for column in LAYOUT["lists"][name]["columns"]
        if "words" in column
    }
    marts = {}
    for row in annex.mart(table):
        if "school_name" in key and row["school_name"] is None:
            row["school_name"] = row["school_id"] or LAYOUT["lists"]["retention"]["whole_county"]
        marts[tuple(words[k].get(row[k], row[k]) if k in words else row[k] for k in key)] = row
    listed = {tuple(row[k] for k in key): row for row in annex.list_rows(name)}
    assert set(listed) == set(marts)
    for where, row in listed.items():
        for column in columns:
            shown, figure = row[column], marts[where][column]
            is_text = isinstance(figure, str) or column in ("sheet", "cell", "unit", "remedy")
            expected = figure or None
            assert (shown == expected) if is_text else same(shown, figure), (where, column)
    if name == "items":
        assert [row["item_id"] for row in annex.list_rows(name)][-2:] == ["S1", "V"]
        assert all(row["verdict"] == VERDICTS[marts[k]["verdict"]] for k, row in listed.items())


def test_years_stand_beside_each_other(annex):
    sheet = annex.values[LAYOUT["lists"]["trend"]["name"]]
    years = [cell.value for cell in sheet[4]][4:-3]
    words = {word: stage for stage, word in LAYOUT["words"]["stage"].items()}
    listed = {
        (row[0], words[row[2]], int(year)): value
        for row in sheet.iter_rows(min_row=FIRST_ROW, values_only=True)
        for year, value in zip(years, row[4:], strict=False)
        if isinstance(value, int | float)
    }
    marts = annex.published.rows(
        "select * from marts.trend where county_code = ? and school_year <= ?",
        annex.county.county_code,
        annex.county.school_year,
    )
    known = {(row["item_id"], row["stage"], row["school_year"]): row["value"] for row in marts}
    assert set(listed) == set(known)
    assert all(equal(value, known[key]) for key, value in listed.items())


def test_figures_lead_back_to_file_sheet_and_cell(annex):
    """The cells named on the page are those that quality.figure_origin names, all of them."""
    page = LAYOUT["lists"]["origins"]
    sheet = annex.values[page["name"]]
    fields = [str(cell.value).replace(" ", "_") for cell in sheet[4]]
    stages = {word: stage for stage, word in LAYOUT["words"]["stage"].items()}
    shown = set()
    for row in sheet.iter_rows(min_row=FIRST_ROW, values_only=True):
        if row[0] not in stages:
            break
        for name, cells in zip(fields[7:], row[7:], strict=True):
            for cell in (cells or "").split("＋"):
                if cell:
                    where = cell.split("!") if "!" in cell else (row[6] or "", cell)
                    shown.add((row[1], stages[row[0]], name, row[5], *where))
    origins = annex.published.rows(
        """
        select origin.school_id, origin.stage, field_id, path, origin.sheet, cell
        from quality.figure_origin as origin
        join marts.dim_section as place using (school_year, term, school_id, stage)
        where place.county_code = ? and place.school_year = ? and term = 'autumn' and field_id in (
            select field_id from ref.indicator_term join ref.indicator using (indicator_id)
            where standard_id <> 'general' union all values ('pupils'))
        """,
        annex.county.county_code,
        annex.county.school_year,
    )
    assert shown == {tuple(row.values()) for row in origins} and shown


def test_no_figure_is_invented(annex):
    """Every number that no formula gives stands in a mart, in ref, or counts the rows."""
    known = {100.0, 1.0}
    for table in ("school_indicator", "county_coefficient", "county_composite", "retention",
                  "class_size", "gap", "county_assessment", "county_verdict", "county_enrolment",
                  "policy_target", "cv_contribution", "dim_section"):  # fmt: skip
        for row in annex.mart(f"marts.{table}"):
            known.update(v for v in row.values() if isinstance(v, int | float))
    for row in annex.published.rows(
        "select value, change from marts.trend where county_code = ?", annex.county.county_code
    ):
        known.update(value for value in row.values() if value is not None)
    known.update(
        row["min_met"] for row in annex.published.rows("select min_met from ref.standard_rule")
    )
    known = sorted(float(value) for value in known if value is not None)
    numbers = 0
    for sheet in annex.formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "n" and cell.value is not None:
                    numbers += 1
                    is_counting = cell.column == 1 and cell.value <= sheet.max_row
                    place = bisect(known, cell.value)
                    near = known[max(place - 1, 0) : place + 1]
                    is_known = any(equal(cell.value, figure) for figure in near)
                    assert is_known or is_counting, (sheet.title, cell.coordinate)
    assert numbers > 500


def test_a_draft_says_so_on_every_sheet_and_marks_what_is_tainted(flawed):
    stamp = LAYOUT["draft"].format(hard=1)
    for sheet in flawed.values:
        said = [str(cell.value or "") for row in sheet.iter_rows(max_row=3) for cell in row]
        assert any(stamp in text for text in said), sheet.title
        assert LAYOUT["draft_short"] in sheet.oddHeader.right.text
    sheet = flawed.values["小学指标"]
    columns, rows = groups(sheet), foot_rows(sheet)
    marked = {
        indicator
        for indicator, column in columns.items()
        if taint_mark() in sheet.cell(rows["cv"], column + 2).number_format
    }
    assert marked == {"L2"}
    tainted = [
        row
        for row in flawed.mart("marts.school_indicator", "and standard_id = '2017'")
        if row["is_tainted"]
    ]
    shown = [
        sheet.cell(line, columns["L2"] + 2).value
        for line in range(FIRST_SCHOOL, rows["total"])
        if taint_mark() in sheet.cell(line, columns["L2"] + 2).number_format
    ]
    assert len(shown) == len(tainted) > 0
    assert all(equal(value, row["value"]) for value, row in zip(shown, tainted, strict=True))


def test_a_county_without_hard_flags_is_no_draft(written):
    sample = written["sample"]
    texts = {
        str(cell.value)
        for sheet in sample.values
        for row in sheet.iter_rows(max_row=3)
        for cell in row
    }
    assert not any(LAYOUT["draft_short"] in text for text in texts)
    assert LAYOUT["final"] in texts


def test_one_stage_has_the_sheets_of_that_stage(flawed):
    names = flawed.values.sheetnames
    assert "小学指标" in names and not any("初中" in name for name in names)


def test_missing_is_never_nought(flawed):
    """What is missing is shown with its reason, and stays out of totals and counts."""
    sheet = flawed.values["小学指标"]
    columns, rows = groups(sheet), foot_rows(sheet)
    said = {
        sheet.cell(line, columns["L7"] + 2).value
        for line in range(FIRST_SCHOOL, rows["total"])
        if isinstance(sheet.cell(line, columns["L7"] + 2).value, str)
    }
    assert said == {"—（空白）", "—（无法拆分）"}
    assert sheet.cell(rows["missing"], columns["L7"] + 2).value == 3


def test_decimals_are_those_of_the_kind(annex):
    units = {
        row["indicator_id"]: row["unit"]
        for row in annex.published.rows("select indicator_id, unit from ref.indicator")
    }
    formats = {"per_hundred": "0.00", "per_pupil_m2": "0.00", "per_pupil_yuan": "0",
               "ratio": "0.00", "per_pupil_fine": "0.000"}  # fmt: skip
    for sheet, *_ in tables(annex):
        rows = foot_rows(sheet)
        for indicator, column in groups(sheet).items():
            found = sheet.cell(rows["mean"], column + 2).number_format
            assert found.split('"')[0] == formats[kind_of_unit(units[indicator])]


def test_pages_can_be_read_and_printed(annex):
    for sheet in list(annex.values)[1:]:
        assert (sheet.freeze_panes is not None and sheet.auto_filter.ref is not None) or (
            sheet.max_row <= FIRST_ROW + 3
        ), sheet.title
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.print_title_rows
        assert annex.county.county_name in sheet.oddHeader.left.text
        assert "&P" in sheet.oddFooter.right.text and "&N" in sheet.oddFooter.right.text
    for sheet in annex.values:
        assert len(sheet.title) <= 31 and not set("[]:*?/\\") & set(sheet.title)
    cover = annex.values.worksheets[0]
    links = {cell.hyperlink.location for row in cover.iter_rows() for cell in row if cell.hyperlink}
    assert links == {f"'{name}'!A1" for name in annex.values.sheetnames[1:]}


def test_the_same_version_gives_the_same_bytes(flawed):
    assert render(flawed.published, flawed.county, Templates()) == flawed.content


def test_cached_results_are_figures(annex):
    for sheet in annex.values:
        for row in sheet.iter_rows():
            for cell in row:
                value = cell.value
                assert not (isinstance(value, float) and not math.isfinite(value))
                assert not str(value).startswith("#"), (sheet.title, cell.coordinate)
