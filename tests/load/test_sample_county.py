"""The sample county reproduces what the county published, from both file shapes."""

from decimal import ROUND_HALF_UP, Decimal

import pytest

# 平罗县 2023, published means and coefficients (DOMAIN §7, county_cv_2017_7ind.csv).
PUBLISHED = {
    "primary": {
        "L1": ("6.31", "0.34"),
        "L2": ("2.57", "0.45"),
        "L3": ("1.07", "0.25"),
        "L4": ("6.11", "0.38"),
        "L5": ("11.15", "0.41"),
        "L6": ("4564", "0.22"),
        "L7": ("2.76", "0.15"),
    },
    "junior": {
        "L1": ("7.67", "0.12"),
        "L2": ("2.60", "0.25"),
        "L3": ("1.05", "0.17"),
        "L4": ("7.55", "0.14"),
        "L5": ("12.86", "0.15"),
        "L6": ("6079", "0.21"),
        "L7": ("2.77", "0.09"),
    },
}


@pytest.fixture(params=["flat_county", "workbook_county"])
def county(request):
    return request.getfixturevalue(request.param)


def printed(value: float, like: str) -> str:
    """``value`` rounded once, half up, to as many decimals as ``like`` has."""
    return str(Decimal(repr(value)).quantize(Decimal(like), ROUND_HALF_UP))


def test_the_load_is_clean(county):
    assert county.exit_code == 0
    assert county.query("select count(*) from quality.rejected_file") == [(0,)]
    assert county.query("select count(*) from quality.drift") == [(0,)]


@pytest.mark.parametrize("stage", PUBLISHED)
def test_published_means_and_coefficients(county, stage):
    rows = county.query(
        "select indicator_id, mean, cv, verdict from marts.county_coefficient"
        " where standard_id = '2017' and stage = ?",
        stage,
    )
    assert {i: (printed(m, PUBLISHED[stage][i][0]), printed(c, "0.01")) for i, m, c, _ in rows} == (
        PUBLISHED[stage]
    )
    assert {verdict for *_, verdict in rows} == {"met"}


def test_published_totals(county):
    rows = county.query(
        "select stage, pupils, classes, teachers from marts.county_enrolment order by stage desc"
    )
    assert rows == [("primary", 17930, 428, 1132), ("junior", 9883, 213, 771)]


def test_the_sections_below_a_threshold_are_the_two_named_ones(county):
    rows = county.query(
        "select school_name, indicator_id, round(value, 6), verdict, round(gap_per_pupil, 6)"
        " from marts.school_indicator where standard_id = '2017' and verdict <> 'met'"
        " order by school_name"
    )
    assert rows == [
        ("城关一小", "L5", 6.96, "floor", 0.54),
        ("城关八小", "L4", 4.28, "floor", 0.22),
    ]


def test_every_section_attains(county):
    rows = county.query("select stage, attains, count(*) from marts.school_attainment group by all")
    assert sorted(rows) == [("junior", True, 9), ("primary", True, 22)]


def test_contributions_add_up_to_one(county):
    rows = county.query(
        "select sum(share) from marts.cv_contribution"
        " group by school_year, county_code, stage, standard_id, indicator_id"
    )
    assert rows and all(abs(total - 1) < 1e-9 for (total,) in rows)


def test_a_figure_leads_back_to_its_cell(county):
    import python_calamine

    rows = county.query(
        """
        select origin.path, origin.sheet, origin.cell
        from quality.figure_origin as origin
        join marts.dim_school as school using (school_year, school_id)
        where school.school_name = '平罗四中' and origin.stage = 'junior'
            and origin.field_id = 'pupils'
        """
    )
    ((path, sheet, cell),) = rows
    book = python_calamine.CalamineWorkbook.from_path(county.settings.raw / path)
    letters = cell.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    row = int(cell[len(letters) :])
    cells = book.get_sheet_by_name(sheet or book.sheet_names[0]).to_python(skip_empty_area=False)
    assert float(cells[row - 1][column - 1]) == 2016


def test_both_shapes_publish_the_same_figures(flat_county, workbook_county):
    sql = (
        "select school_id, stage, indicator_id, standard_id, numerator, pupils, value, verdict"
        " from marts.school_indicator where standard_id = '2017' order by all"
    )
    assert flat_county.query(sql) == workbook_county.query(sql)


def test_nothing_published_is_infinite_or_not_a_number(county):
    columns = county.query(
        "select schema_name, table_name, column_name from duckdb_columns()"
        " where schema_name in ('marts', 'quality', 'ref') and data_type = 'DOUBLE'"
    )
    assert len(columns) > 30
    for schema, table, column in columns:
        bad = county.query(
            f'select count(*) from "{schema}"."{table}" where not isfinite("{column}")'
        )
        assert bad == [(0,)], f"{schema}.{table}.{column}"


def test_every_table_and_column_carries_a_comment(county):
    bare = county.query(
        """
        select schema_name || '.' || table_name from duckdb_tables()
        where schema_name in ('marts', 'quality', 'ref') and comment is null
        union all
        select schema_name || '.' || table_name || '.' || column_name from duckdb_columns()
        where schema_name in ('marts', 'quality', 'ref') and comment is null
            and table_name in (select table_name from duckdb_tables())
        """
    )
    assert bare == []
