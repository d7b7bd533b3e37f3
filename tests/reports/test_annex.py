"""Every figure in the annex workbook is its mart's cell, and none is invented."""

from __future__ import annotations

from bisect import bisect
from io import BytesIO

import pytest
import yaml
from xlsxwriter import Workbook

from dagster_project.figures.published import Published
from dagster_project.project import DBT
from dagster_project.reports.annex import contents, lists
from dagster_project.reports.annex.looks import Looks
from dagster_project.reports.annex.page import Page
from tests.reports.annex_reading import (
    FIRST_ROW,
    FIRST_SCHOOL,
    LAYOUT,
    STAGES,
    annex_of,
    equal,
    foot_rows,
    groups,
    opened,
    same,
    tables,
    told,
    told_together,
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
                assert sheet.cell(rows["cv"], first + 4).value == VERDICTS[told(mart)]
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
        assert (line["verdict"] or None) == (VERDICTS[told(mart)] if mart["verdict"] else None)
    for mart in composites:
        line = listed[STAGES[mart["stage"]], mart["standard_id"], None]
        assert same(line["cv"], mart["composite_cv"])
        assert line["cv_limit"] == mart["composite_limit"]
        assert line["verdict"] == VERDICTS[told_together(mart, coefficients)]


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


def test_how_many_items_have_which_verdict(annex):
    page = LAYOUT["lists"]["items"]
    rows = list(annex.values[page["name"]].iter_rows(min_row=FIRST_ROW, values_only=True))
    (mart,) = annex.mart("marts.county_verdict")
    shown = {row[0]: row[5] for row in rows if row[0] in page["counts"].values()}
    assert shown == {label: mart[f"items_{key}"] for key, label in page["counts"].items()}


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


def test_targets_of_a_plan_stand_where_there_is_a_plan(written):
    name = LAYOUT["lists"]["targets"]["name"]
    assert name not in written["sample"].values.sheetnames
    marts = {row["target_id"]: row for row in written["pioneer"].mart("marts.policy_target")}
    listed = {row["target_id"]: row for row in written["pioneer"].list_rows("targets")}
    assert set(listed) == set(marts) != set()
    for key, row in listed.items():
        assert same(row["target_value"], marts[key]["target_value"])
        assert same(row["actual_value"], marts[key]["actual_value"])
        assert row["verdict"] == VERDICTS[marts[key]["verdict"]]


def test_more_restatements_than_the_page_holds_are_counted():
    """No restatement of these counties: the rows are as publishing writes them."""
    book = yaml.safe_load((DBT / "models" / "marts" / "restatement.yml").read_text("utf-8"))
    columns = [column["name"] for column in book["models"][0]["columns"]]
    row = {name: f"=new {name}" for name in columns} | {"kind": "changed"}
    words = {**LAYOUT["lists"]["restatements"], "most_rows": 2}
    layout = {**LAYOUT, "lists": {**LAYOUT["lists"], "restatements": words}}
    stream = BytesIO()
    book = Workbook(stream, {"in_memory": True})
    page = Page(book.add_worksheet("更正"), Looks(book, "黑体"), LAYOUT)
    lists.write(page, contents.restatements([row] * 7, layout))
    book.close()
    sheet = opened(stream.getvalue(), values=True)["更正"]
    assert sheet.cell(FIRST_ROW, 5).value == "=new old_value"
    assert sheet.cell(FIRST_ROW, 7).value == LAYOUT["words"]["restatement"]["changed"]
    assert "5" in sheet.cell(FIRST_ROW + 2, 1).value


@pytest.fixture(scope="module")
def from_workbooks(workbook_county):
    """The sample county from one workbook a school: many files, sheets and forms."""
    with Published(workbook_county.settings.warehouse) as published:
        yield annex_of(published, *COUNTIES["sample"])


def test_figures_lead_back_to_file_sheet_and_cell(annex):
    """The cells named on the page are those that quality.figure_origin names, all of them."""
    shown, origins = named_cells(annex), origins_of(annex)
    assert shown == origins and shown


def test_figures_of_many_files_lead_back_too(from_workbooks):
    shown = named_cells(from_workbooks)
    assert shown == origins_of(from_workbooks)
    assert len({path for *_, path, _, _ in shown}) == 28


def named_cells(annex):
    """School, stage, field, file, sheet and cell of every cell that the page names."""
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
    return shown


def origins_of(annex):
    """The same from the marts, for the fields of both national standards."""
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
    return {tuple(row.values()) for row in origins}


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
