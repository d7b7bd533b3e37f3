"""In which language the command line speaks: English, or Chinese by ``--lang zh`` or the locale."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableSequence

from dagster_project.messages import LANGUAGES, MessageError, from_environment
from dagster_project.messages.language import VARIABLE


class UnknownLanguage(MessageError):
    """A language that the command line does not speak."""


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
        raise UnknownLanguage("cli.no_such_language", language=chosen)
    return chosen


def chosen_language(arguments: MutableSequence[str], environment: Mapping[str, str]) -> str:
    """What ``--lang`` asks for, or the environment; raises :class:`UnknownLanguage`."""
    given = environment.get(VARIABLE)
    language = take_language(arguments)
    if language is None and given and given not in LANGUAGES:
        raise UnknownLanguage("cli.no_such_language_set", variable=VARIABLE, language=given)
    return language or from_environment(environment)


def speak(language: str) -> None:
    """Speak ``language`` from now on, here and in the processes that this one starts."""
    os.environ[VARIABLE] = language
