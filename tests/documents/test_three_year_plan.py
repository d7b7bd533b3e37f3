"""A three-year plan with yearly targets: 宿城区 2019 to 2021."""

from __future__ import annotations

import pytest

COUNTY = "321302"
PLAN = "宿城区义务教育高质量发展三年(2019-2021)行动计划"
NEVER_LESS = {
    "education_budget": {2019: 1_163_000_000, 2020: 1_222_500_000, 2021: 1_287_400_000},
    "education_budget_per_pupil": None,
}

# Other data: 社团, 班主任津贴, 课题, 工作室, 岗位津贴, 招聘 and 退补相当 hold in every year …
EVERY_YEAR = (
    "club_share", "head_teacher_allowance_primary", "head_teacher_allowance_junior",
    "head_teacher_allowance_senior", "head_teacher_allowance_boarding", "micro_topics",
    "research_projects", "premium_topics", "studio_funding", "post_allowance_educator",
    "post_allowance_special_grade", "post_allowance_famous", "recruits_per_leaver",
    "teachers_recruited",
)  # fmt: skip
# … and 三通两平台, 集团化, 技能, 课题 of every teacher and the training of three years by its end.
BY_2021 = (
    "three_links_share", "group_share", "sports_skill_share", "art_skill_share",
    "teachers_with_topic_share", "training_general", "training_backbone", "training_advanced",
)  # fmt: skip


@pytest.fixture(scope="module")
def targets(documents) -> dict[tuple[str, int], tuple]:
    """(target, year) → comparator, target, actual, verdict, document."""
    rows = documents.query(
        "select target_id, school_year, comparator, target_value, actual_value, verdict, document"
        f" from marts.policy_target where county_code = '{COUNTY}'"
    )
    return {(target, year): tuple(rest) for target, year, *rest in rows}


def test_the_plan_has_these_targets_and_no_other(targets):
    every, from_2020 = (2019, 2020, 2021), (2020, 2021)
    assert set(targets) == {
        *(("super_66", year) for year in every),
        *(("oversize_56_share", year) for year in from_2020),
        *(("exchange", year) for year in every),
        *((budget, year) for budget in NEVER_LESS for year in every),
        *((name, year) for name in EVERY_YEAR for year in every),
        *(("smart_campus_share", year) for year in from_2020),
        *((name, 2021) for name in BY_2021),
    }
    assert {row[-1] for (name, _), row in targets.items() if name not in NEVER_LESS} == {PLAN}


def test_no_class_of_66_from_2019(targets):
    for year in (2019, 2020, 2021):
        assert targets["super_66", year][:4] == ("<=", 0, 0, "met")


def test_classes_of_56_are_basically_gone_by_2020(documents, targets):
    rows = documents.query(
        "select school_year, sum(oversize_56), sum(classes), max(largest_class)"
        " from marts.class_size"
        f" where county_code = '{COUNTY}' and term = 'autumn' group by all"
    )
    shares = {year: over / classes for year, over, classes, _ in rows}
    largest = {year: size for year, *_, size in rows}
    assert 56 <= largest[2019] < 66
    # many in 2019, before the target is due; next to none in 2020; none in 2021
    assert shares[2019] > 0.05 > shares[2020] > shares[2021] == 0
    for year in (2020, 2021):
        comparator, target, actual, verdict, _ = targets["oversize_56_share", year]
        assert (comparator, target, verdict) == ("<=", 0.05, "met")
        assert actual == pytest.approx(shares[year], rel=1e-12)


def test_15_percent_are_exchanged_every_year(documents, targets):
    moved = {2019: 126 / 820, 2020: 133 / 840, 2021: 142 / 850}
    for year, share in moved.items():
        assert targets["exchange", year][:4] == (">=", 0.15, pytest.approx(share), "met")
    # the plan stands beside the national verdict, which goes by the national 10 %
    rows = documents.query(
        "select threshold, verdict, evidence from marts.county_assessment"
        f" where county_code = '{COUNTY}' and item_id = 'G11' order by school_year"
    )
    assert [row[:2] for row in rows] == [(0.10, "met")] * 3
    assert not any(PLAN in evidence for *_, evidence in rows)


def test_a_draft_of_the_province_decides_nothing(documents):
    rows = documents.query(
        "select distinct threshold from marts.county_assessment"
        f" where county_code = '{COUNTY}' and item_id = 'Q1'"
    )
    assert rows == [(0.95,)]


@pytest.mark.parametrize("budget", NEVER_LESS)
def test_two_budgets_only_grow(targets, budget):
    years = [targets[budget, year] for year in (2019, 2020, 2021)]
    assert [row[0] for row in years] == [">="] * 3
    assert [row[1] for row in years] == [None, years[0][2], years[1][2]]
    assert [row[3] for row in years] == ["not_due", "met", "met"]
    assert years[0][2] < years[1][2] < years[2][2]
    if NEVER_LESS[budget]:
        assert [row[2] for row in years] == list(NEVER_LESS[budget].values())


def test_per_pupil_means_per_pupil_of_the_census(documents, targets):
    rows = documents.query(
        "select school_year, sum(pupils) from marts.county_enrolment"
        f" where county_code = '{COUNTY}' group by all"
    )
    for year, pupils in rows:
        per_pupil = targets["education_budget_per_pupil", year][2]
        assert per_pupil == pytest.approx(targets["education_budget", year][2] / pupils, abs=0.005)


def test_targets_of_the_plan_bind_nobody_else(documents):
    rows = documents.query(
        "select distinct county_code from marts.policy_target where document = ?", PLAN
    )
    assert rows == [(COUNTY,)]
    ((threshold,),) = documents.query(
        "select distinct threshold from marts.county_assessment"
        " where county_code = '640221' and school_year = 2023 and item_id = 'G11'"
    )
    assert threshold == 0.10
