"""The command line in two languages."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project import cli
from dagster_project.cli.language import (
    UnknownLanguage,
    catalogue,
    from_environment,
    say,
    speak,
    take_language,
)


@pytest.fixture(autouse=True)
def _language_of_the_suite(monkeypatch):
    monkeypatch.setenv("JUNHENG_LANG", "en")


def test_every_sentence_of_help_has_its_chinese():
    import typer

    from dagster_project.cli.app import app
    from dagster_project.cli.helptext import sentences

    missing = [s for s in sentences(typer.main.get_command(app)) if s not in catalogue()]
    assert missing == []


def test_every_sentence_in_the_code_has_its_chinese():
    """Whatever is written as ``say("…")`` in a command; headers are looked up one by one."""
    missing = []
    for module in sorted((Path(cli.__file__).parent).glob("*.py")):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                said = [n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant)]
                missing += [s for s in said if isinstance(s, str) and s and s not in catalogue()]
    assert missing == []


def test_a_chinese_sentence_fills_in_the_same_values():
    names = re.compile(r"\{(\w+)[^}]*\}")
    unlike = [
        english
        for english, chinese in catalogue().items()
        if sorted(names.findall(english)) != sorted(names.findall(chinese))
    ]
    assert unlike == []


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "JUNHENG_LANG": "en"}, "en"),
        ({"JUNHENG_LANG": "fr", "LANG": "zh_CN"}, "zh"),
    ],
)
def test_the_locale_chooses_unless_it_is_said(environment, language):
    assert from_environment(environment) == language


@pytest.mark.parametrize(
    ("given", "left", "language"),
    [
        (["junheng", "load", "--lang", "zh", "--strict"], ["junheng", "load", "--strict"], "zh"),
        (["junheng", "--lang=en", "status"], ["junheng", "status"], "en"),
        (["junheng", "status"], ["junheng", "status"], None),
        (["junheng", "audit", "--", "--lang"], ["junheng", "audit", "--", "--lang"], None),
    ],
)
def test_the_option_stands_anywhere(given, left, language):
    assert take_language(given) == language
    assert given == left


def test_a_language_that_is_not_spoken_is_refused():
    with pytest.raises(UnknownLanguage, match="fr"):
        take_language(["junheng", "--lang", "fr"])


def test_a_sentence_without_chinese_is_said_in_english():
    speak("zh")
    assert say("No such sentence {x}.", x=1) == "No such sentence 1."
    assert say("Options") == "选项"


def test_help_speaks_chinese_and_no_colour_where_none_is_wanted():
    environment = {**os.environ, "NO_COLOR": "1", "FORCE_COLOR": "", "LANG": "zh_CN.UTF-8"}
    environment.pop("JUNHENG_LANG")
    command = [sys.executable, "-c", "from dagster_project.cli import main; main()", "load"]
    shown = subprocess.run(
        [*command, "--help"], env=environment, capture_output=True, text=True, check=True
    )
    assert "学年起始年份" in shown.stdout and "\x1b[3" not in shown.stdout
    wrong = subprocess.run(
        [*command, "--schol-year", "2023"], env=environment, capture_output=True, text=True
    )
    assert wrong.returncode == 2 and "--school-year" in wrong.stderr
