"""``marts.county_profile``: its parts add up to what the other marts say."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("topic", ["schools_by_kind", "schools_by_area", "schools_by_sponsor"])
def test_kinds_of_schools_add_up_to_the_schools_of_the_county(published, topic):
    rows = published.rows(
        """
        select profile.county_code, profile.school_year, sum(profile.value) as parts,
            any_value(total.value) as total, any_value(trend.value) as trend
        from marts.county_profile as profile
        join marts.county_profile as total using (county_code, school_year)
        left join marts.trend as trend
            on trend.county_code = profile.county_code
            and trend.school_year = profile.school_year
            and (trend.stage, trend.item_id) = ('all', 'schools')
        where profile.topic = ? and (total.topic, total.stage, total.category)
            = ('total', 'all', 'schools')
        group by all
        """,
        topic,
    )
    assert len(rows) > 20
    for row in rows:
        assert row["parts"] == row["total"] > 0, row
        assert row["trend"] in (None, row["total"]), row  # a code that ended has no trend


@pytest.mark.parametrize("topic", ["pupils_by_kind", "pupils_by_area", "pupils_by_sponsor"])
def test_kinds_of_pupils_add_up_to_the_enrolment(published, topic):
    rows = published.rows(
        """
        select county_code, school_year, stage, sum(value) as parts, any_value(pupils) as pupils
        from marts.county_profile join marts.county_enrolment
            using (county_code, school_year, stage)
        where topic = ? group by all
        """,
        topic,
    )
    assert rows and all(row["parts"] == row["pupils"] for row in rows)


def test_verdicts_add_up_to_the_sections_and_none_is_zero(published):
    rows = published.rows(
        """
        select county_code, school_year, stage, item_id, count(*) as verdicts, sum(value) as parts,
            any_value(sections + sections_missing) as sections
        from marts.county_profile join marts.county_coefficient as coefficient
            using (county_code, school_year, stage)
        where topic = 'sections_by_verdict' and item_id = indicator_id and standard_id = '2017'
        group by all
        """
    )
    assert rows
    for row in rows:
        assert (row["verdicts"], row["parts"]) == (4, row["sections"]), row


def test_attainment_adds_up_to_the_sections(published):
    rows = published.rows(
        """
        with section as (
            select county_code, school_year, stage, count(*) as sections
            from marts.school_attainment where standard_id = '2017' group by all
        )
        select county_code, school_year, stage, sum(value) as parts, any_value(sections) as sections
        from marts.county_profile join section using (county_code, school_year, stage)
        where topic = 'sections_by_attainment' group by all
        """
    )
    assert rows and all(row["parts"] == row["sections"] for row in rows)


def test_classes_over_the_standard_are_those_of_the_item(published):
    rows = published.rows(
        """
        select sum(profile.value) as parts, any_value(assessment.value) as item
        from marts.county_profile as profile
        join marts.county_assessment as assessment using (county_code, school_year)
        where (topic, category) = ('classes', 'over_standard') and assessment.item_id = 'G5'
            and county_code = '640221' and school_year = 2023
        """
    )
    assert [(row["parts"], row["item"]) for row in rows] == [(208, 208)]
