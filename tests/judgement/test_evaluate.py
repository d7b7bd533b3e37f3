"""Evaluation: what breaks, with its figures; rules that break themselves; frames as rules see."""

from __future__ import annotations

import dataclasses
import json

import duckdb
import pytest

from dagster_project.judgement.frames import build as frames
from dagster_project.judgement.rules import message as messages
from dagster_project.judgement.rules.catalogue import Catalogue
from dagster_project.judgement.scan import evaluate, predicate_sql


def flagged(verdict):
    return {(row["rule_id"], row["school_id"]) for row in verdict.violations.to_pylist()}


def only(catalogue, *starts):
    """The rules whose ids begin so: their frames are built faster than the whole catalogue's."""
    rules = tuple(rule for rule in catalogue.rules if rule.rule_id.startswith(starts))
    return dataclasses.replace(catalogue, rules=rules)


def judge(connection, catalogue):
    frames.build(connection, catalogue)
    return evaluate(connection, catalogue)


def test_a_school_with_pupils_and_no_classes_is_flagged_with_its_figures(census, catalogue):
    verdict = judge(census([{"pupils": 113, "classes": 0, "source_row": 57}]), catalogue)
    (row,) = verdict.violations.to_pylist()
    assert (row["rule_id"], row["frame"]) == ("classes.pupils_without_classes", "section")
    assert catalogue.rule(row["rule_id"]).severity == "hard"
    assert (row["school_year"], row["school_id"], row["stage"]) == (2023, "2164000001", "primary")
    assert (row["sha256"], row["source_row"], row["county_code"]) == ("f1", 57, "640221")
    assert json.loads(row["figures"]) == {"observed": 0.0, "pupils": 113.0, "classes": 0.0}
    assert verdict.broken == ()
    assert set(verdict.judged) == {rule.rule_id for rule in catalogue.rules}


def test_a_sound_school_is_not_flagged(census, catalogue):
    row = {"pupils": 113, "pupils_girls": 60, "classes": 6, "teachers": 12, "backbone_teachers": 2}
    assert judge(census([row]), catalogue).violations.num_rows == 0


@pytest.mark.parametrize("sql", ["no_such_column > 0", "pupils > cast('a' as integer)",
                                 "error('bad') is null"])  # fmt: skip
def test_a_rule_that_breaks_is_set_aside_and_the_others_judged(census, catalogue, sql):
    catalogue = only(catalogue, "classes.", "pupils.one_sex")
    rule = catalogue.rule("pupils.one_sex_only")
    spoilt = dataclasses.replace(rule, fails_when=sql)
    others = tuple(spoilt if r is rule else r for r in catalogue.rules)
    connection = census([{"pupils": 113, "pupils_girls": 0, "classes": 0}])
    verdict = judge(connection, dataclasses.replace(catalogue, rules=others))
    assert [item.rule_id for item in verdict.broken] == [rule.rule_id]
    assert verdict.broken[0].error
    assert rule.rule_id not in verdict.judged
    assert len(verdict.judged) == len(catalogue.rules) - 1
    assert flagged(verdict) == {("classes.pupils_without_classes", "2164000001")}


def test_a_rule_whose_observed_breaks_says_nothing_about_the_data(census, catalogue):
    rule = catalogue.rule("classes.pupils_without_classes")
    spoilt = dataclasses.replace(rule, observed="cast('a' as integer)")
    connection = census([{"pupils": 113, "classes": 0}])
    verdict = judge(connection, Catalogue((spoilt,)))
    assert [item.rule_id for item in verdict.broken] == [rule.rule_id]
    assert verdict.judged == ()
    assert verdict.violations.num_rows == 0


def test_one_rule_alone_finds_the_same_rows(census, catalogue):
    catalogue = only(catalogue, "classes.", "pupils.one_sex")
    connection = census([{"pupils": 113, "classes": 0}, {"school_id": "2", "pupils": 9}])
    rule_id = "classes.pupils_without_classes"
    verdict = judge(connection, catalogue)
    of_rule = [r for r in verdict.violations.to_pylist() if r["rule_id"] == rule_id]
    alone = evaluate(connection, catalogue, [rule_id])
    assert len(of_rule) == 1 and alone.violations.to_pylist() == of_rule
    some = evaluate(connection, catalogue, ["pupils.one_sex_only"])
    assert (some.judged, some.violations.num_rows) == (("pupils.one_sex_only",), 0)


def test_limits_of_a_rule_are_part_of_its_predicate(catalogue):
    rule = dataclasses.replace(
        catalogue.rule("classes.pupils_without_classes"),
        stages=("junior",), standards=("2017",), vintages=("2021",), effective_from=2021,
        effective_to=2023,
    )  # fmt: skip
    rows = [
        ("junior", 2021, "2021", "2017,2012", True),
        ("primary", 2021, "2021", "2017,2012", False),
        ("junior", 2020, "2021", "2017,2012", False),
        ("junior", 2024, "2021", "2017,2012", False),
        ("junior", 2021, "2024", "2017,2012", False),
        ("junior", 2021, "2021", "general", False),
        ("junior", 2021, "2021", "20170", False),
    ]
    values = ", ".join(str((*row[:4], 113.0, 0.0)) for row in rows)
    found = duckdb.sql(
        f"select {predicate_sql(rule)} from (values {values}) "
        "t(stage, school_year, vintage, standards, pupils, classes)"
    ).fetchall()
    assert [verdict for (verdict,) in found] == [row[-1] for row in rows]


def test_years_join_on_the_school_and_the_stage_not_on_the_name(census, catalogue):
    rows = [
        {"school_year": 2022, "sha256": "f0", "pupils_grade_6": 39, "pupils": 302, "classes": 12},
        {
            "school_year": 2023,
            "school_name": "改名小学",
            "graduates": 55,
            "pupils": 340,
            "classes": 12,
        },
        {
            "school_year": 2023,
            "school_id": "2164000002",
            "graduates": 55,
            "pupils": 340,
            "classes": 12,
        },
    ]
    assert flagged(judge(census(rows), catalogue)) == {
        ("years.graduates_exceed_last_top_grade.primary", "2164000001")
    }


def test_a_section_reported_twice_is_flagged_and_does_not_multiply_last_years(census, catalogue):
    catalogue = only(catalogue, "stages.section", "years.graduates")
    rows = [{"school_year": year, "sha256": sha, "pupils": 100, "classes": 4}
            for year in (2022, 2023) for sha in ("f1", "f2")]  # fmt: skip
    connection = census(rows)
    verdict = judge(connection, catalogue)
    twice = [r for r in verdict.violations.to_pylist()
             if r["rule_id"] == "stages.section_reported_twice"]  # fmt: skip
    assert len(twice) == 4
    assert connection.execute("select count(*) from frame_section").fetchone() == (4,)


def test_shared_figures_of_the_stages_are_judged_once_per_school(census, catalogue):
    catalogue = only(catalogue, "premises.", "stages.")
    school = {"school_type_code": "312", "teaching_area_m2": 3000, "building_area_m2": 2000}
    rows = [
        {**school, "stage": stage, "pupils": 200, "classes": 5} for stage in ("primary", "junior")
    ]
    assert flagged(judge(census(rows), catalogue)) == {
        ("premises.part_exceeds_whole.teaching_area_m2", "2164000001")
    }
    rows[1]["teaching_area_m2"] = rows[0]["teaching_area_m2"] = 1500
    rows[1]["building_area_m2"] = 2600
    assert flagged(judge(census(rows), catalogue)) == {
        ("stages.shared_figure_differs.building_area_m2", "2164000001")
    }


def test_codes_are_looked_up_in_the_seeds(census, catalogue):
    catalogue = only(catalogue, "codes.", "stages.")
    rows = [{"pupils": 50, "classes": 2, "school_type_code": "999", "urban_rural_code": "111"},
            {"pupils": 50, "classes": 2, "school_id": "21", "school_type_code": "312"}]  # fmt: skip
    assert flagged(judge(census(rows), catalogue)) == {
        ("codes.unknown_code.school_type", "2164000001"),
        ("codes.school_id_shape", "21"),
        ("stages.form_of_junior_differs_from_type", "21"),
    }


def peers(count, **odd):
    plain = [
        {"school_id": f"21640{n:05d}", "pupils": 300 + n, "classes": 10, "books": 9000 + 90 * n}
        for n in range(count)
    ]
    return [*plain, {"school_id": "2164099999", "pupils": 300, "classes": 10, **odd}]


def test_a_figure_far_from_its_peers_is_an_outlier_and_a_large_one_is_not(census, catalogue):
    catalogue = only(catalogue, "peers.level")
    rule = ("peers.level_outlier.books_per_pupil", "2164099999")
    assert rule in flagged(judge(census(peers(30, books=90000)), catalogue))
    assert rule not in flagged(judge(census(peers(30, books=27000)), catalogue))
    assert rule not in flagged(judge(census(peers(10, books=90000)), catalogue))


def test_two_schools_with_the_same_rows_name_each_other(census, catalogue):
    catalogue = only(catalogue, "stages.twin")
    figures = {"pupils": 361, "pupils_girls": 172, "classes": 12, "pupils_grade_1": 61,
               "pupils_grade_2": 58, "pupils_grade_3": 63, "pupils_grade_4": 57,
               "pupils_grade_5": 60, "pupils_grade_6": 62, "graduates": 59}  # fmt: skip
    rows = [{**figures, "school_id": f"216400000{n}"} for n in (1, 2)]
    rows.append({**figures, "school_id": "2164000003", "pupils_grade_1": 60, "pupils_grade_2": 59})
    verdict = judge(census(rows), catalogue)
    twins = {row["school_id"]: json.loads(row["figures"])["twin_pupils"]
             for row in verdict.violations.to_pylist()
             if row["rule_id"] == "stages.twin_figures.pupils"}  # fmt: skip
    assert twins == {"2164000001": "2164000002", "2164000002": "2164000001"}


def test_a_county_whose_schools_did_not_report(census, catalogue):
    catalogue = only(catalogue, "county.")
    rows = [{"school_year": year, "school_id": f"21640000{n:02d}", "pupils": 300, "classes": 9}
            for year in (2022, 2023) for n in range(12) if year == 2022 or n < 7]  # fmt: skip
    verdict = judge(census(rows), catalogue)
    county = {row["rule_id"]: json.loads(row["figures"]) for row in verdict.violations.to_pylist()
              if row["frame"] == "county"}  # fmt: skip
    assert county.keys() == {"county.schools_gone", "county.school_count_changed",
                             "county.pupils_changed"}  # fmt: skip
    assert county["county.schools_gone"]["schools_gone"] == 5


def test_flags_come_in_the_same_order_every_time(census, catalogue):
    catalogue = only(catalogue, "classes.", "pupils.sum")
    rows = [{"school_id": f"21640000{n:02d}", "pupils": 113, "classes": 0} for n in range(40)]
    first, second = (judge(census(r), catalogue).violations for r in (rows, rows[::-1]))
    assert first.drop_columns(["source_row"]).equals(second.drop_columns(["source_row"]))


def village(number: int, **more) -> dict:
    """A village school of 30 pupils in four classes; ``more`` makes it a town school."""
    usual = {"school_id": f"21640{number:05}", "urban_rural_code": "220", "pupils": 30,
             "classes": 4, "teachers": 6}  # fmt: skip
    return {**usual, **more}


TOWN = {"urban_rural_code": "121", "pupils": 640, "classes": 16, "teachers": 40}


@pytest.mark.parametrize(
    ("odd", "is_flagged"),
    [
        (TOWN, False),  # one more ordinary town school among forty villages
        (TOWN | {"classes": 2}, True),  # its classes left out
        (TOWN | {"pupils": 150, "classes": 3}, False),  # a small one, alone of its kind
        ({"pupils": 150, "classes": 3}, True),  # a village school, and villages of its size differ
    ],
)
def test_peers_are_of_the_same_kind_of_area_and_size(census, catalogue, odd, is_flagged):
    rows = [village(number, classes=4 + number % 3) for number in range(40)]
    rows += [village(number, pupils=120, classes=14) for number in range(50, 74)]
    rows += [village(number, **TOWN | {"pupils": 600 + number}) for number in (101, 102, 103)]
    rows.append(village(199, **odd))
    verdict = judge(census(rows), only(catalogue, "peers.level_outlier.pupils_per_class"))
    found = {row["school_id"] for row in verdict.violations.to_pylist()}
    assert found == ({"2164000199"} if is_flagged else set())


def with_succession(connection, *rows):
    connection.execute(f"create temp table succession ({frames.OPTIONAL_RELATIONS['succession']})")
    connection.executemany("insert into succession values (?, ?, ?, ?, ?)", rows)
    return connection


OWN, OTHER, THIRD = "2164000001", "2164000002", "2164000003"


@pytest.mark.parametrize(
    ("succession", "flagged_rules"),
    [
        # nobody said that OTHER was merged into OWN
        ([], {"flow.opening_differs_from_last_year", "years.grade_jumps_up.pupils_grade_1",
              "years.graduates_exceed_last_top_grade.primary"}),
        ([(OTHER, OWN, 2023, "merge", 1.0)], set()),
        # only half of OTHER came, so the opening of both is beyond what the school can have had
        ([(OTHER, OWN, 2023, "split", 0.5), (OTHER, THIRD, 2023, "split", 0.5)],
         {"flow.opening_differs_after_merger"}),
        ([(OTHER, OWN, 2022, "merge", 1.0)],  # a merger of another year explains nothing
         {"flow.opening_differs_from_last_year", "years.grade_jumps_up.pupils_grade_1",
          "years.graduates_exceed_last_top_grade.primary"}),
    ],
)  # fmt: skip
def test_a_merger_explains_what_it_moved(census, catalogue, succession, flagged_rules):
    grades = dict.fromkeys(("pupils_grade_1", "pupils_grade_6"), 50)
    last = {"school_year": 2022, "sha256": "f0", "pupils": 300, **grades}
    rows = [
        last, {**last, "school_id": OTHER, "pupils": 250},
        {"pupils": 330, "pupils_grade_2": 100, "graduates": 90, "flow_opening": 550},
    ]  # fmt: skip
    connection = with_succession(census(rows), *succession) if succession else census(rows)
    verdict = judge(connection, only(catalogue, "years.grad", "flow.opening"))
    found = {row["rule_id"] for row in verdict.violations.to_pylist() if row["school_id"] == OWN}
    assert found == flagged_rules


@pytest.mark.parametrize(
    ("pupils", "flagged_years"),
    [
        ((300, 3020, 302), {2022}),  # the slip, and then the right figure again
        ((300, 302, 3020), {2023}),
        ((300, 30, 302), {2022}),
    ],
)
def test_the_right_figure_after_a_slip_is_not_flagged(census, catalogue, pupils, flagged_years):
    rows = [{"school_year": 2021 + n, "sha256": f"f{n}", "pupils": p} for n, p in enumerate(pupils)]
    verdict = judge(census(rows), only(catalogue, "years.digit_slip.pupils"))
    assert {row["school_year"] for row in verdict.violations.to_pylist()} == flagged_years


def test_closures_that_the_successions_tell_are_no_missing_schools(census, catalogue):
    ids = [f"21640000{n:02}" for n in range(1, 21)]
    rows = [{"school_id": i, "school_year": 2022, "sha256": "f0", "pupils": 40} for i in ids]
    rows += [{"school_id": i, "pupils": 200} for i in ids[:5]]
    rules = only(catalogue, "county.school")
    assert {rule for rule, _ in flagged(judge(census(rows), rules))} == {
        "county.schools_gone", "county.school_count_changed",
    }  # fmt: skip
    told = [(i, ids[n % 5], 2023, "merge", 1.0) for n, i in enumerate(ids[5:])]
    assert flagged(judge(with_succession(census(rows), *told), rules)) == set()


@pytest.mark.parametrize(
    ("row", "rules"),
    [
        ({"county_code": "640221"}, set()),
        ({"county_code": "640212"}, {"codes.county_unknown"}),
        ({"county_code": "640200"}, set()),  # a school of the city itself
        ({"county_code": "110100"}, {"codes.county_unknown"}),  # 市辖区 names no place
        ({"county_code": "640212", "county_is_named": True}, set()),  # the profile's own list
        ({"county_code": "640212", "standards": "general"}, set()),  # codes of another country
        ({"county_code": "06", "standards": "general"}, set()),
        # 石嘴山区 became 惠农区 in 2004, 惠农县 went with it; 密云县 became 密云区 in 2015
        ({"county_code": "640223", "county_name": "惠农县"}, {"codes.county_code_not_in_force"}),
        ({"county_code": "110228", "county_name": "密云县", "school_year": 2014}, set()),
        ({"county_code": "110118", "county_name": "密云区", "school_year": 2012},
         {"codes.county_code_not_in_force"}),
        ({"county_code": "640205"}, {"codes.county_name_of_another"}),  # 惠农区, beside 平罗县
        ({"county_code": "640205", "county_name": "样例新区"}, set()),
        ({"county_code": "640221", "county_name": None}, set()),
    ],
)  # fmt: skip
def test_county_codes_are_those_of_the_dated_national_list(census, catalogue, row, rules):
    assert {rule for rule, _ in flagged(judge(census([row]), only(catalogue, "codes.c")))} == rules


def test_a_school_of_an_unknown_county_is_flagged_where_it_counts(census, catalogue):
    connection = census([{"pupils": 100}])
    connection.execute("create temp table counted_county as select 2023::smallint as school_year, "
                       "'autumn' as term, '2164000001' as school_id, '640212' as reported_code, "
                       "'640221' as county_code, '平罗县' as county_name")  # fmt: skip
    (row,) = judge(connection, only(catalogue, "codes.c")).violations.to_pylist()
    assert (row["rule_id"], row["county_code"]) == ("codes.county_unknown", "640221")
    rule = catalogue.rule(row["rule_id"])
    said = messages.write_message(rule, row | json.loads(row["figures"]))
    assert said.startswith(
        "所属区县代码填报“640212”，行政区划代码表里没有这个代码；学校暂按平罗县（640221）统计"
    )


@pytest.mark.parametrize(
    ("row", "rules"),
    [
        ({"urban_rural_code": "220", "urban_rural_label": "村庄"}, set()),
        ({"urban_rural_code": "220", "urban_rural_label": "乡村"}, set()),  # its group
        ({"urban_rural_code": "220", "urban_rural_label": "镇中心区"},
         {"codes.word_differs.urban_rural"}),
        ({"urban_rural_code": "220", "urban_rural_label": "镇区"},
         {"codes.word_differs.urban_rural"}),
        ({"urban_rural_code": "122", "urban_rural_label": "镇中心区"},
         {"codes.word_differs.urban_rural"}),
        ({"urban_rural_code": "220", "urban_rural_label": "其他"}, set()),  # a word of no code
        ({"school_type_code": "311", "school_type_label": "小学"},
         {"codes.word_differs.school_type"}),
        ({"sponsor_code": "999", "sponsor_label": "县级教育部门"}, {"codes.word_differs.sponsor"}),
        ({"sponsor_code": "831", "sponsor_label": "教育部门"}, set()),
    ],
)  # fmt: skip
def test_a_code_is_held_against_the_word_beside_it(census, catalogue, row, rules):
    rules_of_words = only(catalogue, "codes.word_differs")
    assert {rule for rule, _ in flagged(judge(census([row]), rules_of_words))} == rules
