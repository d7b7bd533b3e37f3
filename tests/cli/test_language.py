"""The command line in two languages."""

import os
import re
import subprocess
import sys

import pytest

from dagster_project import cli
from dagster_project.cli.helptext import framework
from dagster_project.cli.language import UnknownLanguage, speak, take_language
from dagster_project.messages import from_environment, say
from tests.messages.reading import english_words, has_chinese

COMMANDS = "load status flags report audit sample template whatif plan pack rollback doctor"


@pytest.fixture(autouse=True)
def _language_of_the_suite(monkeypatch):
    monkeypatch.setenv("JUNHENG_LANG", "en")


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    """Calls a command in an empty folder: what it says on both streams, and its exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("JUNHENG_RAW", str(tmp_path / "raw"))
    monkeypatch.setenv("JUNHENG_WAREHOUSE", str(tmp_path / "wh"))

    def called(language, line):
        monkeypatch.setenv("JUNHENG_LANG", language)
        code = cli.run(["junheng", *line.split()])
        said = capsys.readouterr()
        return said.out + said.err, code

    return called


def check_is_all_in(language, said):
    """``said`` has no word of the other language."""
    if language == "zh":
        assert has_chinese(said) and not english_words(said), (english_words(said), said)
    else:
        # Words of the field may be Chinese in an English sentence; its stops are not.
        assert not re.search(r"[。；！？]", said), said


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("command", ["", *COMMANDS.split()])
def test_help_is_of_one_language(command, language, call):
    said, code = call(language, f"{command} --help")
    assert code == 0
    check_is_all_in(language, said)


WRONG = {
    "laod": "没有命令",
    "load --yaer 2023": "没有选项",
    "load --school-year x": "应为整数",
    "load --school-year 23": "不是学年",
    "load --as-of yesterday": "不是日期",
    "load more": "多余的参数",
    "load --term winter": "不在可选值",
    "flags --open=1": "不带值",
    "flags --county": "需要一个值",
    "audit": "缺少参数",
    "audit nothing.csv": "不存在",
    "sample": "缺少参数",
    "sample made --counties 0": "不小于 1",
    "sample made --county pingluo --counties 1": "只能选一个",
    "sample made --county 示例": "没有样例区县",
    "template made --county 12": "县区代码",
    "template made --school-year 3000": "不大于 2100",
    "plan --time-limit many": "应为数字",
    "plan --out plan.text": "结尾的文件",
    "whatif --merge A": "请用 + 连接",
    "whatif --move 3": "请加引号",
    "--lang fr": "不是可用的语言",
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("line", WRONG)
def test_wrong_usage_is_told_in_one_language(line, language, call):
    said, code = call(language, line)
    assert code == 2
    assert (WRONG[line] in said) is (language == "zh"), said
    # What the user wrote stands in the sentence as it was written.
    for word in line.split():
        said = said.replace(word.lstrip("-"), "")
    check_is_all_in(language, said)


RUNS = ("status", "flags", "report", "rollback", "rollback --list", "whatif", "plan", "doctor")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("line", RUNS)
def test_where_nothing_is_published_it_is_said_in_one_language(line, language, call):
    said, _ = call(language, line)
    check_is_all_in(language, said)


def test_every_sentence_of_help_is_in_the_catalogue():
    import typer

    from dagster_project.cli.app import app
    from dagster_project.cli.helptext import sentences
    from dagster_project.messages.message import is_id

    missing = [s for s in sentences(typer.main.get_command(app)) if not is_id(s)]
    assert missing == []


def test_what_typer_says_is_known_by_its_holes():
    speak("zh")
    said = "Invalid value for '--counties': Input should be greater than or equal to 1"
    assert framework(said) == "'--counties' 的值无效：应不小于 1"
    assert framework("No such thing.") == "No such thing."


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


def test_a_text_that_is_no_id_stands_for_itself():
    speak("zh")
    assert say("No such sentence.") == "No such sentence."
    assert say("cli.year") == "学年"


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
