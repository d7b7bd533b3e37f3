"""Published claims without a warehouse: what follows from their own parts, what does not."""

import csv

import duckdb
import pytest

from dagster_project.audit.claims import audit, read_claims
from dagster_project.project import SEEDS
from dagster_project.transform.dbt_sql import render_macro

COLUMNS = (
    *("claim_id", "statement", "numerator", "denominator"),
    *("multiplier", "relation", "published", "decimals"),
)


@pytest.fixture
def audited(tmp_path):
    def run(*claims, columns=COLUMNS):
        path = tmp_path / "claims.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([columns, *claims])
        return audit(read_claims(path), None)

    return run


# numerator, denominator, multiplier, relation, printed, decimals → verdict of the parts
CASES = [
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
    (("-1", "8", "1", "=", "-0.13", "2"), "holds"),  # half goes away from zero
    (("1", "8", "1", "=", "-0.13", "2"), "does_not_hold"),
]


def test_what_follows_from_the_parts(audited):
    rows = audited(*((str(n), "…", *cells) for n, (cells, _) in enumerate(CASES)))
    assert list(rows["parts_verdict"]) == [expected for _, expected in CASES]


@pytest.mark.parametrize(
    ("cells", "verdict"),
    [
        (("1", "0", "100", "=", "5", "0"), "not_computable"),
        (("3+", "", "sum", "=", "3", "0"), "not_computable"),  # a missing part is not zero
        (("约12", "12", "100", "=", "5", "0"), "not_computable"),
        (("5", "12", "100", "=", "若干", "0"), "not_computable"),
        (("1", "2", "100", "=", "50", "0"), "not_checked"),  # its parts agree; nobody confirms them
        (("1", "2", "100", "=", "51", "0"), "does_not_hold"),
        (("", "", "", "=", "51", "0"), "not_checked"),
    ],
)
def test_nothing_holds_that_met_no_warehouse(audited, cells, verdict):
    assert list(audited(("X", "…", *cells))["verdict"]) == [verdict]


@pytest.mark.parametrize(
    ("part", "verdict"), [("9996", "rounding"), ("9923", "does_not_hold"), ("10000", "holds")]
)
def test_one_hundred_percent_says_that_nobody_is_missing(audited, part, verdict):
    columns = (*COLUMNS, "unit")
    rows = audited(("X", "…", part, "10000", "100", "=", "100", "0", "%"), columns=columns)
    assert list(rows["parts_verdict"]) == [verdict]


def test_headings_may_be_those_of_the_template_and_ids_may_come_twice(audited):
    columns = ("编号", "表述", "分子", "分母", "倍数", "关系", "公布值", "单位")
    rows = audited(
        ("A", "甲", "1", "3", "100", "=", "33.33", "%"),
        ("A", "乙", "1", "3", "100", "≥", "40", "%"),
        columns=columns,
    )
    # without a column for them, the printed figure says its decimals
    assert list(rows["parts_verdict"]) == ["holds", "does_not_hold"]
    assert list(rows["statement"]) == ["甲", "乙"]


def test_no_wording_means_two_figures():
    """By the key that the query compares: blanks and punctuation do not tell wordings apart."""
    sql = render_macro("claim_key", text="statement")
    two = duckdb.sql(
        f"select scope, {sql} as wording from '{SEEDS / 'claim_statement.csv'}'"
        " group by all having count(distinct (measure, item_id, coalesce(stage, ''))) > 1"
    ).fetchall()
    assert two == []


def test_the_three_slips_of_the_published_circulars_and_no_other(shared):
    rows = audit(read_claims(shared / "domain" / "published_claims.csv"), None)
    wrong = rows[rows["verdict"] != "not_checked"].set_index("claim_id")
    assert len(rows) == 32
    assert dict(wrong["verdict"]) == dict.fromkeys(["PL-17", "PL-20", "PL-23"], "does_not_hold")
    assert wrong.loc["PL-23", "recomputed"] == pytest.approx(0.54)
