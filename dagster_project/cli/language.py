"""In which language the command line speaks: English, or Chinese by ``--lang zh`` or the locale.

Sentences stand in the code in English, with names in braces; ``zh.yml`` has the Chinese of each. A
sentence without an entry is printed in English, and a test lists those that are missing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableSequence
from functools import cache
from pathlib import Path

from dagster_project.words import word

LANGUAGES = ("en", "zh")
VARIABLE = "JUNHENG_LANG"
_CATALOGUE = Path(__file__).with_name("zh.yml")


class UnknownLanguage(Exception):
    """A language that the command line does not speak."""


def from_environment(environment: Mapping[str, str]) -> str:
    """``JUNHENG_LANG``, else Chinese under a Chinese locale, else English."""
    chosen = environment.get(VARIABLE)
    if chosen in LANGUAGES:
        return chosen
    # The order in which POSIX asks for the language of messages.
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "zh" if environment[name].lower().startswith("zh") else "en"
    return "en"


def take_language(arguments: MutableSequence[str]) -> str | None:
    """Take ``--lang X`` out of ``arguments``, wherever it stands; ``None`` if it is not there.

    Help is translated before the options are read, so this one is read first. Raises
    :class:`UnknownLanguage`.
    """
    chosen = None
    for position, argument in enumerate(arguments):
        if argument == "--":
            return None
        if argument == "--lang" or argument.startswith("--lang="):
            if argument == "--lang":
                chosen = arguments[position + 1] if position + 1 < len(arguments) else ""
                del arguments[position : position + 2]
            else:
                chosen = argument.partition("=")[2]
                del arguments[position]
            break
    if chosen is not None and chosen not in LANGUAGES:
        raise UnknownLanguage(f"'{chosen}' is not a language; write --lang en or --lang zh.")
    return chosen


def chosen_language(arguments: MutableSequence[str], environment: Mapping[str, str]) -> str:
    """What ``--lang`` asks for, or the environment; raises :class:`UnknownLanguage`."""
    given = environment.get(VARIABLE)
    language = take_language(arguments)
    if language is None and given and given not in LANGUAGES:
        raise UnknownLanguage(f"{VARIABLE} is '{given}'; write en or zh.")
    return language or from_environment(environment)


def speak(language: str) -> None:
    """Speak ``language`` from now on, here and in the processes that this one starts."""
    os.environ[VARIABLE] = language


def say(sentence: str, **values: object) -> str:
    """``sentence`` in the language spoken, with ``values`` filled in."""
    if from_environment(os.environ) == "zh":
        sentence = catalogue().get(sentence, sentence)
    return sentence.format(**values) if values else sentence


def named(kind: str, code: object) -> str:
    """The word for a code in the language spoken (``dbt/seeds/word.csv``)."""
    return word(kind, code, from_environment(os.environ))


@cache
def catalogue() -> dict[str, str]:
    """Chinese sentences by their English ones."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(_CATALOGUE.read_text("utf-8"), Loader=loader)
