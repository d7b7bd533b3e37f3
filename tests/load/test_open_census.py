"""The real open census: eight years in one load, its published totals in every row."""

import csv


def test_all_files_load(open_census):
    assert open_census.exit_code == 0
    rows = open_census.query("select school_year, vintage from quality.load order by 1")
    assert [year for year, _ in rows] == list(range(2014, 2022))
    assert {vintage for _, vintage in rows} == {"28", "29", "30"}


def test_pupils_per_county_and_year_are_the_published_ones_in_every_row(open_census, shared):
    path = shared / "census" / "tw_moe_basec" / "published_county_pupils_103_110.csv"
    with path.open(encoding="utf-8-sig") as file:
        published = {
            (int(row["學年度"]) + 1911, row["縣市別"]): float(row["國小[人]"])
            for row in csv.DictReader(file)
        }
    loaded = {
        (year, county): pupils
        for year, county, pupils in open_census.query(
            "select school_year, county_name, pupils from marts.county_enrolment"
        )
    }
    assert len(published) == 154
    assert {key: loaded.get(key) for key in published} == published


def test_a_county_with_two_codes_is_one_county(open_census):
    rows = open_census.query(
        "select school_year, count(*), count(distinct county_code), count(distinct county_name)"
        " from marts.county_enrolment group by 1"
    )
    assert {tuple(counts) for _, *counts in rows} == {(22, 22, 22)}


def test_national_totals_are_those_of_the_raw_files(open_census, shared):
    expected = {}
    for path in (shared / "census" / "tw_moe_basec").glob("*_basec.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        total = {"班級數": 0, "學生數": 0, "專任教師": 0, "畢業生": 0}
        for row in rows:
            for label, token in row.items():
                for kind in total:
                    if kind in label:
                        total[kind] += int(token)
        expected[int(path.name[:3]) + 1911] = (len(rows), *total.values())
    loaded = {
        year: tuple(map(int, numbers))
        for year, *numbers in open_census.query(
            "select school_year, sum(schools), sum(classes), sum(pupils), sum(teachers),"
            " sum(graduates) from marts.county_enrolment group by 1"
        )
    }
    assert loaded == expected


def test_what_the_source_has_gets_coefficients_and_the_rest_is_not_invented(open_census):
    rows = open_census.query(
        "select indicator_id, count(*), count(cv) from marts.county_coefficient"
        " group by 1 order by 1"
    )
    assert rows == [(indicator, 22 * 8, 22 * 8) for indicator in ("C1", "C2", "C3")]
    assert open_census.query("select count(*) from marts.school_attainment") == [(0,)]


def test_leading_zeros_stay(open_census):
    ((found,),) = open_census.query(
        "select count(distinct school_id) from marts.dim_school"
        " where school_id like '0%' and length(school_id) = 6"
    )
    assert found > 100
