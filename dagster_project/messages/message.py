"""A message: which sentence of the catalogue, and what fills it in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from dagster_project.messages.language import spoken
from dagster_project.words import word

_ID = re.compile(r"[a-z]+\.[a-z0-9_]+")
_FIRST = re.compile(r"\{(where|what|trouble)\}")  # a phrase that begins a sentence
_BETWEEN = {"en": ", ", "zh": "、"}  # the members of a list
_BEHIND = {"en": " ", "zh": ""}  # a sentence, before the next
_ROWS = {"row": _BEHIND, "clauses": {"en": "; ", "zh": "；"}, "lines": {"en": "\n", "zh": "\n"}}


@dataclass(frozen=True)
class Message:
    """One sentence of the catalogue, and often what to do behind it, in whatever language is asked.

    ``id`` is ``<room>.<name>``; ``values`` fill its holes: text, numbers, lists of them, or
    messages of their own (a phrase within the sentence). A text that is no id stands for itself.
    """

    id: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str | None = None) -> str:
        """Sentence and advice; in the language of this process unless one is named."""
        language = language or spoken()
        parts = (self.sentence(language), self.advice(language))
        return _BEHIND[language].join(part for part in parts if part)

    def sentence(self, language: str | None = None) -> str:
        """What is the matter, without the advice."""
        return self._filled("", language or spoken())

    def advice(self, language: str | None = None) -> str:
        """What to do; empty where the sentence says it, or nothing can be done."""
        return self._filled("advice_", language or spoken())

    def to_json(self) -> str:
        """The message as it is stored, to be put into words later."""
        return json.dumps(_plain(self), ensure_ascii=False, default=str, sort_keys=True)

    @staticmethod
    def from_json(text: str) -> Message:
        """The message that :meth:`to_json` wrote."""
        return _restored(json.loads(text))

    def _filled(self, kind: str, language: str) -> str:
        if not is_id(self.id):
            return str(self.values.get("advice", "")) if kind else self._phrase(language)
        entry = _entry(self.id)
        text = entry.get(f"{kind}{language}", "")
        if kind and "advice" in entry:
            text = _entry(entry["advice"])[language]
        said = text.format(**{name: _said(v, language) for name, v in self.values.items()})
        begins = _FIRST.match(text)
        if begins and isinstance(self.values.get(begins[1]), Message):
            said = said[:1].upper() + said[1:]
        return said

    def _phrase(self, language: str) -> str:
        """What is no sentence of the catalogue: a word, a name, other messages, plain text."""
        values = self.values
        if "code" in values:
            return word(values["kind"], values["code"], language)
        if "zh" in values:
            return values[language]
        if "part" in values:
            return getattr(values["of"], values["part"])(language)
        for form, between in _ROWS.items():
            if form in values:
                return between[language].join(one.text(language) for one in values[form])
        return self.id

    def __str__(self) -> str:
        return self.text()


def coded(kind: str, code: object) -> Message:
    """The word for a code (``dbt/seeds/word.csv``), as a phrase within a sentence."""
    return Message("", {"kind": kind, "code": code})


def by_language(zh: str, en: str) -> Message:
    """A name that data give in both languages, as a phrase within a sentence."""
    return Message("", {"zh": zh, "en": en})


def parts_of(message: Message) -> tuple[Message, Message]:
    """What a message says and what it advises, as phrases for two places of another."""
    return Message("", {"part": "sentence", "of": message}), Message(
        "", {"part": "advice", "of": message}
    )


def in_a_row(messages: Iterable[Message]) -> Message:
    """Messages one behind the other, as sentences of one text."""
    return Message("", {"row": list(messages)})


def clauses(messages: Iterable[Message]) -> Message:
    """Messages one behind the other, as parts of one sentence."""
    return Message("", {"clauses": list(messages)})


def lines(messages: Iterable[Message]) -> Message:
    """Messages one below the other."""
    return Message("", {"lines": list(messages)})


class MessageError(Exception):
    """A fault that is told to people: its message is one of the catalogue."""

    def __init__(self, message: Message | str, /, **values: Any) -> None:
        self.message = message if isinstance(message, Message) else Message(message, values)
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message.text()


def say(identity: str, /, **values: Any) -> str:
    """The sentence ``identity`` with ``values`` filled in, in the language of this process."""
    return Message(identity, values).text()


def named(kind: str, code: object) -> str:
    """The word for a code (``dbt/seeds/word.csv``) in the language of this process."""
    return word(kind, code, spoken())


def is_id(text: str) -> bool:
    """Whether a text names a sentence of the catalogue."""
    return _ID.fullmatch(text) is not None and text in catalogue(text.partition(".")[0])


@cache
def catalogue(room: str) -> dict[str, dict[str, str]]:
    """The sentences of a room by their ids, each with ``en`` and ``zh``; empty for no room.

    Beside them may stand ``advice_en`` and ``advice_zh``, or ``advice``, the id of a sentence that
    several messages give as their advice.
    """
    import yaml

    path = resources.files(__package__).joinpath(f"{room}.yml")
    if not path.is_file():
        return {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    read = yaml.load(path.read_text("utf-8"), Loader=loader) or {}
    return {f"{room}.{name}": entry for name, entry in read.items()}


def _entry(identity: str) -> dict[str, str]:
    return catalogue(identity.partition(".")[0])[identity]


def _said(value: Any, language: str) -> Any:
    """A value as it stands in a sentence; what a number looks like is for the sentence to say."""
    if isinstance(value, Message):
        return value.text(language)
    if isinstance(value, (list, tuple, set, frozenset)):
        return _BETWEEN[language].join(str(_said(one, language)) for one in value)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return {"id": value.id, "values": {k: _plain(v) for k, v in value.values.items()}}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(one) for one in value]
    return value


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        return Message(value["id"], {k: _restored(v) for k, v in value["values"].items()})
    if isinstance(value, list):
        return [_restored(one) for one in value]
    return value
