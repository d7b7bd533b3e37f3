"""`junheng doctor` finds what would stop a load, and says what to do."""

import dataclasses

import pytest

from dagster_project.cli.doctor import run
from dagster_project.doctor import Level, examine
from dagster_project.project import DAGSTER
from dagster_project.settings import Settings, parse_bytes


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(DAGSTER))
    (tmp_path / "raw" / "2023" / "autumn").mkdir(parents=True)
    (tmp_path / "raw" / "2023" / "autumn" / "a.csv").write_text("x")
    return Settings(raw=tmp_path / "raw", warehouse=tmp_path / "warehouse", memory_limit="100MB")


def found(settings, subject):
    return [(f.level, f.sentence) for f in examine(settings) if f.subject == subject]


def test_a_fresh_installation_is_well(settings, capsys):
    assert run(settings) == 0
    text = capsys.readouterr().out
    assert "Nothing stands in the way" in text and "1 file(s)" in text
    assert not settings.warehouse.exists()  # looking changes nothing


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("telemetry: {enabled: false}", "pool limit is missing"),
        ("concurrency: {pools: {default_limit: 1}}", "Telemetry is on"),
        ("telemetry: [", "no valid YAML"),
        (None, "There is no"),
    ],
)
def test_a_wrong_instance_config_is_a_fault(settings, tmp_path, monkeypatch, config, sentence):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    if config is not None:
        (tmp_path / "dagster.yaml").write_text(config)
    assert run(settings) == 1
    ((level, text),) = found(settings, "dagster")
    assert level is Level.fault and sentence in text


@pytest.mark.parametrize(("limit", "word"), [("9000GB", "may be killed"), ("much", "such as 2GB")])
def test_a_memory_limit_that_cannot_be_kept_is_a_fault(settings, limit, word):
    ((level, text),) = found(dataclasses.replace(settings, memory_limit=limit), "memory")
    assert level is Level.fault and word in text


def test_a_journal_in_no_known_form_is_a_fault(settings):
    ((level, text),) = found(dataclasses.replace(settings, log="xml"), "journal")
    assert level is Level.fault and "json, text or nothing" in text


@pytest.mark.parametrize(
    ("text", "size"),
    [("2GB", 2 * 10**9), ("1.5 GiB", 3 * 2**29), ("500mb", 5 * 10**8), ("12", 12), ("x", None)],
)
def test_sizes_as_duckdb_writes_them(text, size):
    assert parse_bytes(text) == size


def test_folders_that_name_no_term_are_a_fault(settings):
    (settings.raw / "2023" / "fall").mkdir()
    (settings.raw / "old").mkdir()
    (settings.raw / "reviews").mkdir()
    assert [(level, text.split(";")[0]) for level, text in found(settings, "raw")] == [
        (Level.fault, "No term: 2023/fall. Rename to raw/<school_year>/autumn or …/spring."),
        (Level.note, "No school year: old"),
    ]


def test_no_raw_folder_is_a_fault(settings, tmp_path):
    ((level, text),) = found(dataclasses.replace(settings, raw=tmp_path / "none"), "raw")
    assert level is Level.fault and "There is no folder" in text


def test_a_damaged_version_in_force_is_a_fault(settings):
    version = settings.versions / "v1"
    version.mkdir(parents=True)
    (version / "junheng.duckdb").write_bytes(b"damaged")
    settings.current.symlink_to("versions/v1")
    settings.database.symlink_to("current/junheng.duckdb")
    ((level, text),) = found(settings, "published")
    assert level is Level.fault and "junheng rollback" in text


def test_a_clock_that_lags_behind_the_version_in_force_is_a_fault(settings):
    version = settings.versions / "20990101T000000000000Z-abc"
    version.mkdir(parents=True)
    settings.current.symlink_to("versions/20990101T000000000000Z-abc")
    ((level, text),) = found(settings, "clock")
    assert level is Level.fault and "published at 2099-01-01" in text


def test_a_warehouse_that_everybody_may_write_is_a_fault(settings):
    settings.warehouse.mkdir()
    settings.warehouse.chmod(0o777)
    (level, text), *_ = found(settings, "rights")
    assert level is Level.fault and "chmod o-w" in text


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"JUNHENG_WEBHOOK": "chat.example.org"}, "begins with https://"),
        ({"JUNHENG_MAIL_SERVER": "smtp://h"}, "needed both"),
        ({"JUNHENG_MAIL_SERVER": "h:25", "JUNHENG_MAIL_TO": "a@x.cn"}, "smtp:// or smtps://"),
    ],
)
def test_receivers_that_cannot_be_told_are_a_fault(settings, monkeypatch, variables, sentence):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (level, text), *_ = found(settings, "notices")
    assert level is Level.fault and sentence in text


def test_an_env_file_that_would_overrule_the_environment_is_named(settings, tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("DAGSTER_HOME=${PWD}/.dagster")
    monkeypatch.chdir(tmp_path)
    (level, text), *_ = found(settings, "dagster")
    assert level is Level.note and "start them in another folder" in text
