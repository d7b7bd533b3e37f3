"""The one way a raw file is refused: a sentence for the person who can repair it."""

from __future__ import annotations

from typing import Any
from unicodedata import category

from dagster_project.messages import Message, MessageError

_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, directions, half characters, line ends
MOST_CHARACTERS = 2000  # of a sentence; what a hostile file puts into it has no end


class FileRejected(MessageError):
    """A raw file that cannot be loaded; nothing of it enters the lake.

    ``message`` is a sentence of the catalogue (or its id, and ``values``): what was found, what was
    expected, what to do. ``sheet`` and ``cell`` (``"D12"``, or ``"row 57"`` in a text file) say
    where, as far as there is a where; they fill holes of their names, too. What is quoted from the
    file is shown in :func:`plain` text.
    """

    def __init__(
        self,
        message: Message | str,
        /,
        *,
        sheet: str | None = None,
        cell: str | None = None,
        **values: Any,
    ) -> None:
        self.sheet = sheet and plain(sheet)
        self.cell = cell
        if isinstance(message, str):
            where = {"sheet": self.sheet, "cell": cell}
            message = Message(message, {**where, **{n: _shown(v) for n, v in values.items()}})
        super().__init__(message)

    def __reduce__(self):
        # The exception crosses process borders: files are read by worker processes.
        return _rebuild, (type(self), self.message, self.sheet, self.cell)

    @property
    def reason(self) -> str:
        """What is wrong, in English, as logs have it."""
        return self.message.sentence("en")

    @property
    def advice(self) -> str:
        """What to do, in English; empty where the reason says it."""
        return self.message.advice("en")

    @property
    def sentence(self) -> str:
        """Reason and advice as one text in English, as it is published beside the Chinese."""
        return self.message.text("en")


def _shown(value: Any) -> Any:
    """A value as it may stand in a sentence: text of a file is plain."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_shown(one) for one in value]
    if value is None or isinstance(value, (bool, int, float, Message)):
        return value
    return plain(str(value))


def plain(text: str) -> str:
    """:func:`visible` text of at most ``MOST_CHARACTERS``; what is longer ends in an ellipsis."""
    if len(text) > MOST_CHARACTERS:
        text = f"{text[: MOST_CHARACTERS - 2]} …"
    return visible(text)


def visible(text: str) -> str:
    """``text`` on one line that any terminal, table or log can show.

    Control characters and halves of characters become escapes such as ``\\x1b``.
    """
    if text.isprintable():
        return text
    return "".join(_escaped(c) if category(c) in _INVISIBLE else c for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _rebuild(
    kind: type[FileRejected], message: Message, sheet: str | None, cell: str | None
) -> FileRejected:
    return kind(message, sheet=sheet, cell=cell)
