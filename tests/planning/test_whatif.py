"""What-if on a small county whose figures can be checked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_county import county, drawn, sections

from dagster_project.planning.changes import ChangeInvalid, parse
from dagster_project.planning.compare import coefficient_rows
from dagster_project.planning.whatif import Scenario

RICH, POOR = [60, 20, 10, 6000, 9000, 3e6, 30], [30, 5, 9, 4000, 7000, 2.2e6, 23]


@pytest.fixture
def small():
    """Two primary schools of 1000, and a nine-year school of 100 and 200."""
    nine = np.array([10, 2, 2, 0, 0, 0, 0], float), np.array([20, 4, 3, 0, 0, 0, 0], float)
    stock = np.array([3200, 6400, 1.6e6, 16])
    share = 100 / (100 + 220), 220 / (100 + 220)
    for one, part in zip(nine, share, strict=True):
        one[3:] = stock * part
    return county(
        sections("primary", "ABN", [1000, 1000, 100], [RICH, POOR, nine[0]], [1, 1, share[0]]),
        sections("junior", "N", [200], [nine[1]], [share[1]]),
    )


def applied(before, **options):
    return Scenario(before).apply(parse(**options))


def figure(found, stage, school, identity):
    part = found.stages[stage]
    return part.numerator[part.school_ids.index(school), found.column(identity)]


def test_moved_teachers_count_in_every_kind_named(small):
    after = applied(small, move=["3:backbone+L3:A>B"])
    assert figure(after, "primary", "A", "L2") == 17
    assert figure(after, "primary", "B", "L2") == 8
    assert (figure(after, "primary", "A", "L3"), figure(after, "primary", "B", "L3")) == (7, 12)
    assert figure(after, "primary", "B", "L1") == 30
    before = small.spread("primary")
    assert after.spread("primary").mean == pytest.approx(before.mean)


def test_what_a_nine_year_school_gets_reaches_both_stages_by_weighted_pupils(small):
    after = applied(small, add=["640:L4:N"])
    assert figure(after, "primary", "N", "L4") == pytest.approx(1000 + 640 * 100 / 320)
    assert figure(after, "junior", "N", "L4") == pytest.approx(2200 + 640 * 220 / 320)


def test_a_merger_adds_up_and_splits_the_joint_stock_anew(small):
    after = applied(small, merge=["N+B"])
    part = after.stages["primary"]
    assert part.school_ids == ("A", "N")
    assert part.pupils.tolist() == [1000, 1100]
    assert figure(after, "primary", "N", "L1") == 40
    assert figure(after, "junior", "N", "L1") == 20
    assert figure(after, "primary", "N", "L4") == pytest.approx(7200 * 1100 / 1320)
    assert figure(after, "junior", "N", "L4") == pytest.approx(7200 * 220 / 1320)
    assert part.share[1] == pytest.approx(1100 / 1320)


def test_a_merged_school_answers_to_its_old_names(small):
    after = applied(small, merge=["A+B"], add=["100:L5:B"])
    assert figure(after, "primary", "A", "L5") == 16100


def test_gaps_close_in_whole_persons_and_exact_areas(small):
    after = applied(small, close_gaps=["L1,L4"])
    assert figure(after, "primary", "B", "L1") == 42
    assert figure(after, "primary", "B", "L4") == pytest.approx(4500)
    assert figure(after, "primary", "B", "L2") == 5
    gaps_closed = applied(small, close_gaps=["all"])
    assert all(gaps_closed.attains("primary")) and all(gaps_closed.attains("junior"))


def test_flagged_figures_leave_the_coefficient_only(small):
    part = small.stages["primary"]
    tainted = part.tainted.copy()
    tainted[1, 1] = True
    flagged = small.with_stage(replace(part, tainted=tainted))
    after = applied(flagged, leave_out_flagged=True)
    assert after.spread("primary").sections.tolist() == [3, 2, 3, 3, 3, 3, 3]
    assert after.spread("primary").missing.sum() == 0
    assert after.attains("primary") == small.attains("primary")
    whole = applied(flagged, leave_out=["B"])
    assert whole.spread("primary").cv[1] == after.spread("primary").cv[1]


@pytest.mark.parametrize(
    ("options", "part_of_sentence"),
    [
        ({"move": ["3:L4:A>B"]}, "cannot be moved"),
        ({"move": ["x:L2:A>B"]}, "is no amount"),
        ({"move": ["1.5:L2:A>B"]}, "whole ones"),
        ({"move": ["99:L2:A>B"]}, "has only 20"),
        ({"move": ["1:L2:A>N/junior"]}, "within one stage"),
        ({"move": ["1:L2:A"]}, "AMOUNT:KIND:FROM>TO"),
        ({"move": ["1:B1:A>B"]}, "no indicator 'B1'"),
        ({"add": ["1:L1:N"]}, "N/primary or N/junior"),
        ({"add": ["1:L1"]}, "AMOUNT:KIND:SCHOOL"),
        ({"merge": ["A"]}, "two or more schools"),
        ({"merge": ["A+A校"]}, "two different schools"),
        ({"leave_out": ["Z"]}, "No school"),
        ({"leave_out": ["A/junior"]}, "has no junior section"),
        ({"close_gaps": ["L8"]}, "no indicator 'L8'"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(small, options, part_of_sentence):
    with pytest.raises(ChangeInvalid, match=part_of_sentence.replace("(", r"\(")):
        applied(small, **options)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_closing_every_gap_makes_every_section_attain(seed):
    before = drawn(24, 4, seed, 0.6, 1.1)
    after = applied(before, close_gaps=["all"])
    for stage in after.stages:
        assert all(after.attains(stage))
        assert (after.stages[stage].numerator >= before.stages[stage].numerator).all()


def test_rows_show_old_beside_new(small):
    rows = {
        (row["stage"], row["indicator_id"]): row
        for row in coefficient_rows(small, applied(small, leave_out=["B"]))
    }
    row = rows["primary", "L2"]
    assert (row["sections_before"], row["sections_after"]) == (3, 2)
    assert row["verdict_before"] == "not_met" and row["verdict_after"] == "met"
    composite = rows["primary", "composite"]
    singles = [rows["primary", f"L{i}"]["cv_before"] for i in range(1, 8)]
    assert composite["cv_before"] == pytest.approx(sum(singles) / 7)


def test_a_senior_stage_keeps_its_part_of_a_merged_stock():
    """完全中学, junior and senior weigh 110 each; the other school has 110 of junior alone."""
    half = [10, 2, 2, 500, 900, 3e5, 2]
    before = county(sections("junior", "KJ", [100, 100], [half, half], [0.5, 1.0]))
    after = applied(before, merge=["K+J"])
    assert after.stages["junior"].share.tolist() == pytest.approx([220 / 330])
    assert figure(after, "junior", "K", "L4") == pytest.approx((500 / 0.5 + 500) * 220 / 330)
    assert figure(after, "junior", "K", "L1") == 20
