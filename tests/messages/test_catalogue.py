"""Every sentence for people stands in the catalogue, in both languages, and is used."""

import ast
import pickle
import re
from pathlib import Path
from string import Formatter

import dagster_project
from dagster_project.census.rejection import FileRejected
from dagster_project.messages import (
    Message,
    MessageError,
    by_language,
    catalogue,
    clauses,
    coded,
    in_a_row,
    say,
)
from tests.messages.reading import KNOWN, english_words, has_chinese

PACKAGE = Path(dagster_project.__file__).parent
ROOMS = sorted(path.stem for path in (PACKAGE / "messages").glob("*.yml"))
ENTRIES = {name: entry for room in ROOMS for name, entry in catalogue(room).items()}
BY_WORDING = ("usage.", "os.")  # what typer and the system say is known by what they say
BY_CODE = {"rows", "returns"}  # these are named by their code alone, beside their room
IS_ID = re.compile(rf"({'|'.join(ROOMS)})\.[a-z0-9_]+")


def holes(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def constants():
    """Every text in the package's modules, and the beginnings of those that are put together."""
    whole, begun = set(), set()
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
        inside = {id(part) for node in joined for part in node.values}
        for node in joined:
            first = node.values[0]
            begun |= {first.value} if isinstance(first, ast.Constant) else set()
        for node in ast.walk(tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and id(node) not in inside:
                whole.add(node.value)
    return whole, begun


WHOLE, BEGUN = constants()


def test_no_id_stands_twice():
    for path in (PACKAGE / "messages").glob("*.yml"):
        names = re.findall(r"(?m)^([a-z0-9_]+):", path.read_text("utf-8"))
        assert sorted(set(names)) == sorted(names), path.name


def test_both_languages_say_the_same():
    for identity, entry in ENTRIES.items():
        assert entry["en"] and entry["zh"], identity
        filled = holes(entry["en"]) | holes(entry.get("advice_en", ""))
        said = holes(entry["zh"]) | holes(entry.get("advice_zh", ""))
        assert said <= filled, identity
        assert holes(entry["en"]) <= said or identity in LEFT_OUT, identity
        assert entry.get("advice") in (None, *ENTRIES), identity
        assert bool(entry.get("advice_zh")) <= bool(entry.get("advice_en")), identity


# Holes that the Chinese can do without: a library's English on what is damaged, a kind of thing
# before a name.
LEFT_OUT = {
    "census.damaged",
    "census.excel_damaged",
    "census.xls_damaged",
    "census.rows_cannot_be_split",
    "followup.damaged",
    "rows.bad_county",
    "usage.is_a_file",
    "usage.is_a_directory",
    "usage.is_not_readable",
    "usage.is_not_writable",
}


def test_chinese_is_chinese_and_english_is_english():
    for identity, entry in ENTRIES.items():
        if identity.startswith(BY_WORDING):
            continue
        for kind in ("", "advice_"):
            chinese, english = entry.get(f"{kind}zh", ""), entry.get(f"{kind}en", "")
            assert not english_words(chinese), (identity, english_words(chinese))
            assert not re.search("[，。；：（）！？]", english), (identity, english)
        own = re.sub(r"\{[^}]*\}", "", entry["en"]).lower()
        is_name = not set(re.findall(r"[a-z]{4,}", own)) - KNOWN
        assert has_chinese(entry["zh"]) or is_name, identity


BEGINNINGS = [b for b in BEGUN if re.match(rf"({'|'.join(ROOMS)})\.[a-z]", b)]
OTHERS = {"census.rows_that_break"}  # the name of an expectation


def test_every_sentence_is_used():
    adviced = {entry["advice"] for entry in ENTRIES.values() if "advice" in entry}
    unused = [
        identity
        for identity in ENTRIES
        if identity not in WHOLE | adviced
        and not identity.startswith(BY_WORDING)
        and not any(map(identity.startswith, BEGINNINGS))
        and not (identity.split(".")[0] in BY_CODE and identity.split(".")[1] in WHOLE)
    ]
    assert unused == []


def test_every_id_in_the_code_is_a_sentence():
    wanted = {text for text in WHOLE if IS_ID.fullmatch(text)} - OTHERS
    files = {text for text in wanted if re.search(r"\.(py|yml|csv|sql|md|toml|db)$", text)}
    assert wanted - files - ENTRIES.keys() == set()


_FIRST = """
FileRejected ReadingFailed LimitReached UnknownEncoding NotPublished RunInterrupted WarehouseBusy
DatabaseHeld DatabaseDamaged NoSuchVersion TemplateBroken DocumentFailed NothingPublished NotAllowed
CannotPlan PricesInvalid ChangeInvalid CountyNotFound NotJudged UnknownLanguage say Message
"""
SPEAKING = {**dict.fromkeys(_FIRST.split(), 0), "fault": 1, "note": 1, "well": 1}
"""What says something to people, and which of its arguments is the sentence."""


def test_no_sentence_for_people_stands_in_the_code():
    """Whatever is said through the mechanism is an id of the catalogue, never a sentence."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            place = SPEAKING.get(name)
            if place is None or len(node.args) <= place:
                continue
            texts = [n.value for n in ast.walk(node.args[place]) if isinstance(n, ast.Constant)]
            found += [
                f"{path.name}:{node.lineno} {text!r}"
                for text in texts
                if isinstance(text, str) and " " in text.strip()
            ]
    assert found == []


def test_a_message_is_stored_as_id_and_values_and_read_in_either_language():
    inner = Message("census.the_file_name", {"text": "宽表2023.csv"})
    values = {"where": inner, "stated": 2023, "school_year": 2022}
    message = Message("census.year_contradicts_folder", values)
    again = Message.from_json(message.to_json())
    assert again == message
    assert again.text("en") == (
        "The file name '宽表2023.csv' says school year 2023, but the file lies in raw/2022/. Move"
        " it to raw/2023/ or correct the year in a new copy of the file."
    )
    assert again.text("zh") == (
        "文件名“宽表2023.csv”写的学年是 2023，文件却在 raw/2022/ 中。"
        "请移到 raw/2023/，或在文件的新副本中改正学年。"
    )


def test_a_refusal_crosses_processes_with_its_message():
    refusal = FileRejected("census.row_width", number=3, found=4, width=5, cell="row 3")
    again = pickle.loads(pickle.dumps(refusal))
    assert (again.message, again.cell, type(again)) == (refusal.message, "row 3", FileRejected)
    assert "第 3 行有 4 格" in again.message.text("zh") and "Row 3 has 4 cells" in again.sentence


def test_lists_words_and_sentences_follow_the_language(monkeypatch):
    missing = Message("lake.table_lacks_columns", {"missing": ["a", "b"], "names": "a,b"})
    assert "a, b" in missing.text("en") and "a、b" in missing.text("zh")
    assert coded("stage", "junior").text("zh") == "初中"
    assert by_language("教师", "teachers").text("en") == "teachers"
    two = [Message("census.none"), Message("census.nothing")]
    assert in_a_row(two).text("en") == "none nothing" and clauses(two).text("zh") == "无；空白"
    monkeypatch.setenv("JUNHENG_LANG", "zh")
    assert str(MessageError("cli.year")) == say("cli.year") == "学年"
