"""What an asset's page says: made from real tables, short enough to read."""

import duckdb
import pytest

from dagster_project.defs.described import markdown, published, selected, tables_of


def test_a_table_is_cut_to_what_is_read_at_a_glance():
    text = markdown(
        [f"c{n}" for n in range(20)], [[None, 0.1 + 0.2, "a|b\nc", "x" * 99, *range(16)]], 7
    )
    head, rule, row, _, rest = text.splitlines()
    assert head.count("|") == rule.count("|") == 13
    assert row.startswith("|  | 0.3 | a\\|b c | " + "x" * 59 + "… | 0 |")
    assert rest == "1 of 7 rows."


def test_tables_are_counted_and_only_published_ones_shown(tmp_path):
    path = tmp_path / "d.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema staging")
        connection.execute("create table marts.t as select range as n from range(1000)")
        connection.execute("create table staging.roster as select '张三' as name")
    found = tables_of(path)
    assert found["marts.t"]["dagster/row_count"] == 1000
    assert "5 of 1,000 rows." in found["marts.t"]["preview"].md_str
    assert found["staging.roster"] == {"dagster/row_count": 1}


def test_a_database_that_is_not_there_has_no_page(tmp_path):
    assert tables_of(tmp_path / "none.duckdb") == {}


@pytest.fixture(scope="module")
def manifest(flat_county):
    import json

    return json.loads((flat_county.settings.published / "manifest.json").read_text("utf-8"))


def test_a_publication_lists_its_tables_with_rows_and_hashes(flat_county, manifest):
    settings = flat_county.settings
    page = published(manifest, settings.database, settings.published)
    rows = {
        line.split(" | ")[0].strip("| "): line.split(" | ")[1]
        for line in page["preview"].md_str.splitlines()
    }
    (schools,) = flat_county.row("select count(*) from marts.dim_school")
    assert int(rows["marts.dim_school"]) == schools
    assert page["publish_id"] == settings.current.resolve().name


def test_row_counts_on_the_pages_are_those_of_the_tables(flat_county):
    found = tables_of(flat_county.settings.database)
    for name in ("marts.school_indicator", "marts.county_coefficient", "quality.rule"):
        (rows,) = flat_county.row(f"select count(*) from {name}")
        assert found[name]["dagster/row_count"] == rows


def test_the_selection_shows_its_schema(tmp_path):
    (tmp_path / "s").mkdir()
    duckdb.sql(
        "select 2023::smallint as school_year, 'autumn' as term, '1' as school_id,"
        " 'primary' as stage, 'x' as sha256"
    ).write_parquet(str(tmp_path / "s" / "current.parquet"))
    page = selected(tmp_path / "s")
    assert page["dagster/row_count"] == 1
    assert [c.name for c in page["dagster/column_schema"].columns][:2] == ["school_year", "term"]
    assert "| 2023 | autumn | 1 |" in page["preview"].md_str
