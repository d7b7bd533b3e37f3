"""Each word for a code stands once, in ``dbt/seeds/word.csv``."""

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from dagster_project.project import EXPECTATIONS, SEEDS
from dagster_project.words import word, words

PACKAGE = Path(__file__).parents[1] / "dagster_project"
ROWS = list(csv.DictReader((SEEDS / "word.csv").read_text("utf-8").splitlines()))
KINDS: dict[str, dict[str, str]] = {}
for _row in ROWS:
    KINDS.setdefault(_row["kind"], {})[_row["code"]] = _row["zh"]
LONGEST = 6  # signs of a word; what is longer is a phrase of its own
_TEXT = {True: "true", False: "false", None: "null"}


def mappings(value: object) -> Iterator[dict[str, str]]:
    """Every mapping of a YAML document whose values are all text, with its keys as text."""
    if isinstance(value, dict):
        if value and all(isinstance(said, str) for said in value.values()):
            yield {str(_TEXT.get(key, key)): said for key, said in value.items()}
        for below in value.values():
            yield from mappings(below)
    elif isinstance(value, list):
        for below in value:
            yield from mappings(below)


def of_python(path: Path) -> Iterator[dict[str, str]]:
    """Every dictionary of literals in a module."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Dict):
            pairs = {
                str(_TEXT.get(key.value, key.value)): said.value
                for key, said in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant) and isinstance(said, ast.Constant)
            }
            yield {code: said for code, said in pairs.items() if isinstance(said, str)}


def is_copy(said: dict[str, str]) -> bool:
    """Whether a mapping gives codes of one kind words again, the seed's or others."""
    chinese = any("一" <= sign <= "鿿" for text in said.values() for sign in text)
    for codes in KINDS.values():
        if not chinese or not said.keys() <= codes.keys():
            continue
        if any(text == codes[code] for code, text in said.items()):
            return True
        if len(said) > 1 and all(
            len(text) <= LONGEST and "{" not in text for text in said.values()
        ):
            return True
    return False


def sources() -> list[Path]:
    """The modules and YAML files that speak to people."""
    found = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.yml"), *EXPECTATIONS.glob("*.yml")]
    return sorted(path for path in found if path.parent.name != "layouts")


def test_no_module_and_no_wording_repeats_words_of_the_seed():
    copies = []
    for path in sources():
        if path.suffix == ".py":
            there = of_python(path)
        else:
            there = mappings(yaml.safe_load(path.read_text("utf-8")))
        copies += [(path.name, said) for said in there if is_copy(said)]
    assert not copies


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"hard": "硬性", "soft": "软性"}, True),
        ({"primary": "小学"}, True),
        ({"primary": "primary school"}, False),
        ({"unknown": "举办者未知"}, False),
        ({"met": "√ {word}", "not_met": "× {word}"}, False),
        ({"true": "达到优质均衡标准", "false": "未达到优质均衡标准"}, True),
        ({"true": "可以申报国家督导评估", "false": "还不能申报国家督导评估"}, False),
        ({"suspended": "休学", "arrivals": "净增"}, False),
    ],
)
def test_a_copy_is_known_by_its_codes(said, expected):
    assert is_copy(said) is expected


def test_every_code_has_one_word_in_both_languages_and_its_place():
    keys = [(row["kind"], row["code"]) for row in ROWS]
    assert len(set(keys)) == len(keys)
    assert all(row["zh"] and row["en"] for row in ROWS)
    for kind, codes in KINDS.items():
        places = [int(row["position"]) for row in ROWS if row["kind"] == kind]
        assert places == list(range(1, len(codes) + 1)), kind


def test_one_word_for_what_is_impossible():
    assert word("severity", "hard") == "严重" and word("severity", "hard", "en") == "hard"
    said = [path for path in sources() if "硬性" in path.read_text("utf-8")]
    assert not said


def test_a_code_without_a_word_stands_for_itself():
    assert word("stage", "kindergarten") == "kindergarten" and word("stage", None) == ""
    with pytest.raises(KeyError, match="no words of the kind 'stages'"):
        words("stages")
