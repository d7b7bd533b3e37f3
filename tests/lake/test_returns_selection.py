"""Returns in the lake: which answer, roster or claim speaks, and who contradicts whom."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from dagster_project.census.schema import RETURN_PARTS, part_schema
from dagster_project.lake.reference import MAPPINGS, write_reference
from dagster_project.lake.selection import select
from dagster_project.returns import writer

SCHOOL, OTHER = "0640221001", "0640221002"


def heading(term="autumn", year=2023):
    return writer.Heading("640221", "平罗县", year, term)


def county(drop, path, **answers):
    return writer.write_county_return(drop.raw / path, heading(), answers)


def roster(drop, path, *sizes, school=SCHOOL, term="autumn"):
    classes = [
        {
            "school_id": school,
            "stage": "primary",
            "grade": 1,
            "class_name": f"{number}班",
            "pupils": size,
        }
        for number, size in enumerate(sizes, start=1)
    ]
    return writer.write_roster(drop.raw / path, heading(term), classes)


def selected(drop, tmp_path, part, *names, as_of=None) -> list[tuple]:
    """The rows in force of ``part``."""
    folder = tmp_path / "selection"
    select(drop.lake, folder, as_of)
    table = pq.read_table(folder / f"{part}.parquet")
    return sorted(tuple(row[name] for name in names) for row in table.to_pylist())


def test_every_part_is_there_with_its_columns_although_nothing_was_returned(drop, tmp_path):
    folder = tmp_path / "selection"
    select(drop.lake, folder)
    for part in RETURN_PARTS:
        table = pq.read_table(folder / f"{part}.parquet")
        assert (table.schema.names, table.num_rows) == (part_schema(part).names, 0)


def test_returns_load_beside_the_census_and_bring_no_sections(drop, tmp_path):
    drop.put("2023/autumn/a_2023.csv", (SCHOOL, 90, 2))
    roster(drop, "2023/autumn/roster.xlsx", 45, 45)
    county(drop, "2023/autumn/county.xlsx", exchange_moved=143)
    done = drop.load()
    assert {e.path: (e.outcome, e.shape, e.rows) for e in done.entries} == {
        "2023/autumn/a_2023.csv": ("accepted", "table", 1),
        "2023/autumn/roster.xlsx": ("accepted", "returns", 2),
        "2023/autumn/county.xlsx": ("accepted", "returns", 1),
    }
    assert select(drop.lake, tmp_path / "selection").sections == 1
    again = drop.load()
    assert (again.read, again.entries) == (0, ())


def test_a_later_return_replaces_only_the_items_it_answers(drop, tmp_path):
    county(drop, "2023/autumn/one.xlsx", exchange_moved=140, exchange_eligible=1081)
    drop.load()
    before = datetime.now(UTC).replace(tzinfo=None)
    time.sleep(0.01)
    county(drop, "2023/autumn/two.xlsx", exchange_moved=143)
    drop.load()
    names = ("item_id", "value")
    assert selected(drop, tmp_path, "answer", *names) == [
        ("exchange_eligible", 1081),
        ("exchange_moved", 143),
    ]
    assert selected(drop, tmp_path, "answer", *names, as_of=before) == [
        ("exchange_eligible", 1081),
        ("exchange_moved", 140),
    ]


def test_a_later_roster_of_a_school_replaces_all_its_classes(drop, tmp_path):
    roster(drop, "2023/autumn/one.xlsx", 45, 46, 47)
    roster(drop, "2023/autumn/other.xlsx", 30, school=OTHER)
    roster(drop, "2023/spring/one.xlsx", 44, term="spring")
    drop.load()
    roster(drop, "2023/autumn/two.xlsx", 50, 51)
    drop.load()
    assert selected(drop, tmp_path, "roster", "term", "school_id", "pupils") == [
        ("autumn", SCHOOL, 50),
        ("autumn", SCHOOL, 51),
        ("autumn", OTHER, 30),
        ("spring", SCHOOL, 44),
    ]


def test_the_same_path_delivered_again_withdraws_what_it_no_longer_says(drop, tmp_path):
    county(drop, "2023/autumn/one.xlsx", exchange_moved=140, exchange_eligible=1081)
    drop.load()
    county(drop, "2023/autumn/one.xlsx", exchange_moved=143)
    drop.load()
    assert selected(drop, tmp_path, "answer", "item_id", "value") == [("exchange_moved", 143)]


@pytest.mark.parametrize("folder", ["更正", "corrections"])
def test_a_folder_of_corrections_decides_within_one_load(drop, tmp_path, folder):
    roster(drop, "2023/autumn/one.xlsx", 45, 46)
    roster(drop, f"2023/autumn/{folder}/one.xlsx", 45)
    drop.load()
    assert set(drop.outcomes().values()) == {"accepted"}
    assert selected(drop, tmp_path, "roster", "pupils") == [(45,)]


def test_two_returns_of_one_load_that_disagree_are_both_refused(drop, tmp_path):
    county(drop, "2023/autumn/one.xlsx", exchange_moved=140)
    county(drop, "2023/autumn/two.xlsx", exchange_moved=143)
    roster(drop, "2023/autumn/r1.xlsx", 45, 46)
    roster(drop, "2023/autumn/r2.xlsx", 45)
    roster(drop, "2023/autumn/r3.xlsx", 30, school=OTHER)
    reasons = {e.path: e.reason for e in drop.load().entries}
    assert "two.xlsx" in reasons["2023/autumn/one.xlsx"]
    assert "county 640221" in reasons["2023/autumn/one.xlsx"]
    assert f"school {SCHOOL}" in reasons["2023/autumn/r1.xlsx"]
    assert reasons["2023/autumn/r3.xlsx"] is None
    assert selected(drop, tmp_path, "answer", "value") == []
    assert selected(drop, tmp_path, "roster", "school_id") == [(OTHER,)]
    assert drop.load().entries == ()


def test_returns_that_agree_or_answer_other_items_do_not_quarrel(drop, tmp_path):
    county(drop, "2023/autumn/one.xlsx", exchange_moved=143, satisfaction_rate=0.9962)
    county(drop, "2023/autumn/two.xlsx", exchange_moved=(143, "名册"), exchange_eligible=1081)
    roster(drop, "2023/autumn/r1.xlsx", 45, 46)
    roster(drop, "2023/autumn/r2.xlsx", 45, 46)
    drop.load()
    assert set(drop.outcomes().values()) == {"accepted"}
    assert [v for (v,) in selected(drop, tmp_path, "answer", "value")] == [0.9962, 143, 1081]
    assert selected(drop, tmp_path, "roster", "pupils") == [(45,), (46,)]


def test_a_refused_return_leaves_the_earlier_one_in_force(drop, tmp_path):
    roster(drop, "2023/autumn/one.xlsx", 45)
    drop.load()
    nobodys = writer.Heading(None, "平罗县", 2023, "autumn")
    writer.write_roster(drop.raw / "2023/autumn/one.xlsx", nobodys, [])
    entry = drop.load().entries[0]
    assert (entry.outcome, entry.sheet, entry.cell) == ("rejected", "班级名册", "B3")
    assert selected(drop, tmp_path, "roster", "pupils") == [(45,)]


def test_of_a_return_with_a_bad_row_the_rest_counts_and_nothing_older_fills_the_gap(drop, tmp_path):
    roster(drop, "2023/autumn/one.xlsx", 45, 44)
    drop.load()
    roster(drop, "2023/autumn/one.xlsx", 46, -4)
    assert drop.load().entries[0].outcome == "accepted"
    assert selected(drop, tmp_path, "roster", "pupils", "is_complete") == [(46, False)]
    left = ("reason", "cell", "school_id", "is_standing")
    assert selected(drop, tmp_path, "set_aside", *left) == [("doubtful", "F11", SCHOOL, True)]
    roster(drop, "2023/autumn/corrected.xlsx", 46, 44)
    drop.load()
    assert selected(drop, tmp_path, "roster", "pupils", "is_complete") == [(44, True), (46, True)]
    assert selected(drop, tmp_path, "set_aside", *left) == [("doubtful", "F11", SCHOOL, False)]


def test_an_unreadable_answer_takes_the_place_of_the_earlier_one(drop, tmp_path):
    county(drop, "2023/autumn/one.xlsx", exchange_moved=143, exchange_eligible=1081)
    drop.load()
    county(drop, "2023/autumn/two.xlsx", exchange_moved="许多")
    drop.load()
    names = ("item_id", "value", "status")
    assert selected(drop, tmp_path, "answer", *names) == [
        ("exchange_eligible", 1081, "reported"),
        ("exchange_moved", None, "unreadable"),
    ]
    county(drop, "2023/autumn/three.xlsx", exchange_moved=144)
    drop.load()
    assert selected(drop, tmp_path, "set_aside", "field_id", "is_standing") == [
        ("exchange_moved", False)
    ]


CLAIM = "claim_id,document,statement,numerator,denominator,multiplier,relation,published"


def test_claims_speak_of_any_year_and_the_later_word_counts(drop, tmp_path):
    path = drop.raw / "2023" / "autumn" / "claims.csv"
    path.parent.mkdir(parents=True)
    path.write_text(f"{CLAIM}\nA,文,句,143,1081,100,=,13.24\nB,文,句,1,2,1,=,0.5\n", "utf-8")
    drop.load()
    path.with_name("later.csv").write_text(f"{CLAIM}\nA,文,句,143,1081,100,=,13.23\n", "utf-8")
    drop.load()
    assert selected(drop, tmp_path, "claim", "claim_id", "published", "school_year") == [
        ("A", 13.23, None),
        ("B", 0.5, None),
    ]


# ---------------------------------------------------------------------- reviewed mappings


def mapping(drop, name: str, text: str) -> None:
    folder = drop.raw / "mappings"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")


def test_reviewed_mappings_enter_the_lake_and_are_empty_where_nobody_wrote_one(drop):
    head = "school_id,successor_school_id,school_year,kind,share,reviewed_by,note"
    mapping(drop, "succession.csv", f"{head}\n{SCHOOL},{OTHER},2022,merge,,李,\n,{SCHOOL},2020,new")
    write_reference(drop.lake, drop.raw)
    for name, reviewed in MAPPINGS.items():
        table = pq.read_table(drop.lake.root / "mapping" / f"{name}.parquet")
        assert table.schema.names == reviewed.schema.names
        assert (table.num_rows > 0) == (name == "succession")
    found = pq.read_table(drop.lake.root / "mapping" / "succession.parquet").to_pylist()
    assert [(row["kind"], row["share"], row["school_id"]) for row in found] == [
        ("merge", 1.0, SCHOOL),
        ("new", 1.0, None),
    ]


@pytest.mark.parametrize(
    "name, lines, complaint",
    [
        ("teaching_points", "school_id,parent_school_id\n1,1", "own parent"),
        ("teaching_points", "school_id,parent_school_id,from_year\n1,2,MMXX", "from_year"),
        ("succession", "school_id,successor_school_id,school_year,kind\nA,B,2022,sold", "kind"),
        ("succession", "school_id,successor_school_id,school_year,kind\nA,B,2022,new", "needs"),
        ("succession", "school_id,successor_school_id,school_year,kind\nA,,2022,merge", "needs"),
        ("succession", "school_id,successor_school_id,school_year,kind\nA,B,,merge", "empty"),
        ("county_codes", "old_code,new_code,from_year\n64022,640221,2020", "six digits"),
        ("county_codes", "old_code,new_code\n640222,640221", "lacks the column(s) from_year"),
        (
            "policy_targets",
            "county_code,target_id,school_year,target_value,comparator\n321302,a,2020,x,>=",
            "expected a number",
        ),
        (
            "policy_targets",
            "county_code,target_id,school_year,target_value,comparator\n321302,a,2020,1,约",
            "expected one of",
        ),
    ],
)
def test_a_bad_line_of_a_mapping_is_named(drop, name, lines, complaint):
    mapping(drop, f"{name}.csv", lines)
    (refused,) = write_reference(drop.lake, drop.raw)
    assert complaint in refused.reason and refused.path == f"mappings/{name}.csv"
    assert refused.cell == ("row 1" if "lacks" in complaint else "row 2")
    assert mapped(drop, name) == []


def mapped(drop, name: str) -> list[dict]:
    (table,) = (table for table, reviewed in MAPPINGS.items() if reviewed.file == f"{name}.csv")
    return pq.read_table(drop.lake.root / "mapping" / f"{table}.parquet").to_pylist()


def test_a_bad_line_costs_itself_and_the_others_hold(drop):
    head = "old_code,new_code,from_year,note"
    lines = [
        *("110101,110102,2020,", "11,110102,2020,", "110103,110104,2020,a", "110103,110104,2020,a"),
        *("110105,110106,2020,", "110105,110107,2020,", "110108,110109,2020,"),
    ]
    mapping(drop, "county_codes.csv", "\n".join([head, *lines]))
    (refused,) = write_reference(drop.lake, drop.raw)
    assert refused.reason.startswith("4 line(s) of the table were set aside: line 3: old_code is")
    assert "line 5: it repeats line 4" in refused.reason  # says the same once more
    for line, other in ((6, 7), (7, 6)):  # which of the two is right, nobody knows
        assert f"line {line}: it contradicts line {other}" in refused.reason
    assert [row["old_code"] for row in mapped(drop, "county_codes")] == [
        "110101", "110103", "110108"
    ]  # fmt: skip
    mapping(drop, "county_codes.csv", f"{head}\n{lines[0]}")
    assert write_reference(drop.lake, drop.raw) == [] and len(mapped(drop, "county_codes")) == 1


def test_a_mapping_that_cannot_be_read_holds_as_it_was_read_last(drop):
    head = "old_code,new_code,from_year"
    mapping(drop, "county_codes.csv", f"{head}\n110101,110102,2020")
    write_reference(drop.lake, drop.raw)
    (drop.raw / "mappings" / "county_codes.csv").write_bytes(b"PK\x03\x04 torn")
    (refused,) = write_reference(drop.lake, drop.raw)
    assert refused.reason.endswith("Until then the table holds as it was read last.")
    assert len(mapped(drop, "county_codes")) == 1
    (drop.raw / "mappings" / "county_codes.csv").unlink()  # taken away it says nothing any more
    assert write_reference(drop.lake, drop.raw) == [] and mapped(drop, "county_codes") == []


@pytest.mark.parametrize("lines", [[], ["321302,exchange,2021,0.16,>="]])
def test_a_mapping_that_an_earlier_version_read_last_has_the_columns_of_today(drop, lines):
    head = "county_code,target_id,school_year,target_value,comparator"
    mapping(drop, "policy_targets.csv", "\n".join([head, *lines]))
    write_reference(drop.lake, drop.raw)
    path = drop.lake.root / "mapping" / "policy_target.parquet"
    today = pq.read_table(path)
    drop.lake.write_table("mapping/policy_target", today.drop_columns(["period_years"]))
    (drop.raw / "mappings" / "policy_targets.csv").write_bytes(b"PK\x03\x04 torn")
    for _ in range(2):
        (refused,) = write_reference(drop.lake, drop.raw)
        assert refused.reason.endswith("Until then the table holds as it was read last.")
        assert pq.read_table(path).equals(today) and drop.lake.has_table("mapping/policy_target")
