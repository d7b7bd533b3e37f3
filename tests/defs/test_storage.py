"""Dagster's memory: SQLite by default, PostgreSQL by one variable, with the shipped instance."""

import shutil

import dagster as dg
import pytest

from dagster_project.defs.assembly import definitions
from dagster_project.defs.resources import Warehouse
from dagster_project.defs.storage import STORAGE, chosen_url
from dagster_project.doctor import Level
from dagster_project.doctor.instance import storage
from dagster_project.project import DAGSTER
from dagster_project.settings import Settings
from tests.defs.postgres import a_server

JOB = "who_has_not_reported"
SETTINGS = Settings.from_environment()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A DAGSTER_HOME with the instance configuration that the project ships."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(DAGSTER / "dagster.yaml", home)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.delenv(STORAGE, raising=False)
    return home


def run_a_job(tmp_path) -> str:
    """Run a real job of the project with the configured instance; its run id."""
    warehouse = Warehouse(raw=str(tmp_path), warehouse=str(tmp_path / "warehouse"))
    with dg.DagsterInstance.get() as instance:
        job = definitions(warehouse).resolve_job_def(JOB)
        result = job.execute_in_process(instance=instance)
        assert result.success
        return result.run_id


def remembered(run_id: str) -> tuple[str, int]:
    """Status and number of events of a run, seen by an instance opened anew from its reference."""
    with dg.DagsterInstance.get() as instance:
        reference = instance.get_ref()
    with dg.DagsterInstance.from_ref(reference) as instance:
        return instance.get_run_by_id(run_id).status.value, len(instance.all_logs(run_id))


def test_runs_are_remembered_in_sqlite_by_default(home, tmp_path):
    run_id = run_a_job(tmp_path)
    status, events = remembered(run_id)
    assert status == "SUCCESS" and events > 5
    assert (home / "history" / "runs.db").exists()
    (finding,) = storage(SETTINGS)
    assert finding.level is Level.well and "1 runs remembered" in finding.sentence


def test_runs_are_remembered_in_postgresql_by_one_variable(home, tmp_path, monkeypatch):
    psycopg2 = pytest.importorskip("psycopg2", reason="the extra 'postgres' is not installed")
    with a_server() as url:
        url = url.replace("@", ":planted-password@")
        monkeypatch.setenv(STORAGE, url)
        run_id = run_a_job(tmp_path)
        status, events = remembered(run_id)
        assert status == "SUCCESS" and events > 5
        assert not (home / "history").exists()
        connection = psycopg2.connect(url)
        with connection.cursor() as cursor:
            cursor.execute("select pipeline_name, status from runs where run_id = %s", [run_id])
            assert cursor.fetchall() == [(JOB, "SUCCESS")]
            cursor.execute("select table_name from information_schema.tables"
                           " where table_schema = 'public'")  # fmt: skip
            for (table,) in cursor.fetchall():
                cursor.execute(f'select count(*) from "{table}" t where t::text like %s',
                               ["%planted%"])  # fmt: skip
                assert cursor.fetchall() == [(0,)], table
        connection.close()
        (finding,) = storage(SETTINGS)
        assert finding.level is Level.well and "PostgreSQL" in finding.sentence
    (finding,) = storage(SETTINGS)  # the server is gone
    assert finding.level is Level.fault and "cannot be reached" in finding.sentence


def test_the_shipped_instance_lets_one_run_write_at_a_time(home):
    with dg.DagsterInstance.get() as instance:
        assert instance.global_op_concurrency_default_limit == 1
        settings = instance.get_concurrency_config()
        assert settings.pool_config.pool_granularity.value == "run"
        assert instance.run_retries_enabled
        assert instance.get_settings("run_retries")["retry_on_asset_or_op_failure"] is False
        assert not instance.telemetry_enabled


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("", None),
        ("postgresql://a:b@h/d", "postgresql+psycopg2://a:b@h/d"),
        ("postgres://a:b@h/d", "postgresql+psycopg2://a:b@h/d"),
        ("postgresql+psycopg://a:b@h/d", "postgresql+psycopg://a:b@h/d"),
    ],
)
def test_the_variable_says_where(monkeypatch, given, url):
    monkeypatch.setenv(STORAGE, given)
    assert chosen_url() == url


def test_another_database_is_refused_without_repeating_the_password(monkeypatch):
    monkeypatch.setenv(STORAGE, "mysql://a:hunter2@h/d")
    with pytest.raises(
        dg.DagsterInvariantViolationError, match="begins with another scheme"
    ) as refusal:
        chosen_url()
    assert "hunter2" not in str(refusal.value)


def test_the_doctor_sees_a_variable_that_the_instance_does_not_ask_for(home, monkeypatch):
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}")
    monkeypatch.setenv(STORAGE, "postgresql://a@h/d")
    (finding,) = storage(SETTINGS)
    assert finding.level is Level.fault and "does not ask for it" in finding.sentence


def test_a_damaged_memory_is_a_fault(home):
    (home / "history").mkdir()
    (home / "history" / "runs.db").write_bytes(b"damaged" * 100)
    (finding,) = storage(SETTINGS)
    assert finding.level is Level.fault and "put it aside" in finding.sentence
