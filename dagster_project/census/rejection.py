"""The one way a raw file is refused: a sentence for the person who can repair it."""

from __future__ import annotations

from unicodedata import category

_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, directions, half characters, line ends
MOST_CHARACTERS = 2000  # of a sentence; what a hostile file puts into it has no end


class FileRejected(Exception):
    """A raw file that cannot be loaded; nothing of it enters the lake.

    ``reason`` says what was found and what was expected, ``advice`` what to do next; both are full
    sentences. ``sheet`` and ``cell`` (``"D12"``, or ``"row 57"`` in a text file) say where, as far
    as there is a where. What is quoted from the file is shown in :func:`plain` text.
    """

    def __init__(
        self,
        reason: str,
        *,
        advice: str = "",
        sheet: str | None = None,
        cell: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = plain(reason)
        self.advice = plain(advice)
        self.sheet = sheet and plain(sheet)
        self.cell = cell

    def __reduce__(self):
        # The exception crosses process borders: files are read by worker processes.
        return _rebuild, (self.reason, self.advice, self.sheet, self.cell)

    @property
    def sentence(self) -> str:
        """Reason and advice as one text, as it is printed and published."""
        return f"{self.reason} {self.advice}".strip()


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


def _rebuild(reason: str, advice: str, sheet: str | None, cell: str | None) -> FileRejected:
    return FileRejected(reason, advice=advice, sheet=sheet, cell=cell)
