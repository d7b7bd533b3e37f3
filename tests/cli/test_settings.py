"""What variables may hold, and what is said of those that hold something else."""

import subprocess
import sys

import pytest

from dagster_project.settings import Settings
from dagster_project.variables import TABLE, TEXT, SettingsInvalid, values


def command(*arguments, **options):
    program = "from dagster_project.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, **options
    )


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("JUNHENG_WORKERS", "abc", "a whole number, 1 or more"),
        ("JUNHENG_WORKERS", "0", "a whole number, 1 or more"),
        ("JUNHENG_THREADS", "-2", "a whole number, 1 or more"),
        ("JUNHENG_THREADS", "1.5", "a whole number, 1 or more"),
        ("JUNHENG_KEEP_VERSIONS", "0", "a whole number, 1 or more"),
        ("JUNHENG_KEEP_RUNS", "many", "a whole number, 1 or more"),
        ("JUNHENG_REPORT_COUNTIES", "-1", "a whole number, 0 or more"),
        ("JUNHENG_FILE_SECONDS", "nan", "a number of seconds, more than 0"),
        ("JUNHENG_FILE_SECONDS", "0", "a number of seconds, more than 0"),
        ("JUNHENG_READER_SECONDS", "inf", "a number of seconds"),
        ("JUNHENG_MEMORY_LIMIT", "much", "a size such as 2GB"),
        ("JUNHENG_FILE_MEMORY", "0GB", "a size such as 2GB"),
        ("JUNHENG_LOG", "xml", "json, text or nothing"),
        ("JUNHENG_UNATTENDED", "yes", "0, 1 or nothing"),
        ("JUNHENG_EXECUTOR", "k8s", "module:name, as in dagster_k8s:k8s_job_executor"),
    ],
)
def test_what_a_variable_cannot_hold(name, text, expected):
    with pytest.raises(SettingsInvalid) as raised:
        values({name: text})
    assert str(raised.value) == f"{name} is {text!r}; write {expected}."


@pytest.mark.parametrize("variable", TABLE, ids=lambda variable: variable.name)
def test_abc_is_a_text_or_gets_a_sentence(variable):
    if variable.kind is TEXT:
        assert values({variable.name: "abc"})[variable.name] == "abc"
        return
    with pytest.raises(SettingsInvalid, match=f"^{variable.name} is 'abc'; write .+"):
        values({variable.name: "abc"})


def test_empty_means_the_default():
    given = dict.fromkeys(("JUNHENG_WORKERS", "JUNHENG_FILE_SECONDS", "JUNHENG_LOG"), "")
    settings = Settings.from_environment(environment={**given, "JUNHENG_REPORT_COUNTIES": "0"})
    assert settings.workers >= 1 and settings.file_seconds == 600 and settings.log == ""
    assert settings.report_counties == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_wrong_settings_are_wrong_usage(tmp_path, language):
    done = command(
        "status", "--lang", language, cwd=tmp_path,
        env={"JUNHENG_WORKERS": "abc", "JUNHENG_KEEP_RUNS": "x", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 2 and "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert ["JUNHENG_WORKERS" in lines[0], "JUNHENG_KEEP_RUNS" in lines[1]] == [True, True]
    assert ("整数" in done.stderr) == (language == "zh")


def test_an_unknown_language_in_the_environment_is_wrong_usage(tmp_path):
    done = command("status", env={"JUNHENG_LANG": "fr", "HOME": str(tmp_path)})
    assert (done.returncode, done.stderr) == (2, "JUNHENG_LANG is 'fr'; write en or zh.\n")
