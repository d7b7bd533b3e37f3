"""Published claims: what holds, what is rounding, what does not hold."""

from decimal import Decimal

import pytest

from dagster_project.claims import audit, read_claims

COLUMNS = (
    *("claim_id", "statement", "numerator", "denominator"),
    *("multiplier", "relation", "published", "decimals"),
)


def verdict(*cells):
    (claim,) = audit([dict(zip(COLUMNS, ("X", "…", *cells), strict=True))])
    return claim.verdict, claim.recomputed


CASES = [
    # numerator, denominator, multiplier, relation, printed, decimals → verdict
    (("17930", "428", "1", "=", "41.89", "2"), "holds"),
    (("143", "1081", "100", "=", "13.24", "2"), "does_not_hold"),
    (("664", "1107", "100", ">=", "60", "0"), "does_not_hold"),
    (("664", "1107", "100", ">=", "59", "0"), "holds"),
    (("7.5", "6.96", "diff", "=", "0.44", "2"), "does_not_hold"),
    (("7.5", "6.96", "diff", "=", "0.54", "2"), "holds"),
    (("1146+799", "", "sum", "=", "1945", "0"), "holds"),
    (("2", "3", "1", "=", "0.66", "2"), "rounding"),  # cut off instead of rounded
    (("1", "3", "1", "=", "0.34", "2"), "rounding"),  # rounded up instead of half up
    (("1", "8", "1", "=", "0.13", "2"), "holds"),  # 0.125 goes up
    (("1", "0", "100", "=", "5", "0"), "not_computable"),
    (("", "12", "100", "=", "5", "0"), "not_computable"),
    (("5", "12", "100", "=", "若干", "0"), "not_computable"),
]


@pytest.mark.parametrize(("cells", "expected"), CASES)
def test_verdict(cells, expected):
    assert verdict(*cells)[0] == expected


def test_a_missing_part_is_not_zero():
    assert verdict("3+", "", "sum", "=", "3", "0") == ("not_computable", None)


def test_the_three_slips_of_the_published_circulars_and_no_other(shared):
    claims = list(audit(read_claims(shared / "domain" / "published_claims.csv")))
    wrong = {c.claim_id: c.recomputed for c in claims if c.verdict != "holds"}
    assert len(claims) == 32
    assert set(wrong) == {"PL-17", "PL-20", "PL-23"}
    assert wrong["PL-23"] == Decimal("0.54")
