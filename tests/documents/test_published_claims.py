"""Claims against the warehouse: what counties print in their own words, true and false."""

import csv

import pytest
from typer.testing import CliRunner

from dagster_project.audit.claims import audit, read_claims
from dagster_project.cli.app import app
from dagster_project.publish.versions import in_force


@pytest.fixture(scope="module")
def audited(documents, tmp_path_factory):
    def run(*claims):
        path = tmp_path_factory.mktemp("claims") / "claims.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(
                ["claim_id", "county", "school_year", "stage", "statement", "published", "unit"]
            )
            writer.writerows((n, *claim) for n, claim in enumerate(claims))
        return audit(read_claims(path), documents.settings.database)

    return run


def _place(documents):
    """The record's county as the warehouse calls it, and the figures that its claims speak of."""
    (code, name), *_ = documents.query(
        "select county_code, county_name from marts.county_verdict where school_year = 2022"
        " and county_code like '62%'"
    )
    return code, name


# What the record could have printed falsely, by any wording: (stage, wording, printed, unit)
FALSE = [
    ("county", "六年巩固率", "100", "%"),
    ("county", "小学巩固率", "100.00", "%"),
    ("county", "全县专任教师数", "900", "人"),
    ("county", "2022年教育经费", "3.00", "亿元"),
    ("county", "一般公共预算教育支出", "30000.0", "万元"),
    ("county", "小学数", "107", "所"),
    ("county", "56人及以上班级数", "7", "个"),
    ("county", "教育经费比上年增长", "9.9", "%"),
    ("county", "义务教育学校总数", "20", "所"),
    ("junior", "平均班额", "39.99", "人"),
]


def test_a_false_claim_holds_in_no_wording(documents, audited):
    _, name = _place(documents)
    rows = audited(*((name, 2022, *claim) for claim in FALSE))
    assert list(rows["understanding"]) == ["figure"] * len(FALSE)
    assert list(rows["verdict"]) == ["does_not_hold"] * len(FALSE)


def test_true_claims_hold_in_their_units(documents, audited):
    _, name = _place(documents)
    # seeds/pioneer_county_record_2022.txt: 2.57 亿元, 3.6 % more, 19 schools (16 + 3), 99.76 %
    rows = audited(
        (name, 2022, "county", "教育经费投入", "2.57", "亿元"),
        (name, 2022, "county", f"{name}教育经费较上年增长", "3.6", "%"),
        (name, 2022, "county", "全县义务教育学校数", "19", "所"),
        (name, 2022, "county", "九年义务教育巩固率 达到", "99.76", "%"),
    )
    assert list(rows["verdict"]) == ["holds"] * 4


def test_a_school_and_a_city_are_understood(audited):
    rows = audited(
        ("平罗县", 2023, "primary", "城关一小生均体育运动场馆面积", "6.96", "平方米"),
        ("平罗县", 2023, "primary", "城关一小生均体育场馆面积缺口", "0.44", "平方米"),
        ("平罗县", "", "county", "残疾儿童、少年入学率", "97.67", "%"),
    )
    assert list(rows["verdict"]) == ["holds", "does_not_hold", "holds"]
    assert rows["warehouse_value"][1] == pytest.approx(0.54, abs=0.005)
    assert rows["compared_year"][2] == 2023  # a claim without a year: the newest


def test_what_is_not_understood_or_not_loaded_is_not_checked(audited):
    rows = audited(
        ("平罗县", 2023, "county", "年度最美教师数", "12", "人"),
        ("平罗县", 1999, "county", "在校生数", "27813", "人"),
        ("无此县", 2023, "county", "在校生数", "27813", "人"),
    )
    assert list(rows["verdict"]) == ["not_checked"] * 3
    assert list(rows["understanding"]) == ["not_understood", "no_figure", "no_figure"]


def test_the_command_and_the_mart_say_the_same(documents, shared):
    """The lines of the public circulars as the samples carry them (S-…), and from their file."""
    loaded = {
        claim_id.removeprefix("S-"): rest
        for claim_id, *rest in documents.query(
            "select claim_id, recomputed, verdict, understanding, county_code"
            " from marts.claim_audit where claim_id like 'S-%'"
        )
    }
    claims = read_claims(shared / "domain" / "published_claims.csv")
    claims["county_code"] = claims["claim_id"].map(lambda claim: loaded[claim][-1])
    ours = audit(claims, documents.settings.database)
    assert len(ours) == len(loaded) == 32
    for claim in ours.itertuples():
        recomputed, verdict, understanding, _ = loaded[claim.claim_id]
        assert (claim.verdict, claim.understanding) == (verdict, understanding), claim.claim_id
        assert claim.recomputed == pytest.approx(recomputed, rel=1e-12), claim.claim_id


def test_the_command_says_against_what_it_compared(documents, tmp_path):
    path = tmp_path / "claims.csv"
    path.write_text(
        "claim_id,county,school_year,statement,published,unit\n"
        "A,平罗县,2023,在校生总数,27813,人\nB,平罗县,2023,在校生总数,27831,人\nC,,,年度人物,3,\n",
        "utf-8",
    )
    warehouse = str(documents.settings.warehouse)
    for command, exit_code in ((["--warehouse", warehouse], 3), (["--warehouse", "none"], 0)):
        result = CliRunner().invoke(app, ["audit", str(path), *command])
        assert result.exit_code == exit_code, result.output
        version = in_force(documents.settings).name
        assert (version in result.output) == (exit_code == 3)
    result = CliRunner().invoke(app, ["audit", str(path), "--warehouse", warehouse])
    assert "27831" in result.output and "年度人物" in result.output
    assert "3 claims: 1 hold, 1 do not hold, 1 not checked" in result.output
