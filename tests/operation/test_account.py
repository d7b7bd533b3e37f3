"""The account of a run, and what a real load leaves of itself."""

import json
from datetime import UTC, datetime

import dagster as dg
import pytest

from dagster_project.defs.resources import Warehouse
from dagster_project.publish.publication import NotPublished
from dagster_project.runs.summary import (
    FAILED,
    LATEST,
    PUBLISHED,
    Account,
    Refused,
    Step,
    write_account,
    written,
)
from dagster_project.settings import Settings

BEGAN = datetime(2023, 9, 21, 2, tzinfo=UTC)


def account(**more) -> Account:
    return Account("0123456789", "yearly_load", BEGAN, 83.4, **{"outcome": PUBLISHED, **more})


def test_an_account_says_what_came_and_what_came_of_it():
    text = written(
        account(
            partition="2023",
            started_by="sensor",
            version="v2",
            files={"files": 31, "read": 2, "accepted": 1, "refused": 1},
            refused=(Refused("2023/a|b.xlsx", "教基3114", "C7", "不是数字: <b>甲</b>"),),
            open_flags={"hard": 3, "soft": 1},
            new_hard={"record.girls": 2},
            restated=("3 figures moved.",),
            unwritten=("督查通报: no template",),
            steps=(Step("census_files", 4.12, 2),),
        )
    )
    assert text.startswith("# yearly_load: published\n")
    assert "started by sensor, 2023-09-21 10:00 (Beijing time), 83 s. Partition 2023." in text
    assert "31 looked at, 2 read now, 1 taken up, 1 refused." in text
    assert "| 2023/a\\|b.xlsx | 教基3114 | C7 | 不是数字: &lt;b>甲&lt;/b> |" in text
    assert "3 hard and 1 soft flags are open; 2 of the hard ones are new." in text
    assert "| record.girls | 2 |" in text and "- 3 figures moved." in text
    assert "## Reports that could not be written\n\n- 督查通报: no template" in text
    assert "| census_files | 4.1 | 2 |" in text


def test_an_account_of_a_failure_says_what_stopped_it():
    text = written(account(outcome=FAILED, version="v1", failures=("The test t failed.",)))
    assert text.startswith("# yearly_load: not published\n")
    assert "- The test t failed." in text and "version `v1`" in text
    assert "flags" not in text


def test_the_newest_account_is_latest_and_old_ones_go(tmp_path):
    settings = Settings(raw=tmp_path, warehouse=tmp_path, keep_runs=2)
    for day in range(1, 5):
        began = datetime(2023, 9, day, tzinfo=UTC)
        path = write_account(settings, Account(f"run{day}", "rebuild", began, 1, PUBLISHED))
    assert (settings.runs / LATEST).read_text("utf-8") == path.read_text("utf-8")
    assert sorted(p.name for p in settings.runs.iterdir()) == [
        "20230903T000000Z-run3.md", "20230904T000000Z-run4.md", LATEST
    ]  # fmt: skip


# ---------------------------------------------------------------------------- real runs


def run_steps(tmp_path, error=None):
    """A run that has nothing to publish, or that fails, where nothing is published yet."""

    @dg.asset(name="models", output_required=False)
    def compute(warehouse: Warehouse):
        if error is not None:
            raise error
        yield from ()  # as where nothing has changed

    @dg.asset(deps=[compute])
    def published_warehouse(warehouse: Warehouse) -> None:
        raise AssertionError("skipped, since nothing was computed")

    warehouse = Warehouse(raw=str(tmp_path / "raw"), warehouse=str(tmp_path / "w"))
    dg.materialize(
        [compute, published_warehouse], resources={"warehouse": warehouse}, raise_on_error=False
    )
    (log,) = warehouse.settings.logs.glob("*.jsonl")
    text = (warehouse.settings.runs / LATEST).read_text("utf-8")
    return text, log.read_text("utf-8")


def test_a_run_without_news_says_so(tmp_path):
    text, log = run_steps(tmp_path)
    assert "nothing has changed" in text and "Nothing is published." in text
    assert '"outcome": "unchanged"' in log


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NotPublished("「教基3114」 is\n  damaged."), "「教基3114」 is damaged."),
        (NotPublished("long " * 999), "long long long…"),
        (ValueError("could not convert '张三 13800000000'"), "ValueError; the run's page"),
    ],
)
def test_a_fault_is_told_in_its_own_words_only_if_they_are_ours(tmp_path, error, said):
    text, log = run_steps(tmp_path, error)
    assert text.startswith("# ") and "not published" in text.splitlines()[0]
    assert said in text and said in log
    assert "13800000000" not in text + log


def test_a_load_leaves_journal_and_account(flat_county):
    settings = flat_county.settings
    text = (settings.runs / LATEST).read_text("utf-8")
    assert text.startswith("# yearly_load: published\n")
    assert "2 looked at, 2 read now, 2 taken up, 0 refused." in text
    assert settings.current.resolve().name in text
    (log,) = settings.logs.glob("*.jsonl")
    found = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert sum(line["event"] == "file" for line in found) == 2
    tables = {line["name"] for line in found if line["event"] == "table"}
    assert {"dim_school", "county_coefficient"} <= tables
    stages = [line["stage"] for line in found if line["event"] == "stage_ended"]
    assert stages[0] == "read" and {"judge", "compute", "publish"} <= set(stages)
    assert found[-1]["event"] == "run_ended" and not any("reason" in line for line in found)
