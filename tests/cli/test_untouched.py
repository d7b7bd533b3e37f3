"""A load that finds all as it was says so without Dagster and dbt; anything else is looked at."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project.cli import untouched
from dagster_project.publish.lock import WarehouseBusy, writing
from dagster_project.publish.versions import in_force
from dagster_project.runs.launched import Launched
from dagster_project.runs.summary import LATEST

LAUNCHED = Launched(2, 2, 1)


@pytest.fixture
def settings(flat_county, tmp_path, monkeypatch):
    """A loaded county, as the command line's load left it."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    shutil.copytree(flat_county.settings.raw, raw)
    shutil.copytree(flat_county.settings.warehouse, warehouse, symlinks=True)
    settings = replace(flat_county.settings, raw=raw, warehouse=warehouse, judges_apart=True)
    untouched.remember(settings, untouched.inputs_now(settings), LAUNCHED)
    return settings


def told(settings) -> Launched | None:
    return untouched.account_of_nothing(settings, untouched.inputs_now(settings))


def test_what_was_left_is_found_and_kept_in_journal_and_account(settings):
    assert told(settings) == Launched(2, 0)
    newest = max(settings.logs.glob("*.jsonl"))
    lines = [json.loads(line) for line in newest.read_text("utf-8").splitlines()]
    assert [line["event"] for line in lines] == ["run_begun", "outcome", "run_ended"]
    assert lines[0]["job"] == "yearly_load" and lines[1]["outcome"] == "unchanged"
    assert lines[1]["version"] == in_force(settings).name
    assert in_force(settings).name in (settings.runs / LATEST).read_text("utf-8")
    assert told(settings) == Launched(2, 0)  # and again


def _flip(path: Path) -> None:
    """One bit of a file, without its date telling."""
    about, data = path.stat(), bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def _first(folder: Path, pattern: str) -> Path:
    return min(folder.rglob(pattern))


def _put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("flag_id,decision\n", "utf-8")


CHANGES = {
    "a byte of a file": lambda s: _flip(_first(s.raw, "*.xlsx")),
    "a file is gone": lambda s: _first(s.raw, "*.xlsx").unlink(),
    "a review": lambda s: _put(s.raw / "reviews" / "r.csv"),
    "an empty folder": lambda s: (s.raw / "2022" / "autumn").mkdir(parents=True),
    "a bit of a reading": lambda s: _flip(_first(s.lake / "section", "*.parquet")),
    "a bit of the log": lambda s: _flip(_first(s.lake / "delivery", "*.parquet")),
    "a bit of what is published": lambda s: _flip(_first(in_force(s) / "published", "*.parquet")),
    "a bit of the database": lambda s: _flip(in_force(s) / "junheng.duckdb"),
    "the end of the load before": lambda s: (in_force(s) / ".finished").unlink(),
    "nothing is in force": lambda s: s.current.unlink() or shutil.rmtree(s.versions),
    "nothing is kept": lambda s: (s.logs / "as_left.json").unlink(),
    "what is kept is torn": lambda s: (s.logs / "as_left.json").write_text('{"inputs": "'),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changed_is_looked_at(settings, change):
    CHANGES[change](settings)
    assert told(settings) is None


@pytest.mark.parametrize("name", ["JUNHENG_KEEP_VERSIONS", "JUNHENG_AS_YET_UNKNOWN"])
def test_a_setting_is_a_change_and_the_language_is_none(settings, name, monkeypatch):
    monkeypatch.setenv("JUNHENG_LANG", "zh")
    assert told(settings) is not None
    monkeypatch.setenv(name, "7")
    assert told(settings) is None


def test_another_day_or_a_history_of_runs_is_looked_at(settings, monkeypatch):
    class Later(untouched.date):
        @classmethod
        def today(cls):
            return cls(2099, 1, 1)

    with monkeypatch.context() as patch:
        patch.setattr(untouched, "date", Later)
        assert told(settings) is None
    monkeypatch.setenv("DAGSTER_HOME", str(settings.warehouse))
    assert told(settings) is None


@pytest.mark.parametrize(
    "more", [{"notes": ("x",)}, {"kept": ("x",)}, {"reports_failed": ("x",)}, {"reports_left": 1}]
)
def test_a_load_that_has_more_to_say_says_it_again(settings, more):
    (settings.logs / "as_left.json").unlink()
    untouched.remember(settings, untouched.inputs_now(settings), replace(LAUNCHED, **more))
    assert told(settings) is None


def test_a_warehouse_that_is_written_is_busy(settings):
    with writing(settings.warehouse):
        other = (
            "import sys; from pathlib import Path; from dagster_project.cli import untouched;"
            "from dagster_project.settings import Settings;"
            "s = Settings(Path(sys.argv[1]), Path(sys.argv[2]), judges_apart=True);"
            "import json; kept = json.loads((s.logs / 'as_left.json').read_text());"
            "untouched.account_of_nothing(s, kept['inputs'])"
        )
        done = subprocess.run(
            [sys.executable, "-c", other, str(settings.raw), str(settings.warehouse)],
            capture_output=True, text=True,
        )  # fmt: skip
    assert WarehouseBusy.__name__ in done.stderr


COMMANDS = """
import sys
from dagster_project.cli import run, untouched
from dagster_project.settings import Settings
from dataclasses import replace
from dagster_project.runs.launched import Launched
settings = replace(Settings.from_environment(), judges_apart=True)
untouched.remember(settings, untouched.inputs_now(settings), Launched(2, 2))
from dagster_project.cli import app
app.supervised = lambda work, cut_off: work()  # in this process, to see what it imports
for line in ("load", "status", "flags --open"):
    assert run(["junheng", *line.split()]) == 0, line
    imported = {name.partition(".")[0] for name in sys.modules}
    assert not imported & {"dagster", "dagster_dbt", "dbt", "great_expectations"}, line
"""


def test_a_load_of_nothing_new_status_and_flags_import_neither_dagster_nor_dbt(settings):
    given = {"JUNHENG_RAW": str(settings.raw), "JUNHENG_WAREHOUSE": str(settings.warehouse)}
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS], env={**os.environ, **given, "JUNHENG_LANG": "en"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing has changed" in done.stdout
