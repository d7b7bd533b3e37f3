"""The shipped samples are as a census should be: nothing in them is flagged."""

from __future__ import annotations

from tests.load.flawed import COUNTY


def test_only_the_flawed_county_is_flagged(documents):
    found = documents.query(
        "select rule_id, county_code, school_id, message from quality.flag where county_code <> ?",
        COUNTY,
    )
    assert found == []
    assert documents.query("select count(*) > 0 from quality.flag") == [(True,)]
