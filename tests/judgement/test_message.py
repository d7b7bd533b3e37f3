"""Figures are written as people write them."""

from __future__ import annotations

import pytest

from dagster_project.judgement.rules import message as messages
from dagster_project.judgement.rules.message import fill_in, write_figure


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (113.0, None, "113"),
        (0.0, None, "0"),
        (-3.0, None, "-3"),
        (12.5, None, "12.5"),
        (12.3456, None, "12.35"),
        (-0.001, None, "0"),
        (0.003, None, "0.003"),
        (0.0000123, None, "0.000012"),
        (0.0299, None, "0.03"),
        (1234567.0, None, "1234567"),
        (800.0, "m2", "800.00"),
        (81829700.0, "wan", "8182.97"),
        (20000.0, "wan", "2"),
        (1.0407, "pct", "104.1%"),
        (0.05, "pct", "5%"),
        (None, None, "未填"),
        (None, "wan", "未填"),
        ("211", None, "211"),
        (True, None, "是"),
        (False, None, "否"),
    ],
)
def test_figure(value, style, text):
    assert write_figure(value, style) == text


def test_areas_of_the_dictionary_take_two_decimals_also_last_years():
    said = fill_in(
        "{site_area_m2} / {prev_site_area_m2} / {least_site_area_m2} / {pupils}",
        {"site_area_m2": 20000.0, "prev_site_area_m2": 30.5, "least_site_area_m2": None,
         "pupils": 30.0},
    )  # fmt: skip
    assert said == "20000.00 / 30.50 / 未填 / 30"


def test_a_placeholder_without_a_figure_is_an_error():
    with pytest.raises(KeyError):
        fill_in("{pupils}", {})


def test_message_expected_and_observed_of_a_rule(catalogue):
    rule = catalogue.rule("premises.part_exceeds_whole.equipment_value_yuan")
    figures = {
        "equipment_value_yuan": 20000000000.0,
        "fixed_assets_yuan": 5000000.0,
        "observed": 20000000000.0,
    }
    assert messages.write_message(rule, figures) == (
        "教学仪器设备资产值 2000000 万元，大于固定资产总值 500 万元。"
    )
    assert messages.write_expected(rule, figures) == "不超过 500 万元"
    assert messages.write_observed(figures) == "20000000000"


def test_no_message_leaves_a_placeholder_or_a_python_word(catalogue):
    for rule in catalogue.rules:
        names = {p[1] for t in (rule.message, rule.expected)
                 for p in messages.PLACEHOLDER.finditer(t)}  # fmt: skip
        for value in (12.0, None):
            figures = dict.fromkeys(names, value)
            if rule.frame == "entry":  # a reader's own sentence ends as a sentence does
                figures["said"] = "请核对。"
            if messages.AT_FAULT in names:  # fields with their figures, not one figure
                figures[messages.AT_FAULT] = "pupils=-3.0,classes="
            text = messages.write_message(rule, figures)
            assert (
                "{" not in text and "None" not in text and "12.0" not in text.replace("12.00", "")
            )
            assert text.endswith(("。", "！", "？"))
