"""People read the clock of Beijing, and are told so."""

from datetime import UTC, datetime

import pytest

from dagster_project.messages.moments import beijing


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-28T16:29:47+00:00",
        "2026-11-28T16:29:47",
        datetime(2026, 11, 28, 16, 29, 47, tzinfo=UTC),
        "2026-11-29T00:29:47+08:00",
    ],
)
def test_a_moment_is_of_beijing_and_labelled(moment):
    assert beijing(moment).text("zh") == "2026-11-29 00:29（北京时间）"
    assert beijing(moment).text("en") == "2026-11-29 00:29 (Beijing time)"


def test_what_is_no_moment_stands_for_itself():
    assert beijing("").text("zh") == "" and beijing("?").text("en") == "?"
