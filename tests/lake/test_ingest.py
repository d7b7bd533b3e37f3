"""Into the lake and no further: what loads, what is refused, who speaks for a school."""

from datetime import UTC, datetime

import duckdb
import pytest

from dagster_project.lake.in_force import known_at, refused_now
from dagster_project.lake.scan import scan
from dagster_project.lake.selection import select

NINE = ("0640221001", 90, 2)
NINE_CORRECTED = ("0640221001", 95, 2)
TEN = ("0640221002", 60, 2)


def current(drop, tmp_path, as_of=None):
    """Pupils of every current section, by school."""
    folder = tmp_path / "selection"
    select(drop.lake, folder, as_of)
    with duckdb.connect() as connection:
        return dict(
            connection.execute(
                f"""
                select school_id, pupils
                from '{drop.lake.root}/section/*/*.parquet'
                join '{folder}/current.parquet'
                    using (school_year, term, school_id, stage, sha256)
                """
            ).fetchall()
        )


def test_the_same_bytes_load_once(drop):
    drop.put("2023/autumn/a_2023.csv", NINE, TEN)
    first = drop.load()
    assert (first.files, first.read, [e.outcome for e in first.entries]) == (1, 1, ["accepted"])
    again = drop.load()
    assert (again.files, again.read, again.entries) == (1, 0, ())
    assert len(list(drop.lake.root.glob("delivery/*.parquet"))) == 1


def test_a_copy_under_another_name_changes_no_figure(drop, tmp_path):
    source = drop.put("2023/autumn/a_2023.csv", NINE, TEN)
    (source.parent / "copy_2023.csv").write_bytes(source.read_bytes())
    drop.load()
    assert set(drop.outcomes().values()) == {"accepted"}
    assert current(drop, tmp_path) == {NINE[0]: 90, TEN[0]: 60}


def test_a_corrected_file_supersedes_the_earlier_one_and_both_remain(drop, tmp_path):
    drop.put("2023/autumn/a_2023.csv", NINE, TEN)
    drop.load()
    before = datetime.now(UTC).replace(tzinfo=None)
    drop.put("2023/autumn/a_2023.csv", NINE_CORRECTED)
    drop.load()
    # The new version of the file no longer holds the second school: it is withdrawn with it.
    assert current(drop, tmp_path) == {NINE[0]: 95}
    assert current(drop, tmp_path, as_of=before) == {NINE[0]: 90, TEN[0]: 60}
    assert len(list(drop.lake.root.glob("section/2023-autumn/*.parquet"))) == 2


def test_a_file_put_back_as_it_was_counts_again(drop, tmp_path):
    for schools in ((NINE, TEN), (NINE_CORRECTED,), (NINE, TEN)):
        drop.put("2023/autumn/a_2023.csv", *schools)
        drop.load()
    assert current(drop, tmp_path) == {NINE[0]: 90, TEN[0]: 60}
    assert drop.load().entries == ()


def test_a_file_put_back_counts_though_the_readers_changed_meanwhile(drop, tmp_path):
    drop.put("2023/autumn/a_2023.csv", NINE)
    drop.load()
    drop.put("2023/autumn/a_2023.csv", NINE_CORRECTED)
    drop.load()
    profile = drop.raw / "profiles" / "small.yml"
    profile.write_text(profile.read_text("utf-8") + "# another state of the maps\n", "utf-8")
    drop.put("2023/autumn/a_2023.csv", NINE)
    drop.load()
    assert current(drop, tmp_path) == {NINE[0]: 90}


def test_a_refused_file_put_back_is_refused_again(drop):
    source = drop.put("2023/autumn/a_2023.csv", NINE)
    good = source.read_bytes()
    for content in (b"", good, b""):
        source.write_bytes(content)
        drop.load()
        refused = [d.path for d in refused_now(known_at(drop.lake.deliveries(), None))]
        assert refused == (["2023/autumn/a_2023.csv"] if content == b"" else [])


def test_a_file_that_is_taken_out_is_withdrawn_with_all_its_versions(drop, tmp_path):
    source = drop.put("2023/autumn/a_2023.csv", NINE)
    drop.put("2023/autumn/b_2023.csv", TEN)
    drop.load()
    before = datetime.now(UTC).replace(tzinfo=None)
    drop.put("2023/autumn/a_2023.csv", NINE_CORRECTED)
    drop.load()
    content = source.read_bytes()
    source.unlink()
    assert drop.load(school_years=[2022]).withdrawn == ()  # not looked for
    assert drop.load().withdrawn == ("2023/autumn/a_2023.csv",)
    assert current(drop, tmp_path) == {TEN[0]: 60}  # nor does the first version come back
    assert current(drop, tmp_path, as_of=before) == {NINE[0]: 90, TEN[0]: 60}
    assert drop.load().entries == ()
    source.write_bytes(content)
    drop.load()
    assert current(drop, tmp_path) == {NINE[0]: 95, TEN[0]: 60}


@pytest.mark.parametrize("taken", ["2023/autumn", "2023", "."])
def test_a_year_that_is_put_away_withdraws_nothing(drop, tmp_path, taken):
    drop.put("2023/autumn/a_2023.csv", NINE)
    drop.load()
    (drop.raw / taken).rename(tmp_path / "archive")
    drop.raw.mkdir(exist_ok=True)
    assert drop.load().withdrawn == ()
    assert current(drop, tmp_path) == {NINE[0]: 90}


def test_a_file_that_is_moved_or_renamed_stays_as_old_as_it_was(drop, tmp_path):
    source = drop.put("2023/autumn/a_2023.csv", NINE, TEN)
    drop.load()
    drop.put("2023/autumn/late_2023.csv", NINE_CORRECTED)
    drop.load()
    (source.parent / "县").mkdir()
    source.rename(source.parent / "县" / "other_2023.csv")
    done = drop.load()
    assert {e.path: e.outcome for e in done.entries} == {
        "2023/autumn/a_2023.csv": "gone", "2023/autumn/县/other_2023.csv": "accepted",
    }  # fmt: skip
    assert current(drop, tmp_path) == {NINE[0]: 95, TEN[0]: 60}


def test_a_later_file_of_another_name_corrects_only_its_own_schools(drop, tmp_path):
    drop.put("2023/autumn/a_2023.csv", NINE, TEN)
    drop.load()
    drop.put("2023/autumn/late_2023.csv", NINE_CORRECTED)
    drop.load()
    assert current(drop, tmp_path) == {NINE[0]: 95, TEN[0]: 60}


def test_two_files_of_one_load_that_disagree_are_both_refused(drop, tmp_path):
    drop.put("2023/autumn/a_2023.csv", NINE)
    drop.put("2023/autumn/b_2023.csv", NINE_CORRECTED)
    drop.put("2023/autumn/c_2023.csv", TEN)
    entries = {e.path: e for e in drop.load().entries}
    assert current(drop, tmp_path) == {TEN[0]: 60}
    refusal = entries["2023/autumn/a_2023.csv"].reason
    assert "2023/autumn/b_2023.csv" in refusal and NINE[0] in refusal and "更正" in refusal
    assert drop.load().entries == ()  # nothing new is said about an unchanged quarrel


def test_the_quarrel_ends_when_one_claimant_is_taken_away(drop, tmp_path):
    drop.put("2023/autumn/a_2023.csv", NINE)
    other = drop.put("2023/autumn/b_2023.csv", NINE_CORRECTED)
    drop.load()
    other.unlink()
    drop.load()
    assert drop.outcomes() == {
        "2023/autumn/a_2023.csv": "accepted",
        "2023/autumn/b_2023.csv": "gone",
    }
    assert current(drop, tmp_path) == {NINE[0]: 90}


def test_a_folder_of_corrections_decides_within_one_load(drop, tmp_path):
    drop.put("2023/autumn/a_2023.csv", NINE, TEN)
    drop.put("2023/autumn/更正/a_2023.csv", NINE_CORRECTED)
    drop.load()
    assert current(drop, tmp_path) == {NINE[0]: 95, TEN[0]: 60}


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_the_order_of_files_does_not_matter(drop, tmp_path, order):
    schools = {"a": NINE, "b": TEN}
    for name in order:
        drop.put(f"2023/autumn/{name}_2023.csv", schools[name])
    drop.load()
    assert current(drop, tmp_path) == {NINE[0]: 90, TEN[0]: 60}


def test_one_bad_file_does_not_stop_the_others(drop, tmp_path):
    drop.put("2023/autumn/good_2023.csv", NINE)
    (drop.raw / "2023/autumn/torn.xlsx").write_bytes(b"PK\x03\x04 torn")
    (drop.raw / "2023/autumn/empty.csv").write_bytes(b"")
    entries = {e.path: e for e in drop.load().entries}
    assert entries["2023/autumn/torn.xlsx"].reason
    assert entries["2023/autumn/empty.csv"].reason
    assert current(drop, tmp_path) == {NINE[0]: 90}


def test_a_broken_profile_is_refused_with_its_reasons_and_stops_nothing(drop, tmp_path):
    (drop.raw / "profiles" / "broken.yml").write_text("profile: broken\nfieldz: {}\n", "utf-8")
    drop.put("2023/autumn/a_2023.csv", NINE)
    entries = {e.path: e for e in drop.load().entries}
    assert "fieldz" in entries["profiles/broken.yml"].reason
    assert current(drop, tmp_path) == {NINE[0]: 90}
    (drop.raw / "profiles" / "broken.yml").unlink()
    drop.load()
    assert drop.outcomes()["profiles/broken.yml"] == "gone"


def test_a_changed_profile_reads_the_file_again_without_restating_its_arrival(drop, tmp_path):
    drop.put("2023/autumn/a_2023.csv", NINE)
    arrived = drop.load().entries[0].loaded_at
    profile = drop.raw / "profiles" / "small.yml"
    profile.write_text(profile.read_text("utf-8").replace("  classes: classes\n", ""), "utf-8")
    again = drop.load()
    assert again.read == 1
    assert [e.loaded_at for e in again.entries] == [arrived]


def test_files_are_read_by_several_processes(drop, tmp_path):
    for number in range(14):
        drop.put(f"2023/autumn/s{number}_2023.csv", (f"06402210{number:02}", 50 + number, 2))
    (drop.raw / "2023/autumn/torn.xlsx").write_bytes(b"PK\x03\x04 torn")
    done = drop.load(workers=2)
    assert done.read == 15
    assert len(current(drop, tmp_path)) == 14
    assert drop.outcomes()["2023/autumn/torn.xlsx"] == "rejected"


def test_a_load_of_one_year_leaves_the_other_alone(drop):
    drop.put("2022/autumn/a_2022.csv", NINE)
    drop.put("2023/autumn/a_2023.csv", NINE)
    assert [e.path for e in drop.load(school_years=[2023]).entries] == ["2023/autumn/a_2023.csv"]
    assert [e.path for e in drop.load().entries] == ["2022/autumn/a_2022.csv"]


def test_what_is_no_delivery_is_not_looked_at(drop):
    drop.put("2023/autumn/a_2023.csv", NINE)
    for name in ("~$a_2023.xlsx", ".DS_Store", "README.md"):
        (drop.raw / "2023/autumn" / name).write_text("x")
    assert [file.path for file in scan(drop.raw)] == ["2023/autumn/a_2023.csv"]


def test_an_interrupted_load_leaves_nothing_behind(drop):
    (drop.lake.root / ".incoming" / "half").mkdir(parents=True)
    (drop.lake.root / "delivery").mkdir()
    (drop.lake.root / "delivery" / ".torn.tmp").write_bytes(b"half")
    drop.put("2023/autumn/a_2023.csv", NINE)
    drop.load()
    assert not (drop.lake.root / ".incoming").exists()
    assert not list(drop.lake.root.rglob("*.tmp"))
